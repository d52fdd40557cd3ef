//! Files that mistralrs wants beside the weights, written for the time of a load.

use std::path::PathBuf;

use mistralrs_core::{AdapterPaths, LocalModelPaths, ModelPaths};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokenizers::Tokenizer;
use tramontane_error::{Error, ErrorCode};

/// A folder that goes when this is dropped.
pub(crate) struct CompanionFiles {
    folder: TempDir,
}

impl CompanionFiles {
    pub fn new() -> Result<Self, Error> {
        Ok(Self { folder: tempfile::Builder::new().prefix("tramontane-").tempdir().map_err(unwritable)? })
    }

    /// A template file for mistralrs, which reads its end-of-sequence token from there.
    ///
    /// The template itself is a placeholder: chats are rendered on our side, and from what a model's own template contains
    /// mistralrs would conclude that it must parse reasoning out of the text.
    pub fn template(&self, end_token: &str) -> Result<PathBuf, Error> {
        let content = json!({ "chat_template": "{{ messages }}", "eos_token": end_token });
        self.json("tokenizer_config.json", &content)
    }

    /// `content` as a file called `name`.
    pub fn json(&self, name: &str, content: &Value) -> Result<PathBuf, Error> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content.to_string()).map_err(unwritable)?;
        Ok(path)
    }

    /// `tokenizer` as a `tokenizer.json`.
    pub fn tokenizer(&self, tokenizer: &Tokenizer) -> Result<PathBuf, Error> {
        let path = self.folder.path().join("tokenizer.json");
        tokenizer.save(&path, false).map_err(unwritable)?;
        Ok(path)
    }
}

/// Paths in mistralrs's form: what it is not told about, it does not look for.
pub(crate) fn model_paths(
    weights: Vec<PathBuf>,
    config: PathBuf,
    tokenizer: PathBuf,
    template: PathBuf,
) -> Box<dyn ModelPaths> {
    Box::new(LocalModelPaths::new(tokenizer, config, template, weights, AdapterPaths::None, None, None, None, None))
}

fn unwritable(reason: impl ToString) -> Error {
    Error::new(
        ErrorCode::EngineFailed,
        format!(
            "the folder for temporary files cannot be written: {}; free some space, or set TMPDIR to another folder",
            reason.to_string()
        ),
    )
}
