//! What a model is, read off its files without its weights.
//!
//! Must hold: a model that the engine cannot run is described all the same, with the reason; only files that are damaged
//! or missing are an error.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;
use tramontane_error::{Error, ErrorCode};

use crate::chat_template::chat_template;
use crate::embedding_modules::MODULES;
use crate::file_choice::{Choice, RESIDUAL};
use crate::gguf::{GgufContents, TensorType};
use crate::gguf_tokenizer::build_tokenizer_of;
use crate::hub_settings::HubSettings;
use crate::listed_file::ListedFile;
use crate::locate::{Location, locate};
use crate::model_config::{number, quantization, read_json};
use crate::model_folder::{ModelFolder, commonest, tensor_types, total, weights};
use crate::model_reference::ModelReference;
use crate::progress::Tally;
use crate::resolve::find;
use crate::tensor_count::TensorCount;

/// What there is to know about a model.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelDescription {
    /// The name that was asked for.
    pub model: String,
    /// What it is for.
    pub kind: ModelKind,
    /// `gguf`, `safetensors` or `uqff`.
    pub format: &'static str,
    /// What a load can be given in place of the name: a file, or the folder.
    pub path: PathBuf,
    /// The files that were looked at, weights included.
    pub files: Vec<ListedFile>,
    /// Bytes of these files.
    pub bytes: u64,
    /// What the model calls itself.
    pub name: Option<String>,
    /// The architecture, as its files name it.
    pub architecture: Option<String>,
    /// Weights in the model; 0 where the format does not tell.
    pub parameter_count: u64,
    /// The type of most weights.
    pub quantization: Option<String>,
    /// What there is of each type, most bytes first.
    pub tensor_types: Vec<TypeOfTensors>,
    /// Tokens that it was trained for.
    pub context_length: Option<u64>,
    /// Width of the residual stream.
    pub embedding_width: Option<u64>,
    /// Layers.
    pub layer_count: Option<u64>,
    /// Attention heads.
    pub head_count: Option<u64>,
    /// Heads of keys and values.
    pub key_value_head_count: Option<u64>,
    /// Experts of a mixture; 0 for a dense model.
    pub expert_count: u64,
    /// Tokens in the vocabulary.
    pub vocabulary_size: Option<u64>,
    /// The kind of tokenizer: `bpe`, `sentencepiece`, `unigram`, `wordpiece`, ...
    pub tokenizer: Option<String>,
    /// The chat template, as Jinja.
    pub chat_template: Option<String>,
    /// Why the engine cannot run it; None where it can.
    pub problem: Option<Error>,
    /// Memory that it would take on the CPU; None where sizes are missing.
    pub memory: Option<MemoryEstimate>,
}

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelKind {
    /// Generates text.
    Text,
    /// Turns texts into vectors.
    Embedding,
}

/// Tensors of one type, added up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TypeOfTensors {
    /// `Q4_K`, `BF16`, ...
    #[serde(rename = "type")]
    pub name: String,
    /// Tensors.
    pub tensors: u64,
    /// Numbers in them.
    pub parameters: u64,
    /// Their bytes in the files.
    pub bytes: u64,
}

/// What a model would take, computed with activations in 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MemoryEstimate {
    /// Tokens of context that are counted on.
    pub context_length: u64,
    /// The weights, as they are held for computing.
    pub weight_bytes: u64,
    /// Keys and values of a full context.
    pub context_bytes: u64,
    /// Both.
    pub total_bytes: u64,
}

/// Describes the model that `reference` means. A name on the hub is looked for in the cache, and nowhere else. Blocks.
///
/// `context_length` is for the estimate of memory; by default, what the model was trained for.
///
/// # Errors
/// As [`resolve`](crate::resolve), but that what the engine cannot run is no error.
pub fn describe(reference: &ModelReference, context_length: Option<u64>) -> Result<ModelDescription, Error> {
    let cached = ModelReference { offline: Some(true), ..reference.clone() };
    let (root, choice) = find(&cached, &mut Tally::new(&mut |_| {}), &|| false).map_err(|error| {
        let absent = error.code == ErrorCode::ModelNotFound && matches!(locate(&reference.model), Ok(Location::Hub(_)));
        if absent { not_in_cache(reference, error) } else { error }
    })?;
    let mut description = match choice {
        Choice::Gguf(name) => describe_gguf(&root.join(name), context_length)?,
        Choice::Safetensors => describe_folder(&root, &[], context_length)?,
        Choice::Uqff(parts) => describe_folder(&root, &parts, context_length)?,
    };
    description.model.clone_from(&reference.model);
    Ok(description)
}

fn not_in_cache(reference: &ModelReference, error: Error) -> Error {
    let place = HubSettings::new(reference, &|name| std::env::var(name).ok()).map(|settings| settings.cache);
    let place = place.map(|cache| format!(" {}", cache.display())).unwrap_or_default();
    let message = format!("{} is not in the cache{place}, or not all of it; download it first", reference.model);
    Error { message, ..error }
}

