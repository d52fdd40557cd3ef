//! What a session's threads have in common, and how streams end.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tramontane_error::{Error, ErrorCode, panic_message};

use crate::control::Control;
use crate::mailbox::{Mailbox, StreamId};
use crate::metrics::Counters;
use crate::schedule::{Job, Schedule, Ticket};
use crate::sequence::Ending;
use crate::session::SessionOptions;
use crate::stream_part::{FinishReason, StreamPart, Usage};

/// What outlives the engine: parts can be drained from a closed session.
pub(crate) struct Shared {
    pub options: SessionOptions,
    pub mailbox: Arc<Mailbox>,
    pub schedule: Arc<Mutex<Schedule>>,
    pub changed: Condvar,
    pub controls: Mutex<HashMap<StreamId, Arc<Control>>>,
    pub counters: Counters,
}

impl Shared {
    /// Waits for what `take` finds; `None` once the session is closed and nothing is left to take.
    pub fn next<T>(&self, mut take: impl FnMut(&mut Schedule) -> Option<T>) -> Option<T> {
        let mut schedule = lock(&self.schedule);
        loop {
            let now = Instant::now();
            let late = schedule.take_late(now);
            if !late.is_empty() {
                drop(schedule);
                late.into_iter().for_each(|job| self.finish_late(job));
                schedule = lock(&self.schedule);
                continue;
            }
            if let Some(item) = take(&mut schedule) {
                return Some(item);
            }
            if schedule.closed {
                return None;
            }
            let wait = schedule.next_deadline(now).unwrap_or(Duration::MAX);
            schedule = match self.changed.wait_timeout(schedule, wait.min(Duration::from_secs(3600))) {
                Ok((schedule, _)) => schedule,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }

    /// Ends the streams whose cancel switch is on and that nobody works on, without waiting for their turn.
    pub fn finish_cancelled(&self) {
        let (tickets, jobs) = lock(&self.schedule).take_cancelled();
        for ticket in tickets {
            self.refuse(ticket, Ok(FinishReason::Aborted));
        }
        for mut job in jobs {
            job.sequence.end(Ok(FinishReason::Aborted));
            self.finish(job);
        }
    }

    pub fn finish_late(&self, mut job: Job) {
        let waited = job.ticket.stopwatch.submitted_at().elapsed().as_millis();
        job.sequence.end(Err(Error::new(
            ErrorCode::DeadlineExceeded,
            format!("the stream waited {waited} ms for its turn, longer than its deadline allows; try again, or load the model once more elsewhere"),
        )
        .with_field("deadlineMs")));
        self.finish(job);
    }

    pub fn queue_full(&self, waiting: u64) -> Error {
        let retry_after_ms = self.counters.milliseconds_per_stream().map(|each| (each * waiting as f64).ceil() as u64);
        let hint = retry_after_ms.map_or(String::new(), |ms| format!("; it should be shorter in {ms} ms"));
        let most = self.options.max_queue;
        let message = format!("{waiting} streams wait already, and maxQueue is {most}{hint}");
        Error { retry_after_ms, ..Error::new(ErrorCode::QueueFull, message) }
    }

    /// Ends a stream that has no sequence yet.
    pub fn refuse(&self, ticket: Ticket, ending: Ending) {
        self.deliver(ticket, ending, Usage::default());
    }

    /// Ends a stream whose sequence has ended.
    pub fn finish(&self, job: Job) {
        let Job { ticket, mut sequence, cached_input_tokens, .. } = job;
        let ending = sequence.ending.take().unwrap_or(Ok(FinishReason::Aborted));
        if !ticket.stopwatch.is_taken_up() {
            return self.refuse(ticket, ending);
        }
        let usage = Usage { cached_input_tokens, ..Usage::of(sequence.prompt_length, sequence.output_tokens) };
        self.counters.count_served(ticket.stopwatch.since_taken_up());
        self.deliver(ticket, ending, usage);
    }

    pub fn deliver(&self, ticket: Ticket, ending: Ending, usage: Usage) {
        self.counters.count_ended(&ending);
        let timings = ticket.stopwatch.timings(usage.output_tokens, ticket.control.cancelled_at());
        let part = match ending {
            Ok(finish_reason) => StreamPart::Finish { finish_reason, usage, timings },
            Err(error) => StreamPart::Error { error, usage, timings },
        };
        self.mailbox.push(ticket.id, part);
        // Only now: a stream that is not live has its last part in the mailbox.
        lock(&self.controls).remove(&ticket.id);
        (ticket.on_finished)();
    }
}

pub(crate) fn closed() -> Error {
    Error::new(ErrorCode::Closed, "the model is closed")
}

/// Runs code that works on what users pass, turning a panic into an error: a worker thread must outlive it.
pub(crate) fn catching<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let reason = panic_message(&*panic).unwrap_or_else(|| "no reason given".into());
        Err(Error::new(ErrorCode::EngineFailed, format!("internal failure: {reason}")))
    })
}

/// Locks through a poisoned lock: every holder leaves the state whole, also when it panics.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
