//! Whether a model's name means a file, a folder or the hub.
//!
//! Must hold: what exists on disk wins; what looks like a path but does not exist is never looked up on the hub.

use std::path::{Path, PathBuf};

use tramontane_error::{Error, ErrorCode};

use crate::hub_id::HubId;

/// Where a model is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Location {
    File(PathBuf),
    Folder(PathBuf),
    Hub(HubId),
}

/// Finds out what `model` means.
pub(crate) fn locate(model: &str) -> Result<Location, Error> {
    if model.trim().is_empty() {
        return Err(Error::invalid_argument(
            "model",
            "model is empty; give a file, a folder or an org/name on the hub",
        ));
    }
    let path = expand_home(model);
    if let Ok(metadata) = std::fs::metadata(&path) {
        return Ok(if metadata.is_dir() { Location::Folder(path) } else { Location::File(path) });
    }
    if looks_like_path(model) {
        let message = format!("there is no file or folder {}; check the path", path.display());
        return Err(Error::new(ErrorCode::ModelNotFound, message).with_file(path));
    }
    HubId::parse(model).map(Location::Hub).ok_or_else(|| {
        let message = format!(
            "there is no model {model:?}: it is neither a file or folder here nor an org/name on the hub; \
             write ./{model} for a path"
        );
        Error::new(ErrorCode::ModelNotFound, message)
    })
}

fn expand_home(model: &str) -> PathBuf {
    let rest = model.strip_prefix("~/").or_else(|| model.strip_prefix("~\\"));
    match (rest, std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(model),
    }
}

fn looks_like_path(model: &str) -> bool {
    let drive = matches!(model.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    let extension = Path::new(model).extension().and_then(|extension| extension.to_str());
    let extension = extension.map(str::to_ascii_lowercase);
    drive
        || model.starts_with(['/', '~', '.'])
        || model.contains('\\')
        || matches!(extension.as_deref(), Some("gguf" | "safetensors" | "uqff"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_org_and_name_mean_the_hub() {
        let id = HubId::parse("HuggingFaceTB/SmolLM2-135M-Instruct").unwrap();
        assert_eq!(locate("HuggingFaceTB/SmolLM2-135M-Instruct"), Ok(Location::Hub(id)));
    }

    #[test]
    fn a_path_that_does_not_exist_is_not_looked_up_on_the_hub() {
        for model in ["./org/name", "../x", "/no/such", "~/no-such-model", "C:\\m\\x", "a\\b", "org/x.gguf", "m.UQFF"] {
            let error = locate(model).unwrap_err();
            assert_eq!(error.code, ErrorCode::ModelNotFound, "{model}");
            assert!(error.file.is_some(), "{model}");
        }
    }

    #[test]
    fn anything_else_is_not_found_with_a_next_step() {
        for model in ["gpt2", "a/b/c", "a b/c", "org/", "/", "org/na--me", "http://x/y"] {
            let error = locate(model);
            if model == "/" {
                assert!(matches!(error, Ok(Location::Folder(_))));
                continue;
            }
            let error = error.unwrap_err();
            assert_eq!(error.code, ErrorCode::ModelNotFound, "{model}");
            assert!(error.message.contains("./"), "{error}");
        }
        assert_eq!(locate("  ").unwrap_err().field.as_deref(), Some("model"));
    }
}