fn describe_gguf(file: &Path, wanted: Option<u64>) -> Result<ModelDescription, Error> {
    let contents = GgufContents::read(file)?;
    let files = vec![ListedFile::of(file.to_owned())?];
    let vocabulary = contents.vocabulary.as_ref();
    let embedding_width = contents.number("embedding_length");
    let head_count = contents.number("attention.head_count");
    let key_value_head_count = contents.number("attention.head_count_kv").or(head_count);
    let layer_count = contents.number("block_count");
    let context_length = contents.number("context_length");
    let head_width = contents.number("attention.key_length").or_else(|| quotient(embedding_width, head_count));
    let problem = contents
        .check(file)
        .and_then(|_| build_tokenizer_of(file, &contents.architecture, vocabulary).map(|_| ()))
        .err();
    let has_output = contents.tensors.iter().any(|tensor| tensor.name == "output.weight");
    let weight_bytes = contents.tensors.iter().map(|tensor| match tensor.name.as_str() {
        // Held as numbers of 32 bits, and, where it is the output too, as it is in the file as well.
        "token_embd.weight" => {
            tensor.elements() * 4 + if has_output { 0 } else { held_bytes(tensor.kind, tensor.bytes) }
        }
        _ => held_bytes(tensor.kind, tensor.bytes),
    });
    let sizes = Sizes { layer_count, key_value_head_count, head_width, context_length };
    Ok(ModelDescription {
        model: String::new(),
        kind: if contents.makes_vectors() { ModelKind::Embedding } else { ModelKind::Text },
        format: "gguf",
        path: file.to_owned(),
        bytes: files[0].bytes,
        files,
        name: contents.text("general.name"),
        parameter_count: contents.parameter_count(),
        quantization: Some(contents.quantization().to_owned()),
        tensor_types: types_of_gguf(&contents),
        context_length,
        embedding_width,
        layer_count,
        head_count,
        key_value_head_count,
        expert_count: contents.number("expert_count").filter(|&count| count > 1).unwrap_or(0),
        vocabulary_size: vocabulary.map(|vocabulary| vocabulary.tokens.len() as u64),
        tokenizer: vocabulary.map(|vocabulary| gguf_tokenizer_kind(&vocabulary.model).to_owned()),
        chat_template: contents.text("tokenizer.chat_template"),
        problem,
        memory: sizes.estimate(weight_bytes.fold(0, u64::saturating_add), wanted),
        architecture: Some(contents.architecture),
    })
}

/// What is not quantised is held as numbers of 32 bits.
fn held_bytes(kind: TensorType, bytes: u64) -> u64 {
    match kind.name {
        "F16" | "BF16" => bytes.saturating_mul(2),
        _ => bytes,
    }
}

fn types_of_gguf(contents: &GgufContents) -> Vec<TypeOfTensors> {
    let mut types = BTreeMap::<String, TensorCount>::new();
    for tensor in &contents.tensors {
        types.entry(tensor.kind.name.to_owned()).or_default().add(tensor.elements(), tensor.bytes);
    }
    listed_types(types)
}

fn listed_types(types: BTreeMap<String, TensorCount>) -> Vec<TypeOfTensors> {
    let mut types: Vec<_> = types
        .into_iter()
        .map(|(name, of)| TypeOfTensors { name, tensors: of.tensors, parameters: of.elements, bytes: of.bytes })
        .collect();
    types.sort_by_key(|of| std::cmp::Reverse(of.bytes));
    types
}

fn gguf_tokenizer_kind(model: &str) -> &str {
    match model {
        "gpt2" => "bpe",
        "llama" => "sentencepiece",
        "bert" => "wordpiece",
        "t5" => "unigram",
        other => other,
    }
}

