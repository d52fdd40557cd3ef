//! A file and its length.

use std::path::PathBuf;

use serde::Serialize;
use tramontane_error::Error;

/// A file of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
}

impl ListedFile {
    /// Looks up how long `path` is.
    pub(crate) fn of(path: PathBuf) -> Result<Self, Error> {
        match std::fs::metadata(&path) {
            Ok(metadata) => Ok(Self { bytes: metadata.len(), path }),
            Err(error) => Err(Error::invalid_model(&path, format!("{} cannot be read: {error}", path.display()))),
        }
    }
}
