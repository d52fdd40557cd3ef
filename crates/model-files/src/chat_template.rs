//! Where a folder's chat template is written down.

use serde_json::Value;
use tramontane_error::Error;

use crate::model_config::read_json;
use crate::model_folder::ModelFolder;

impl ModelFolder {
    /// The chat template, as Jinja; None where the folder has none.
    ///
    /// # Errors
    /// `invalid-model`: a file that should hold it cannot be read.
    pub fn chat_template(&self) -> Result<Option<String>, Error> {
        chat_template(self.chat_template.as_deref(), self.tokenizer_config.as_deref())
    }
}

/// The template in `own`, a file of its own, or else in the tokenizer's config.
pub(crate) fn chat_template(
    own: Option<&std::path::Path>,
    tokenizer_config: Option<&std::path::Path>,
) -> Result<Option<String>, Error> {
    match (own, tokenizer_config) {
        (Some(path), _) if path.extension().is_none_or(|extension| extension != "json") => {
            let text = std::fs::read_to_string(path);
            text.map(Some)
                .map_err(|error| Error::invalid_model(path, format!("{} cannot be read: {error}", path.display())))
        }
        (Some(path), _) | (None, Some(path)) => Ok(chat_template_in(&read_json(path)?)),
        (None, None) => Ok(None),
    }
}

/// `chat_template` of a config is a template, or a list of named ones of which `default` is for chats.
pub fn chat_template_in(config: &Value) -> Option<String> {
    match config.get("chat_template")? {
        Value::String(template) => Some(template.clone()),
        Value::Array(named) => named
            .iter()
            .find(|it| it["name"] == "default")
            .or(named.first())
            .and_then(|it| it["template"].as_str())
            .map(String::from),
        _ => None,
    }
}
