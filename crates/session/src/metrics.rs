//! Counters of a session, cheap enough to be read at any time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;

use crate::sequence::Ending;
use crate::stream_part::FinishReason;

/// A session's state at one moment, and what it has done since the model was loaded.
///
/// For OpenTelemetry's semantic conventions for generative AI: `inputTokens` and `generatedTokens` are the sums of
/// `gen_ai.client.token.usage` with the `gen_ai.token.type` `input` and `output`, and `cachedTokens` that of
/// `gen_ai.usage.cache_read.input_tokens`, which is a part of the input. `finishedSequences`, `failedSequences` and
/// `abortedSequences` count what `gen_ai.server.request.duration` measures, those failed with an `error.type`; its
/// values are in [`Timings`](crate::Timings). For the rest there are no conventions: queued, live and parked sequences
/// are gauges, all others counters that only grow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Metrics {
    /// Sequences that the engine works on, at this moment or in turn with others; not yet freed.
    pub live_sequences: u64,
    /// Generations submitted and not yet taken up by the engine.
    pub queued_sequences: u64,
    /// Sequences that are paused, and cost the engine nothing.
    pub parked_sequences: u64,
    /// Generations submitted.
    pub total_sequences: u64,
    /// Generations that came to their end: a finish part with another reason than `aborted`.
    pub finished_sequences: u64,
    /// Generations that ended with an error part.
    pub failed_sequences: u64,
    /// Generations that were cancelled.
    pub aborted_sequences: u64,
    /// Tokens of the prompts that the engine has taken up.
    pub input_tokens: u64,
    /// Those of them that it had kept from something else, and did not compute.
    pub cached_tokens: u64,
    /// Tokens computed before there was a next one to choose: of prompts, and again of what had not stayed in memory while
    /// others had their turn. Many more than `inputTokens - cachedTokens` say that more memory would help.
    pub prefill_tokens: u64,
    /// Tokens generated.
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
    pub input: AtomicU64,
    pub cached: AtomicU64,
    pub prefill: AtomicU64,
    pub generated: AtomicU64,
    finished: AtomicU64,
    failed: AtomicU64,
    aborted: AtomicU64,
    served: AtomicU64,
    served_ms: AtomicU64,
}

impl Counters {
    /// Notes how a stream has ended.
    pub fn count_ended(&self, ending: &Ending) {
        let counter = match ending {
            Ok(FinishReason::Aborted) => &self.aborted,
            Ok(_) => &self.finished,
            Err(_) => &self.failed,
        };
        add(counter, 1);
    }

    /// Notes that a stream has ended `took` after it was taken up.
    pub fn count_served(&self, took: Duration) {
        add(&self.served, 1);
        add(&self.served_ms, took.as_millis() as usize);
    }

    /// How long a stream takes, from being taken up to its end, on average over all there were.
    pub fn milliseconds_per_stream(&self) -> Option<f64> {
        let served = read(&self.served);
        (served > 0).then(|| read(&self.served_ms) as f64 / served as f64)
    }

    /// These counters, with all else as it is in a session that does nothing.
    pub fn metrics(&self) -> Metrics {
        Metrics {
            total_sequences: read(&self.total),
            finished_sequences: read(&self.finished),
            failed_sequences: read(&self.failed),
            aborted_sequences: read(&self.aborted),
            input_tokens: read(&self.input),
            cached_tokens: read(&self.cached),
            prefill_tokens: read(&self.prefill),
            generated_tokens: read(&self.generated),
            ..Metrics::default()
        }
    }
}

/// Adds to a counter that nothing else is ordered by.
pub(crate) fn add(counter: &AtomicU64, count: usize) {
    counter.fetch_add(count as u64, Ordering::Relaxed);
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
