//! What others may ask of a stream while it waits or runs.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// One stream's switches. They take effect at its next step, or at once where it waits.
#[derive(Debug, Default)]
pub(crate) struct Control {
    cancelled_at: OnceLock<Instant>,
    paused: AtomicBool,
}

impl Control {
    /// For good; the first call counts.
    pub fn cancel(&self) {
        self.cancelled_at.get_or_init(Instant::now);
    }

    pub fn is_cancelled(&self) -> bool {
        self.cancelled_at.get().is_some()
    }

    pub fn cancelled_at(&self) -> Option<Instant> {
        self.cancelled_at.get().copied()
    }

    pub fn set_paused(&self, paused: bool) {
        self.paused.store(paused, Ordering::Release);
    }

    pub fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Acquire)
    }
}