fn describe_folder(root: &Path, uqff: &[String], wanted: Option<u64>) -> Result<ModelDescription, Error> {
    let config_path = root.join("config.json");
    if !config_path.is_file() {
        let message = format!("{} has no config.json, without which its weights cannot be used", root.display());
        return Err(Error::new(ErrorCode::ModelNotFound, message).with_file(config_path));
    }
    let config = read_json(&config_path)?;
    let optional = |name: &str| Some(root.join(name)).filter(|path| path.is_file());
    let weights = if uqff.is_empty() { weights(root)? } else { optional(RESIDUAL).into_iter().collect() };
    let quantised: Vec<_> = uqff.iter().map(|name| root.join(name)).collect();
    let types = tensor_types(&weights)?;
    let opened = ModelFolder::open(root, uqff);
    let paths = match &opened {
        Ok((folder, uqff)) => [folder.paths(), uqff.clone()].concat(),
        Err(_) => [vec![config_path.clone()], weights, quantised.clone()].concat(),
    };
    let files = paths.into_iter().map(ListedFile::of).collect::<Result<Vec<_>, _>>()?;
    let multimodal = opened.as_ref().is_ok_and(|(folder, _)| folder.multimodal);
    let number = |name: &str| number(&config, name).map(|number| number as u64);
    let embedding_width = number("hidden_size");
    let layer_count = number("num_hidden_layers");
    let head_count = number("num_attention_heads");
    let key_value_head_count = number("num_key_value_heads").or(head_count);
    let context_length = number("max_position_embeddings");
    let head_width = number("head_dim").or_else(|| quotient(embedding_width, head_count));
    let experts = ["num_local_experts", "num_experts", "n_routed_experts"];
    let sizes = Sizes { layer_count, key_value_head_count, head_width, context_length };
    let uqff_bytes = quantised.iter().filter_map(|path| path.metadata().ok()).map(|metadata| metadata.len());
    let weight_bytes = types.iter().map(|(name, of)| match name.as_str() {
        "F16" | "BF16" => of.bytes.saturating_mul(2),
        _ => of.bytes,
    });
    let weight_bytes = weight_bytes.chain(uqff_bytes).fold(0, u64::saturating_add);
    let architecture = config.get("architectures").and_then(|names| names.get(0)).and_then(Value::as_str);
    let embedding = root.join(MODULES).is_file();
    let quantization = match uqff.first() {
        Some(name) => Path::new(name).file_stem().map(|stem| stem.to_string_lossy().into_owned()),
        None => quantization(&config).or_else(|| commonest(&types)),
    };
    Ok(ModelDescription {
        model: String::new(),
        kind: if embedding { ModelKind::Embedding } else { ModelKind::Text },
        format: if uqff.is_empty() { "safetensors" } else { "uqff" },
        path: quantised.first().cloned().unwrap_or_else(|| root.to_owned()),
        bytes: files.iter().map(|file| file.bytes).sum(),
        files,
        name: config.get("_name_or_path").and_then(Value::as_str).filter(|name| !name.is_empty()).map(str::to_owned),
        architecture: architecture.map(str::to_owned),
        parameter_count: if uqff.is_empty() { total(&types).elements } else { 0 },
        quantization,
        tensor_types: listed_types(types),
        context_length,
        embedding_width,
        layer_count,
        head_count,
        key_value_head_count,
        expert_count: experts.into_iter().find_map(number).unwrap_or(0),
        vocabulary_size: number("vocab_size"),
        tokenizer: folder_tokenizer_kind(root),
        chat_template: chat_template(
            optional("chat_template.jinja").or_else(|| optional("chat_template.json")).as_deref(),
            optional("tokenizer_config.json").as_deref(),
        )?,
        problem: opened.err().or_else(|| multimodal.then(|| takes_more_than_text(architecture, &config_path))),
        memory: sizes.estimate(weight_bytes, wanted),
    })
}

fn takes_more_than_text(architecture: Option<&str>, config: &Path) -> Error {
    let architecture = architecture.unwrap_or_default();
    let message = format!("{architecture} takes images or sound, which is not run yet; use a text model");
    Error::new(ErrorCode::UnsupportedModel, message).with_file(config)
}

fn folder_tokenizer_kind(root: &Path) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Tokenizer {
        model: Model,
    }
    #[derive(serde::Deserialize)]
    struct Model {
        // Left out in the oldest files, which are BPE.
        #[serde(rename = "type")]
        kind: Option<String>,
    }
    if let Ok(text) = std::fs::read(root.join("tokenizer.json")) {
        let tokenizer: Tokenizer = serde_json::from_slice(&text).ok()?;
        return Some(tokenizer.model.kind.map_or_else(|| "bpe".to_owned(), |kind| kind.to_ascii_lowercase()));
    }
    let others = [("tokenizer.model", "sentencepiece"), ("tekken.json", "tekken"), ("vocab.txt", "wordpiece")];
    others.into_iter().find(|(name, _)| root.join(name).is_file()).map(|(_, kind)| kind.to_owned())
}

fn quotient(width: Option<u64>, heads: Option<u64>) -> Option<u64> {
    width?.checked_div(heads?)
}

/// What the memory of a context goes by.
struct Sizes {
    layer_count: Option<u64>,
    key_value_head_count: Option<u64>,
    head_width: Option<u64>,
    context_length: Option<u64>,
}

impl Sizes {
    fn estimate(&self, weight_bytes: u64, wanted: Option<u64>) -> Option<MemoryEstimate> {
        let context_length = wanted.or(self.context_length)?;
        let numbers = [2, self.layer_count?, self.key_value_head_count?, self.head_width?, context_length, 4];
        let context_bytes = numbers.into_iter().fold(1, u64::saturating_mul);
        let total_bytes = weight_bytes.saturating_add(context_bytes);
        Some(MemoryEstimate { context_length, weight_bytes, context_bytes, total_bytes })
    }
}
