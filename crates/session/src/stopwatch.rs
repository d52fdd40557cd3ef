//! Where a stream's time goes.

use std::time::{Duration, Instant};

use crate::stream_part::Timings;

/// Runs from a stream's submission to its end. What it measures between two moments leaves out pauses, so that waiting,
/// prefill and decoding are each what they would have been without.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    submitted_at: Instant,
    paused_at: Option<Instant>,
    /// All pauses that are over.
    paused: Duration,
    /// These three since the submission, without pauses.
    taken_up: Option<Duration>,
    first_token: Option<Duration>,
    last_token: Option<Duration>,
    first_token_at: Option<Instant>,
}

impl Stopwatch {
    /// Starts: the stream is being submitted.
    pub fn start() -> Self {
        Self {
            submitted_at: Instant::now(),
            paused_at: None,
            paused: Duration::ZERO,
            taken_up: None,
            first_token: None,
            last_token: None,
            first_token_at: None,
        }
    }

    pub fn submitted_at(&self) -> Instant {
        self.submitted_at
    }

    /// The engine gives the stream a slice; the first counts.
    pub fn take_up(&mut self) {
        let now = self.active(Instant::now());
        self.taken_up.get_or_insert(now);
    }

    pub fn is_taken_up(&self) -> bool {
        self.taken_up.is_some()
    }

    /// How long ago the engine took the stream up, without pauses.
    pub fn since_taken_up(&self) -> Duration {
        self.taken_up.map_or(Duration::ZERO, |taken_up| self.active(Instant::now()).saturating_sub(taken_up))
    }

    /// The logits of the next token are there.
    pub fn token(&mut self) {
        let now = Instant::now();
        let active = self.active(now);
        self.first_token_at.get_or_insert(now);
        self.first_token.get_or_insert(active);
        self.last_token = Some(active);
    }

    pub fn pause(&mut self) {
        self.paused_at.get_or_insert_with(Instant::now);
    }

    pub fn resume(&mut self) {
        if let Some(paused_at) = self.paused_at.take() {
            self.paused += paused_at.elapsed();
        }
    }

    /// What it shows as the stream ends, which for a cancelled one was asked for at `cancelled_at`, after `output_tokens`.
    pub fn timings(&self, output_tokens: usize, cancelled_at: Option<Instant>) -> Timings {
        let now = Instant::now();
        let total = now.duration_since(self.submitted_at);
        let active = self.active(now);
        let taken_up = self.taken_up.unwrap_or(active);
        let first_token = self.first_token.unwrap_or(active);
        let decode_ms = milliseconds(self.last_token.unwrap_or(first_token).saturating_sub(first_token));
        let decoded = output_tokens.saturating_sub(1);
        Timings {
            queued_ms: milliseconds(taken_up),
            prefill_ms: milliseconds(first_token.saturating_sub(taken_up)),
            first_token_ms: self.first_token_at.map(|at| milliseconds(at.duration_since(self.submitted_at))),
            decode_ms,
            paused_ms: milliseconds(total.saturating_sub(active)),
            total_ms: milliseconds(total),
            stop_ms: cancelled_at.map(|at| milliseconds(now.duration_since(at))),
            tokens_per_second: (decoded > 0 && decode_ms > 0.0).then(|| decoded as f64 * 1000.0 / decode_ms),
        }
    }

    /// From the submission to `at`, without pauses.
    fn active(&self, at: Instant) -> Duration {
        let pausing = self.paused_at.map_or(Duration::ZERO, |paused_at| at.saturating_duration_since(paused_at));
        at.duration_since(self.submitted_at).saturating_sub(self.paused + pausing)
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
