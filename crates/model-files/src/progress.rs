//! How far finding a model has come.
//!
//! Must hold: `done` never falls while one model is resolved, and never passes `total`.

use std::time::{Duration, Instant};

use serde::Serialize;

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Finding out which files make up the model.
    Resolve,
    /// Bringing files from the hub.
    Download,
}

/// One report. Byte counts are of the files that were not in the cache when the call began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// Bytes that are here, of all files.
    pub done: u64,
    /// Bytes of all files; None until it is known which files there are.
    pub total: Option<u64>,
    /// The file that is being brought.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Bytes of this file that are here.
    pub file_done: u64,
    /// Bytes of this file.
    pub file_total: Option<u64>,
}

/// Adds up the bytes of several files and reports at a bearable rate.
pub(crate) struct Tally<'a> {
    report: &'a mut dyn FnMut(Progress),
    finished: u64,
    highest: u64,
    total: Option<u64>,
    last: Option<Instant>,
}

impl<'a> Tally<'a> {
    const INTERVAL: Duration = Duration::from_millis(40);

    pub(crate) fn new(report: &'a mut dyn FnMut(Progress)) -> Self {
        Self { report, finished: 0, highest: 0, total: None, last: None }
    }

    pub(crate) fn resolving(&mut self) {
        let Self { highest, total, .. } = *self;
        let progress =
            Progress { phase: Phase::Resolve, done: highest, total, file: None, file_done: 0, file_total: None };
        (self.report)(progress);
    }

    /// Says that `remaining` bytes are still to come, and no more after them.
    pub(crate) fn expect(&mut self, remaining: u64) {
        self.total = Some(self.finished.saturating_add(remaining));
    }

    /// `done` bytes of `file` are here.
    pub(crate) fn file(&mut self, file: &str, done: u64, size: u64) {
        if done < size && self.last.is_some_and(|last| last.elapsed() < Self::INTERVAL) {
            return;
        }
        self.last = Some(Instant::now());
        // A file that turns out damaged is brought again from its start; the sum stands still meanwhile.
        self.highest = self.highest.max(self.finished.saturating_add(done));
        let progress = Progress {
            phase: Phase::Download,
            done: self.highest,
            total: self.total,
            file: Some(file.to_owned()),
            file_done: done,
            file_total: Some(size),
        };
        (self.report)(progress);
    }

    /// A file of `size` bytes is finished.
    pub(crate) fn finish(&mut self, size: u64) {
        self.finished = self.finished.saturating_add(size);
        self.highest = self.highest.max(self.finished);
        self.last = None;
    }
}
