//! How an embedding model makes vectors of what its layers give, as sentence-transformers writes it down.
//!
//! Must hold: what passes, mistralrs's embedding loader computes as the files mean it. It panics at poolings it does not
//! know, and wants keys that older files leave out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tramontane_error::{Error, ErrorCode};

use crate::hub_cache::sound_file_name;
use crate::model_config::{number, read_json};
use crate::safetensors::SafetensorsHeader;

/// Lists the modules; a folder with it holds an embedding model.
pub(crate) const MODULES: &str = "modules.json";
/// What to put before texts.
pub(crate) const PROMPTS: &str = "config_sentence_transformers.json";

/// What follows the transformer, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddingModules {
    /// How the vectors of a text's tokens become one.
    pub pooling: Pooling,
    /// Numbers in the pooled vector.
    pub pooled_width: usize,
    /// Layers after pooling, and normalising.
    pub rest: Vec<EmbeddingModule>,
    /// Numbers in a text's vector.
    pub width: usize,
    /// What the model was trained to see before texts, by what they are for.
    pub prompts: BTreeMap<String, String>,
}

/// How the vectors of a text's tokens become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// The last token's.
    LastToken,
    /// Their mean.
    Mean,
}

/// What comes after pooling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmbeddingModule {
    /// A matrix.
    Dense {
        /// Its config.json.
        config: PathBuf,
        /// Its weights.
        weights: PathBuf,
    },
    /// Brings a vector to length 1.
    Normalize,
}

impl EmbeddingModules {
    /// Whether vectors have length 1.
    pub fn normalises(&self) -> bool {
        self.rest.last() == Some(&EmbeddingModule::Normalize)
    }

    /// Whether vectors are brought to length 1 on the way, at the end or before.
    pub fn has_normalize(&self) -> bool {
        self.rest.contains(&EmbeddingModule::Normalize)
    }

    /// Files of the modules.
    pub fn files(&self) -> Vec<PathBuf> {
        self.rest
            .iter()
            .flat_map(|module| match module {
                EmbeddingModule::Dense { config, weights } => vec![config.clone(), weights.clone()],
                EmbeddingModule::Normalize => Vec::new(),
            })
            .collect()
    }

    /// Reads the modules in `root`.
    pub(crate) fn read(root: &Path) -> Result<Self, Error> {
        let path = root.join(MODULES);
        let unsupported = |message: &str| {
            let message = format!("{} {message}", path.display());
            Error::new(ErrorCode::UnsupportedModel, message).with_file(&path)
        };
        let mut modules = listed(&read_json(&path)?)
            .ok_or_else(|| Error::invalid_model(&path, format!("{} does not list modules", path.display())))?
            .into_iter();
        let transformer = modules.next().filter(|module| module.kind == "transformer");
        if transformer.is_none_or(|module| !module.folder.is_empty()) {
            return Err(unsupported("does not begin with a transformer in the folder itself"));
        }
        let Some(pooling) = modules.next().filter(|module| module.kind == "pooling") else {
            return Err(unsupported("has no pooling after the transformer; the engine makes one vector of a text"));
        };
        let (pooling, pooled_width) = read_pooling(&root.join(pooling.folder).join("config.json"))?;
        let mut width = pooled_width;
        let mut rest = Vec::new();
        for module in modules {
            match module.kind.as_str() {
                "dense" => {
                    let folder = root.join(&module.folder);
                    let (config, weights) = (folder.join("config.json"), folder.join("model.safetensors"));
                    width = check_dense(&config, &weights, width, pooling == Pooling::LastToken)?;
                    rest.push(EmbeddingModule::Dense { config, weights });
                }
                "normalize" => rest.push(EmbeddingModule::Normalize),
                other => return Err(unsupported(&format!("has a module of type {other:?}, which the engine lacks"))),
            }
        }
        Ok(Self { pooling, pooled_width, rest, width, prompts: read_prompts(&root.join(PROMPTS))? })
    }
}

struct Listed {
    /// `pooling`; the last part of the type's name, in lower case.
    kind: String,
    folder: String,
}

