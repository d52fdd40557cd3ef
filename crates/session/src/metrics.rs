//! Counters of a session, cheap enough to be read at any time.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// A session's state at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Metrics {
    /// Sequences that the engine holds: being prefilled or decoded, not yet freed.
    pub live_sequences: u64,
    /// Generations submitted and not yet taken up by the engine.
    pub queued_sequences: u64,
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
    pub live: AtomicU64,
    pub total: AtomicU64,
    pub generated: AtomicU64,
}

impl Counters {
    /// Counts a sequence as live until the guard is dropped, also when the engine panics.
    pub fn live_sequence(&self) -> LiveSequence<'_> {
        self.live.fetch_add(1, Ordering::Relaxed);
        LiveSequence(self)
    }
}

pub(crate) struct LiveSequence<'a>(&'a Counters);

impl Drop for LiveSequence<'_> {
    fn drop(&mut self) {
        self.0.live.fetch_sub(1, Ordering::Relaxed);
    }
}
