//! Where the hub is, who asks, and where downloads are kept.
//!
//! Must hold: options win over the environment; the environment variables mean what they mean to Python's
//! `huggingface_hub`; a token is never printed.

use std::fmt;
use std::path::{Path, PathBuf};

use tramontane_error::Error;

use crate::model_reference::ModelReference;

/// An access token, which does not show up in debug output.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(pub(crate) String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

/// What is needed to talk to a hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HubSettings {
    pub(crate) endpoint: String,
    pub(crate) token: Option<Token>,
    pub(crate) cache: PathBuf,
    pub(crate) offline: bool,
    pub(crate) revision: String,
}

impl HubSettings {
    /// Reads the options, then the environment.
    pub(crate) fn new(reference: &ModelReference, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let variable = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
        let home = || {
            variable("HF_HOME").map(PathBuf::from).or_else(|| {
                let cache = variable("XDG_CACHE_HOME").map(PathBuf::from);
                Some(cache.or_else(|| Some(std::env::home_dir()?.join(".cache")))?.join("huggingface"))
            })
        };
        let cache = reference.cache_dir.clone().filter(|path| !path.as_os_str().is_empty());
        let cache = cache
            .or_else(|| variable("HF_HUB_CACHE").map(PathBuf::from))
            .or_else(|| variable("HUGGINGFACE_HUB_CACHE").map(PathBuf::from))
            .or_else(|| Some(home()?.join("hub")));
        let Some(cache) = cache else {
            return Err(Error::invalid_argument(
                "cacheDir",
                "there is no home folder to keep downloads in; set cacheDir",
            ));
        };
        let token = match &reference.token {
            Some(token) => Some(token.clone()),
            None => variable("HF_TOKEN").or_else(|| variable("HUGGING_FACE_HUB_TOKEN")).or_else(|| {
                token_in(&variable("HF_TOKEN_PATH").map(PathBuf::from).or_else(|| Some(home()?.join("token")))?)
            }),
        };
        let token = token.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty());
        let revision = reference.revision.clone().unwrap_or_else(|| "main".to_owned());
        if !sound_revision(&revision) {
            let message = format!("revision {revision:?} is not a branch, tag or commit");
            return Err(Error::invalid_argument("revision", message));
        }
        let endpoint = reference.endpoint.clone().or_else(|| variable("HF_ENDPOINT"));
        let offline =
            || ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"].iter().any(|name| variable(name).is_some_and(truth));
        Ok(Self {
            endpoint: endpoint.unwrap_or_else(|| "https://huggingface.co".to_owned()).trim_end_matches('/').to_owned(),
            token: token.map(Token),
            cache,
            offline: reference.offline.unwrap_or_else(offline),
            revision,
        })
    }
}

fn truth(value: String) -> bool {
    matches!(value.trim().to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on")
}

fn token_in(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// A revision becomes part of a URL and of a path in the cache.
fn sound_revision(revision: &str) -> bool {
    let sound_part = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.ends_with(".lock");
    revision.len() <= 250
        && revision.split('/').all(sound_part)
        && revision.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./+@".contains(&byte))
        && !revision.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(reference: ModelReference, environment: &[(&str, &str)]) -> Result<HubSettings, Error> {
        let find = |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        HubSettings::new(&reference, &find)
    }

    #[test]
    fn options_win_over_the_environment() {
        let environment = [
            ("HF_HUB_CACHE", "/env/cache"),
            ("HF_TOKEN", "from-env"),
            ("HF_ENDPOINT", "https://env.example/"),
            ("HF_HUB_OFFLINE", "1"),
        ];
        let found = settings(ModelReference::default(), &environment).unwrap();
        assert_eq!(found.cache, Path::new("/env/cache"));
        assert_eq!(found.token, Some(Token("from-env".into())));
        assert_eq!(found.endpoint, "https://env.example");
        assert!(found.offline);
        assert_eq!(found.revision, "main");

        let reference = ModelReference {
            token: Some(String::new()),
            cache_dir: Some("/mine".into()),
            offline: Some(false),
            endpoint: Some("http://127.0.0.1:1".into()),
            revision: Some("refs/pr/1".into()),
            ..Default::default()
        };
        let found = settings(reference, &environment).unwrap();
        assert_eq!((found.cache.as_path(), found.token, found.offline), (Path::new("/mine"), None, false));
        assert_eq!((found.endpoint.as_str(), found.revision.as_str()), ("http://127.0.0.1:1", "refs/pr/1"));
    }

    #[test]
    fn the_cache_and_token_lie_under_hf_home() {
        let home = std::env::temp_dir().join(format!("tramontane-home-{}", std::process::id()));
        std::fs::create_dir_all(&home).unwrap();
        std::fs::write(home.join("token"), "hf_file\n").unwrap();
        let found = settings(ModelReference::default(), &[("HF_HOME", home.to_str().unwrap())]).unwrap();
        assert_eq!(found.cache, home.join("hub"));
        assert_eq!(found.token, Some(Token("hf_file".into())));
        std::fs::remove_dir_all(&home).unwrap();
        let found = settings(ModelReference::default(), &[("XDG_CACHE_HOME", "/xdg"), ("HF_HOME", " ")]).unwrap();
        assert_eq!(found.cache, Path::new("/xdg/huggingface/hub"));
    }

    #[test]
    fn offline_takes_the_usual_words_for_yes() {
        for (value, expected) in [("1", true), ("TRUE", true), ("yes", true), ("on", true), ("0", false), ("", false)] {
            let found = settings(ModelReference::default(), &[("TRANSFORMERS_OFFLINE", value)]).unwrap();
            assert_eq!(found.offline, expected, "{value:?}");
        }
    }

    #[test]
    fn a_revision_that_could_leave_the_cache_is_refused() {
        for revision in ["", "..", "a/../b", "/etc", "a//b", "-x", "a b", "x?y"] {
            let reference = ModelReference { revision: Some(revision.into()), ..Default::default() };
            assert_eq!(settings(reference, &[]).unwrap_err().field.as_deref(), Some("revision"), "{revision:?}");
        }
    }

    #[test]
    fn a_token_is_not_printed() {
        let reference = ModelReference { token: Some("hf_secret".into()), ..Default::default() };
        assert!(!format!("{reference:?}").contains("hf_secret"));
        assert!(!format!("{:?}", settings(reference, &[]).unwrap()).contains("hf_secret"));
    }
}