fn listed(modules: &Value) -> Option<Vec<Listed>> {
    let read = |module: &Value| {
        let kind = module.get("type")?.as_str()?.rsplit('.').next()?.to_ascii_lowercase();
        let folder = module.get("path")?.as_str()?;
        (folder.is_empty() || sound_file_name(folder)).then(|| Listed { kind, folder: folder.to_owned() })
    };
    modules.as_array()?.iter().map(read).collect()
}

/// The names of the files that modules have besides the transformer's; none where `modules` is not such a list.
pub(crate) fn module_files(modules: &Value) -> Vec<String> {
    let files = |module: Listed| match (module.kind.as_str(), module.folder) {
        (_, folder) if folder.is_empty() => Vec::new(),
        ("pooling", folder) => vec![format!("{folder}/config.json")],
        ("dense", folder) => vec![format!("{folder}/config.json"), format!("{folder}/model.safetensors")],
        _ => Vec::new(),
    };
    listed(modules).unwrap_or_default().into_iter().flat_map(files).collect()
}

fn read_pooling(path: &Path) -> Result<(Pooling, usize), Error> {
    let config = read_json(path)?;
    let unsupported = |what: &str| {
        let message = format!("{} {what}; the engine pools by the last token or the mean", path.display());
        Error::new(ErrorCode::UnsupportedModel, message).with_file(path)
    };
    if config.get("include_prompt") == Some(&Value::Bool(false)) {
        return Err(unsupported("leaves prompts out of the pooling"));
    }
    let Some(width) = number(&config, "word_embedding_dimension").or_else(|| number(&config, "embedding_dimension"))
    else {
        return Err(Error::invalid_model(path, format!("{} has no word_embedding_dimension", path.display())));
    };
    let named = config.get("pooling_mode").and_then(Value::as_str).map(str::to_owned);
    let flags = config.as_object().into_iter().flatten().filter(|(_, value)| **value == Value::Bool(true));
    let modes: Vec<String> = named
        .into_iter()
        .chain(flags.filter_map(|(key, _)| key.strip_prefix("pooling_mode_").map(str::to_owned)))
        .collect();
    let pooling = match modes.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["lasttoken"] => Pooling::LastToken,
        ["mean_tokens" | "mean"] => Pooling::Mean,
        [] => return Err(unsupported("names no pooling")),
        ref modes => return Err(unsupported(&format!("asks for {}", modes.join(" and ")))),
    };
    Ok((pooling, width))
}

/// Returns the width of what comes out.
fn check_dense(config_path: &Path, weights: &Path, width: usize, may_shift: bool) -> Result<usize, Error> {
    let config = read_json(config_path)?;
    let unsupported = |what: String| {
        Error::new(ErrorCode::UnsupportedModel, format!("{} {what}", config_path.display())).with_file(config_path)
    };
    let activation = config.get("activation_function").and_then(Value::as_str).unwrap_or_default();
    if !activation.ends_with(".Identity") {
        return Err(unsupported(format!("has the activation {activation:?}; the engine computes Identity only")));
    }
    // The engine pools by the sum where the mean is meant. The length does not matter but to what is added.
    if config.get("bias") != Some(&Value::Bool(false)) && !may_shift {
        return Err(unsupported("adds a bias to a mean, which the engine computes wrongly".to_owned()));
    }
    let (Some(taken), Some(given)) = (number(&config, "in_features"), number(&config, "out_features")) else {
        return Err(Error::invalid_model(config_path, format!("{} lacks its sizes", config_path.display())));
    };
    let elements = SafetensorsHeader::read(weights)?.types.values().fold(0, |sum, count| sum + count.elements);
    if taken != width || elements < (taken as u64).saturating_mul(given as u64) {
        let message = format!("{} does not fit the modules before it or its weights", config_path.display());
        return Err(Error::invalid_model(config_path, message));
    }
    Ok(given)
}

fn read_prompts(path: &Path) -> Result<BTreeMap<String, String>, Error> {
    if !path.is_file() {
        return Ok(BTreeMap::new());
    }
    let config = read_json(path)?;
    let prompts = config.get("prompts").and_then(Value::as_object).into_iter().flatten();
    Ok(prompts.filter_map(|(name, prompt)| Some((name.clone(), prompt.as_str()?.to_owned()))).collect())
}
