//! Bringing a model without loading it.

use std::collections::HashMap;
use std::path::PathBuf;

use serde::Serialize;
use tramontane_error::Error;

use crate::listed_file::ListedFile;
use crate::model_reference::ModelReference;
use crate::progress::{Phase, Progress};
use crate::resolve::resolve;

/// A model that is on disk as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DownloadedModel {
    /// The name that was asked for.
    pub model: String,
    /// `gguf`, `safetensors` or `uqff`.
    pub format: &'static str,
    /// What a load can be given in place of the name: a file, or the folder.
    pub path: PathBuf,
    /// Everything that a load reads.
    pub files: Vec<ListedFile>,
    /// Bytes of these files.
    pub bytes: u64,
    /// Bytes that this call brought.
    pub downloaded_bytes: u64,
}

/// Finds the model and brings what is missing of it, as [`resolve`] does, and says what there is then.
///
/// # Errors
/// Those of [`resolve`].
pub fn download(
    reference: &ModelReference,
    progress: &mut dyn FnMut(Progress),
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<DownloadedModel, Error> {
    let mut brought = Brought::default();
    let mut note = |report: Progress| {
        brought.note(&report);
        progress(report);
    };
    let found = resolve(reference, &mut note, cancelled)?;
    let files = found.paths().into_iter().map(ListedFile::of).collect::<Result<Vec<_>, _>>()?;
    Ok(DownloadedModel {
        model: reference.model.clone(),
        format: found.format(),
        path: found.path().to_owned(),
        bytes: files.iter().map(|file| file.bytes).sum(),
        files,
        downloaded_bytes: brought.bytes(),
    })
}

/// How far each file was at first and is now. A file that was begun earlier counts from there.
#[derive(Default)]
struct Brought(HashMap<String, (u64, u64)>);

impl Brought {
    fn note(&mut self, report: &Progress) {
        if let (Phase::Download, Some(file)) = (report.phase, &report.file) {
            let (_, now) = self.0.entry(file.clone()).or_insert((report.file_done, report.file_done));
            *now = report.file_done.max(*now);
        }
    }

    fn bytes(&self) -> u64 {
        self.0.values().map(|(first, now)| now - first).sum()
    }
}
