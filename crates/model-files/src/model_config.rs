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
    /// Reads `path`.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read(path)
            .map_err(|error| Error::invalid_model(path, format!("{} cannot be read: {error}", path.display())))?;
        let config: Value = serde_json::from_slice(&text)
            .map_err(|error| Error::invalid_model(path, format!("{} is not JSON: {error}", path.display())))?;
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
        if !multimodal && !TEXT.contains(&architecture.as_str()) {
            let message = format!(
                "{} names the architecture {architecture}; the engine runs {} and {}",
                path.display(),
                TEXT.join(", "),
                MULTIMODAL.join(", ")
            );
            return Err(Error::new(ErrorCode::UnsupportedModel, message).with_file(path));
        }
        let text_config = config.get("text_config");
        let number = |name: &str| {
            let found = config.get(name).or_else(|| text_config?.get(name))?.as_u64()?;
            usize::try_from(found).ok().filter(|&found| found > 0)
        };
        let quantization = config.get("quantization_config").and_then(|quantization| quantization.get("quant_method"));
        Ok(Self {
            multimodal,
            model_type: config.get("model_type").and_then(Value::as_str).unwrap_or_default().to_owned(),
            context_length: number("max_position_embeddings"),
            vocabulary_size: number("vocab_size"),
            quantization: quantization.and_then(Value::as_str).map(str::to_owned),
            architecture,
        })
    }
}
