//! The name of a repository on the hub.
//!
//! Must hold: a name that is accepted can stand in a URL and in a folder's name as it is.

use std::fmt;

/// `org/name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HubId {
    organisation: String,
    name: String,
}

impl HubId {
    /// Reads `org/name` by the hub's rules: letters, digits, `-`, `_` and `.`; no `--` or `..`; no `-` or `.` at
    /// either end; at most 96 characters a part; not ending in `.git`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (organisation, name) = text.split_once('/')?;
        let sound = |part: &str| {
            (1..=96).contains(&part.len())
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
                && !part.contains("--")
                && !part.contains("..")
                && !part.starts_with(['-', '.'])
                && !part.ends_with(['-', '.'])
        };
        (sound(organisation) && sound(name) && !name.ends_with(".git"))
            .then(|| Self { organisation: organisation.to_owned(), name: name.to_owned() })
    }

    /// The folder of this repository in a cache.
    pub(crate) fn folder_name(&self) -> String {
        format!("models--{}--{}", self.organisation, self.name)
    }
}

impl fmt::Display for HubId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.organisation, self.name)
    }
}
