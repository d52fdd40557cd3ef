//! What a caller asks for, and what was found.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::gguf::GgufHeader;
use crate::model_folder::ModelFolder;

/// A model by name, and where to look for it. None everywhere but in `model` is the usual case.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ModelReference {
    /// A file, a folder, or `org/name` on the hub. What exists on disk is taken from there.
    pub model: String,
    /// Which of several model files: a file name, or a quantisation such as `Q4_K_M` in any case.
    pub file: Option<String>,
    /// Branch, tag or commit on the hub. Default `main`.
    pub revision: Option<String>,
    /// The hub's access token. Default: `HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN`, then the token file. Empty: none at all.
    pub token: Option<String>,
    /// The hub's cache, shared with Python's. Default: `HF_HUB_CACHE`, `HUGGINGFACE_HUB_CACHE`, `HF_HOME/hub`, then
    /// `~/.cache/huggingface/hub`.
    pub cache_dir: Option<PathBuf>,
    /// Whether to use the cache alone. Default: `HF_HUB_OFFLINE` or `TRANSFORMERS_OFFLINE`.
    pub offline: Option<bool>,
    /// The hub's address. Default: `HF_ENDPOINT`, then `https://huggingface.co`.
    pub endpoint: Option<String>,
}

impl fmt::Debug for ModelReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelReference")
            .field("model", &self.model)
            .field("file", &self.file)
            .field("revision", &self.revision)
            .field("token", &self.token.as_ref().map(|_| "(hidden)"))
            .field("cache_dir", &self.cache_dir)
            .field("offline", &self.offline)
            .field("endpoint", &self.endpoint)
            .finish()
    }
}

/// A model's files, all on disk and checked.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant)]
pub enum ModelFiles {
    /// One GGUF file, which holds everything.
    Gguf {
        /// The file.
        file: PathBuf,
        /// What it says about itself.
        header: GgufHeader,
    },
    /// A folder with weights as safetensors.
    Safetensors(ModelFolder),
    /// A folder with quantised weights as UQFF.
    Uqff {
        /// The folder; its `weights` are the ones UQFF leaves out (`residual.safetensors`).
        folder: ModelFolder,
        /// The UQFF files, in order.
        uqff: Vec<PathBuf>,
    },
}

impl ModelFiles {
    /// `gguf`, `safetensors` or `uqff`.
    pub fn format(&self) -> &'static str {
        match self {
            Self::Gguf { .. } => "gguf",
            Self::Safetensors(_) => "safetensors",
            Self::Uqff { .. } => "uqff",
        }
    }

    /// What finds the same files again: a file, or the folder.
    pub fn path(&self) -> &Path {
        match self {
            Self::Gguf { file, .. } => file,
            Self::Safetensors(folder) => &folder.root,
            Self::Uqff { folder, uqff } => uqff.first().unwrap_or(&folder.root),
        }
    }

    /// All files that a load reads.
    pub fn paths(&self) -> Vec<PathBuf> {
        match self {
            Self::Gguf { file, .. } => vec![file.clone()],
            Self::Safetensors(folder) => folder.paths(),
            Self::Uqff { folder, uqff } => [folder.paths(), uqff.clone()].concat(),
        }
    }
}
