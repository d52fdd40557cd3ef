//! Where a model's chat template is written down.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tramontane_error::{Error, ErrorCode};
use tramontane_model_files::{ModelFolder, chat_template_in};
use tramontane_session::SpecialTokens;

/// The caller's template: Jinja as it is, or the path of a file with it (`.json` files hold it under `chat_template`).
pub(crate) fn override_source(option: &str) -> Result<String, Error> {
    if option.contains("{{") || option.contains("{%") {
        return Ok(option.into());
    }
    let text = fs::read_to_string(option).map_err(|e| {
        Error::new(
            ErrorCode::InvalidArgument,
            format!("chatTemplate is neither a Jinja template nor a readable file: {e}"),
        )
        .with_field("chatTemplate")
        .with_file(option)
    })?;
    if !option.ends_with(".json") {
        return Ok(text);
    }
    json(Path::new(option), &text).and_then(|config| {
        chat_template_in(&config)
            .ok_or_else(|| Error::invalid_argument("chatTemplate", "the file holds no chat_template").with_file(option))
    })
}

/// The template and the special tokens of a Hugging Face folder.
pub(crate) fn folder_source(folder: &ModelFolder) -> Result<(Option<String>, SpecialTokens), Error> {
    let config = read_json(folder.tokenizer_config.as_deref())?;
    let token = |name: &str| {
        let value = config.as_ref()?.get(name)?;
        value.as_str().or_else(|| value.get("content")?.as_str()).map(String::from)
    };
    let special = SpecialTokens {
        bos_token: token("bos_token"),
        eos_token: token("eos_token"),
        unk_token: token("unk_token"),
        pad_token: token("pad_token"),
    };
    Ok((folder.chat_template()?, special))
}

pub(crate) fn read_json(path: Option<&Path>) -> Result<Option<Value>, Error> {
    path.map(|path| json(path, &read(path)?)).transpose()
}

fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|e| Error::invalid_model(path, format!("{} cannot be read: {e}", path.display())))
}

fn json(path: &Path, text: &str) -> Result<Value, Error> {
    serde_json::from_str(text)
        .map_err(|e| Error::invalid_model(path, format!("{} is not valid JSON: {e}", path.display())))
}
