//! How far a load has come.

use serde::Serialize;
use tramontane_model_files as model_files;

/// One report of a load, as `onProgress` gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoadProgress {
    /// What is being done.
    pub phase: LoadPhase,
    /// How much of it is done.
    pub done: u64,
    /// Out of how much; absent while that is not known.
    pub total: Option<u64>,
    /// What is counted.
    pub unit: LoadUnit,
    /// The file at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// The parts of a load, in their order. Those that have nothing to do are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoadPhase {
    /// Finding out which files make up the model.
    Resolve,
    /// Bringing files from the hub.
    Download,
    /// Reading the weights, and quantising them where that was asked for.
    Load,
    /// The model can be used.
    Ready,
}

/// What a load's progress is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoadUnit {
    /// Bytes of files.
    Bytes,
}

impl LoadProgress {
    pub(crate) fn bytes(phase: LoadPhase, done: u64, total: u64) -> Self {
        Self { phase, done, total: Some(total), unit: LoadUnit::Bytes, file: None }
    }
}

impl From<model_files::Progress> for LoadProgress {
    fn from(progress: model_files::Progress) -> Self {
        let phase = match progress.phase {
            model_files::Phase::Resolve => LoadPhase::Resolve,
            model_files::Phase::Download => LoadPhase::Download,
        };
        Self { phase, done: progress.done, total: progress.total, unit: LoadUnit::Bytes, file: progress.file }
    }
}
