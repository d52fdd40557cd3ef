//! A folder with a model in the layout of the hub: config.json, tokenizer.json, weights.
//!
//! Must hold: every path it names exists, every weight file is whole.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tramontane_error::{Error, ErrorCode};

use crate::embedding_modules::{EmbeddingModules, MODULES};
use crate::file_choice::{INDEX, RESIDUAL, weight_names};
use crate::model_config::ModelConfig;
use crate::safetensors::SafetensorsHeader;
use crate::tensor_count::TensorCount;

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
    /// How vectors are made of what the layers give; None for a model that generates text.
    pub embedding: Option<EmbeddingModules>,
    /// What the weight files hold, by type.
    pub tensor_types: BTreeMap<String, TensorCount>,
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
        let has_modules = root.join(MODULES).is_file();
        let facts = ModelConfig::read(&config, has_modules)?;
        let embedding = if has_modules { Some(EmbeddingModules::read(root)?) } else { None };
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
        let tensor_types = tensor_types(&weights)?;
        let total = total(&tensor_types);
        let mut data_bytes = total.bytes;
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
            embedding,
            parameter_count: total.elements,
            dtype: commonest(&tensor_types),
            tensor_types,
            data_bytes,
        };
        Ok((folder, quantized))
    }

    /// All files but those with UQFF weights.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        let optional = [
            &self.tokenizer_config,
            &self.generation_config,
            &self.chat_template,
            &self.preprocessor_config,
            &self.processor_config,
        ];
        let modules =
            self.embedding.iter().flat_map(|modules| [self.root.join(MODULES)].into_iter().chain(modules.files()));
        [self.config.clone(), self.tokenizer.clone()]
            .into_iter()
            .chain(optional.into_iter().flatten().cloned())
            .chain(modules)
            .chain(self.weights.iter().cloned())
            .collect()
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

/// What `weights` hold, by type.
pub(crate) fn tensor_types(weights: &[PathBuf]) -> Result<BTreeMap<String, TensorCount>, Error> {
    let mut types: BTreeMap<String, TensorCount> = BTreeMap::new();
    for path in weights {
        for (dtype, count) in SafetensorsHeader::read(path)?.types {
            let total = types.entry(dtype).or_default();
            *total = total.plus(count);
        }
    }
    Ok(types)
}

pub(crate) fn total(types: &BTreeMap<String, TensorCount>) -> TensorCount {
    types.values().fold(TensorCount::default(), |sum, &count| sum.plus(count))
}

/// The type that holds most numbers.
pub(crate) fn commonest(types: &BTreeMap<String, TensorCount>) -> Option<String> {
    types.iter().max_by_key(|(_, count)| count.elements).map(|(dtype, _)| dtype.clone())
}

pub(crate) fn weights(root: &Path) -> Result<Vec<PathBuf>, Error> {
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
