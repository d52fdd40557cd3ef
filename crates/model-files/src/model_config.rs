//! What a folder's config.json says.
//!
//! Must hold: an architecture that passes is one that mistralrs 0.8.1's loaders know by that name.

use std::path::Path;

use serde_json::Value;
use tramontane_error::{Error, ErrorCode};

/// Text-only architectures.
const TEXT: [&str; 21] = [
    "MistralForCausalLM",
    "MixtralForCausalLM",
    "GemmaForCausalLM",
    "Gemma2ForCausalLM",
    "PhiForCausalLM",
    "Phi3ForCausalLM",
    "LlamaForCausalLM",
    "Qwen2ForCausalLM",
    "Starcoder2ForCausalLM",
    "PhiMoEForCausalLM",
    "DeepseekV2ForCausalLM",
    "DeepseekV3ForCausalLM",
    "Qwen3ForCausalLM",
    "Glm4ForCausalLM",
    "Glm4MoeLiteForCausalLM",
    "Glm4MoeForCausalLM",
    "Qwen3MoeForCausalLM",
    "SmolLM3ForCausalLM",
    "GraniteMoeHybridForCausalLM",
    "GptOssForCausalLM",
    "Qwen3NextForCausalLM",
];
/// Architectures that also take images or sound. Gemma3ForCausalLM is loaded by the same code.
const MULTIMODAL: [&str; 22] = [
    "Phi3VForCausalLM",
    "Idefics2ForConditionalGeneration",
    "LlavaNextForConditionalGeneration",
    "LlavaForConditionalGeneration",
    "MllamaForConditionalGeneration",
    "Qwen2VLForConditionalGeneration",
    "Idefics3ForConditionalGeneration",
    "MiniCPMO",
    "Phi4MMForCausalLM",
    "Qwen2_5_VLForConditionalGeneration",
    "Gemma3ForConditionalGeneration",
    "Gemma3ForCausalLM",
    "Mistral3ForConditionalGeneration",
    "Llama4ForConditionalGeneration",
    "Gemma3nForConditionalGeneration",
    "Gemma4ForConditionalGeneration",
    "Qwen3VLForConditionalGeneration",
    "Qwen3VLMoeForConditionalGeneration",
    "Qwen3_5ForConditionalGeneration",
    "Qwen3_5MoeForConditionalGeneration",
    "VoxtralForConditionalGeneration",
    "VoxtralRealtimeForConditionalGeneration",
];
/// Architectures that turn texts into vectors, where `modules.json` says how. Qwen3-Embedding's is that of Qwen3's text
/// models.
const EMBEDDING: [&str; 2] = ["Qwen3ForCausalLM", "Gemma3TextModel"];
/// Beginnings of the names of architectures that most other embedding models have.
const OTHER_EMBEDDING: [&str; 10] = [
    "Bert",
    "Roberta",
    "XLMRoberta",
    "MPNet",
    "DistilBert",
    "Nomic",
    "NewModel",
    "ModernBert",
    "DebertaV2",
    "T5EncoderModel",
];

/// The parts of config.json that matter before loading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModelConfig {
    pub(crate) architecture: String,
    pub(crate) model_type: String,
    pub(crate) multimodal: bool,
    pub(crate) context_length: Option<usize>,
    pub(crate) vocabulary_size: Option<usize>,
    pub(crate) quantization: Option<String>,
}

impl ModelConfig {
    /// Reads `path`. `embedding`: the model is to turn texts into vectors.
    pub(crate) fn read(path: &Path, embedding: bool) -> Result<Self, Error> {
        let config = read_json(path)?;
        let architectures = match config.get("architectures") {
            Some(Value::Array(names)) => names.iter().map(Value::as_str).collect::<Option<Vec<_>>>(),
            _ => None,
        };
        let architecture = match architectures.as_deref() {
            Some([only]) => (*only).to_owned(),
            Some([_, _, ..]) => {
                let message = format!("{} lists several architectures; exactly one can be run", path.display());
                return Err(Error::new(ErrorCode::UnsupportedModel, message).with_file(path));
            }
            _ => {
                let message = format!("{} does not name an architecture in \"architectures\"", path.display());
                return Err(Error::invalid_model(path, message));
            }
        };
        let multimodal = MULTIMODAL.contains(&architecture.as_str());
        if let Some(runs) = instead_of(&architecture, embedding) {
            let message = format!("{} names the architecture {architecture}; {runs}", path.display());
            return Err(Error::new(ErrorCode::UnsupportedModel, message).with_file(path));
        }
        Ok(Self {
            multimodal,
            model_type: config.get("model_type").and_then(Value::as_str).unwrap_or_default().to_owned(),
            context_length: number(&config, "max_position_embeddings"),
            vocabulary_size: number(&config, "vocab_size"),
            quantization: quantization(&config),
            architecture,
        })
    }
}

/// A sentence on what the engine runs instead of `architecture`; None where it runs that.
fn instead_of(architecture: &str, embedding: bool) -> Option<String> {
    const ENCODERS: &str = "the engine's embedding models are EmbeddingGemma and Qwen3-Embedding, not those of BERT's kind \
        (bge, e5, gte, nomic, MiniLM)";
    let known = |names: &[&str]| names.contains(&architecture);
    if OTHER_EMBEDDING.iter().any(|name| architecture.starts_with(name)) {
        return Some(ENCODERS.to_owned());
    }
    match embedding {
        true if known(&EMBEDDING) => None,
        true => Some(format!("as embedding models the engine runs {}", EMBEDDING.join(" and "))),
        false if known(&TEXT) || known(&MULTIMODAL) => None,
        false => Some(format!("the engine runs {} and {}", TEXT.join(", "), MULTIMODAL.join(", "))),
    }
}

/// A JSON file of a model.
pub(crate) fn read_json(path: &Path) -> Result<Value, Error> {
    let text = std::fs::read(path)
        .map_err(|error| Error::invalid_model(path, format!("{} cannot be read: {error}", path.display())))?;
    serde_json::from_slice(&text)
        .map_err(|error| Error::invalid_model(path, format!("{} is not JSON: {error}", path.display())))
}

/// A positive number of config.json, or of the part of it that is about text.
pub(crate) fn number(config: &Value, name: &str) -> Option<usize> {
    let found = config.get(name).or_else(|| config.get("text_config")?.get(name))?.as_u64()?;
    usize::try_from(found).ok().filter(|&found| found > 0)
}

/// How the weights are quantised, where config.json says so.
pub(crate) fn quantization(config: &Value) -> Option<String> {
    config.get("quantization_config")?.get("quant_method")?.as_str().map(str::to_owned)
}
