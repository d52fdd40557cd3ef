//! Counters of a session, cheap enough to be read at any time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;

/// A session's state at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Metrics {
    /// Sequences that the engine works on, at this moment or in turn with others; not yet freed.
    pub live_sequences: u64,
    /// Generations submitted and not yet taken up by the engine.
    pub queued_sequences: u64,
    /// Sequences that are paused, and cost the engine nothing.
    pub parked_sequences: u64,
    /// Generations submitted since the model was loaded.
    pub total_sequences: u64,
    /// Tokens generated since the model was loaded.
    pub generated_tokens: u64,
    /// Times the bell was rung: crossings that the engine asked for.
    pub bells_rung: u64,
    /// Parts in the mailbox that nobody has drained yet.
    pub unread_parts: u64,
}

/// The counters behind [`Metrics`] that belong to no lock.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub total: AtomicU64,
    pub generated: AtomicU64,
    finished: AtomicU64,
    finished_ms: AtomicU64,
}

impl Counters {
    /// Notes that a stream has ended `took` after it was taken up.
    pub fn count_finished(&self, took: Duration) {
        self.finished.fetch_add(1, Ordering::Relaxed);
        self.finished_ms.fetch_add(took.as_millis() as u64, Ordering::Relaxed);
    }

    /// How long a stream takes, from being taken up to its end, on average over all there were.
    pub fn milliseconds_per_stream(&self) -> Option<f64> {
        let finished = self.finished.load(Ordering::Relaxed);
        (finished > 0).then(|| self.finished_ms.load(Ordering::Relaxed) as f64 / finished as f64)
    }
}
