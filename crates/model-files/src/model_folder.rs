//! A folder with a model in the layout of the hub: config.json, tokenizer.json, weights.
//!
//! Must hold: every path it names exists, every weight file is whole.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tramontane_error::{Error, ErrorCode};

use crate::file_choice::{INDEX, RESIDUAL, weight_names};
use crate::model_config::ModelConfig;
use crate::safetensors::SafetensorsHeader;

/// The model files of a folder.
#[derive(Debug, Clone)]
pub struct ModelFolder {
    /// The folder.
    pub root: PathBuf,
    /// config.json.
    pub config: PathBuf,
    /// The safetensors files, in order. For UQFF the weights that UQFF leaves out, if any.
    pub weights: Vec<PathBuf>,
    /// tokenizer.json.
    pub tokenizer: PathBuf,
    /// tokenizer_config.json, where there is one.
    pub tokenizer_config: Option<PathBuf>,
    /// generation_config.json, where there is one.
    pub generation_config: Option<PathBuf>,
    /// chat_template.jinja or, failing that, chat_template.json, where there is one.
    pub chat_template: Option<PathBuf>,
    /// preprocessor_config.json, where there is one.
    pub preprocessor_config: Option<PathBuf>,
    /// processor_config.json, where there is one.
    pub processor_config: Option<PathBuf>,
    /// The one architecture of config.json, `LlamaForCausalLM` style: one that the engine runs.
    pub architecture: String,
    /// The `model_type` of config.json; may be empty.
    pub model_type: String,
    /// Whether the architecture also takes images or sound.
    pub multimodal: bool,
    /// Positions the model was trained for, where config.json says so.
    pub context_length: Option<usize>,
    /// Tokens, where config.json says so.
    pub vocabulary_size: Option<usize>,
    /// How the weights are quantised (`gptq`, `fp8`, ...), where config.json says so.
    pub quantization: Option<String>,
    /// Numbers in all weight files.
    pub parameter_count: u64,
    /// The type that holds most of them, `BF16` style; None without weight files.
    pub dtype: Option<String>,
    /// Bytes of all weights.
    pub data_bytes: u64,
}

impl ModelFolder {
    /// Reads and checks the folder `root`. With `uqff`, the weights are those UQFF files.
    pub(crate) fn open(root: &Path, uqff: &[String]) -> Result<(Self, Vec<PathBuf>), Error> {
        let optional = |name: &str| Some(root.join(name)).filter(|path| path.is_file());
        let config = required(root, "config.json", "without which its weights cannot be used")?;
        let facts = ModelConfig::read(&config)?;
        let tokenizer = match optional("tokenizer.json") {
            Some(tokenizer) => tokenizer,
            None if optional("tokenizer.model").or_else(|| optional("tekken.json")).is_some() => {
                let message = format!(
                    "{} has a tokenizer in another format only; add a tokenizer.json, as transformers saves it",
                    root.display()
                );
                return Err(Error::new(ErrorCode::UnsupportedModel, message).with_file(root.join("tokenizer.json")));
            }
            None => required(root, "tokenizer.json", "without which text cannot be given to the model")?,
        };
        let weights = if uqff.is_empty() { weights(root)? } else { optional(RESIDUAL).into_iter().collect() };
        let mut elements: BTreeMap<String, u64> = BTreeMap::new();
        let mut data_bytes = 0_u64;
        for path in &weights {
            let header = SafetensorsHeader::read(path)?;
            data_bytes = data_bytes.saturating_add(header.data_bytes);
            for (dtype, count) in header.elements {
                let total = elements.entry(dtype).or_default();
                *total = total.saturating_add(count);
            }
        }
        let mut quantized = Vec::new();
        for name in uqff {
            let path = required(root, name, "which was asked for")?;
            let length = path.metadata().map(|metadata| metadata.len()).unwrap_or_default();
            if length == 0 {
                return Err(Error::invalid_model(&path, format!("{} is empty", path.display())));
            }
            data_bytes = data_bytes.saturating_add(length);
            quantized.push(path);
        }
        let folder = Self {
            root: root.to_owned(),
            config,
            weights,
            tokenizer,
            tokenizer_config: optional("tokenizer_config.json"),
            generation_config: optional("generation_config.json"),
            chat_template: optional("chat_template.jinja").or_else(|| optional("chat_template.json")),
            preprocessor_config: optional("preprocessor_config.json"),
            processor_config: optional("processor_config.json"),
            architecture: facts.architecture,
            model_type: facts.model_type,
            multimodal: facts.multimodal,
            context_length: facts.context_length,
            vocabulary_size: facts.vocabulary_size,
            quantization: facts.quantization,
            parameter_count: elements.values().fold(0, |sum, &count| sum.saturating_add(count)),
            dtype: elements.into_iter().max_by_key(|(_, count)| *count).map(|(dtype, _)| dtype),
            data_bytes,
        };
        Ok((folder, quantized))
    }
}

fn required(root: &Path, name: &str, why: &str) -> Result<PathBuf, Error> {
    let path = root.join(name);
    if path.is_file() {
        return Ok(path);
    }
    let message = format!("{} has no {name}, {why}", root.display());
    Err(Error::new(ErrorCode::ModelNotFound, message).with_file(path))
}

fn weights(root: &Path) -> Result<Vec<PathBuf>, Error> {
    let index_path = root.join(INDEX);
    let index = match std::fs::read_to_string(&index_path) {
        Ok(index) => Some(index),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => {
            return Err(Error::invalid_model(&index_path, format!("{} cannot be read: {error}", index_path.display())));
        }
    };
    let names = file_names(root)?;
    let weights = weight_names(&names, index.as_deref()).map_err(|message| {
        Error::invalid_model(&index_path, format!("{} is unusable: {message}", index_path.display()))
    })?;
    if weights.is_empty() {
        let message = format!("{} has no .safetensors files with the model's weights", root.display());
        return Err(Error::new(ErrorCode::ModelNotFound, message));
    }
    weights.iter().map(|name| required(root, name, "which its index lists")).collect()
}

/// The names of the files in `root` itself.
pub(crate) fn file_names(root: &Path) -> Result<Vec<String>, Error> {
    let entries = std::fs::read_dir(root).map_err(|error| {
        let message = format!("{} cannot be read: {error}", root.display());
        Error::new(ErrorCode::ModelNotFound, message).with_file(root)
    })?;
    let is_file = |path: PathBuf| path.is_file();
    let names = entries.flatten().filter(|entry| is_file(entry.path()));
    let mut names: Vec<_> = names.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    Ok(names)
}
