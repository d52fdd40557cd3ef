//! The decode threads: sequences run on the backend, a slice at a time.

use std::sync::{Arc, Mutex};

use tramontane_error::{Error, ErrorCode};

use crate::backend::{Backend, Next, Run, Step};
use crate::metrics::add;
use crate::schedule::{Job, PREFILL_CHUNK, Schedule};
use crate::shared::{Shared, catching, lock};
use crate::stream_part::FinishReason;

impl Shared {
    /// A decode thread: one slice after the other.
    pub fn decode(&self, backend: &dyn Backend) {
        while let Some(job) = self.next(Schedule::next) {
            self.run_slice(job, backend);
        }
    }

    fn run_slice(&self, mut job: Job, backend: &dyn Backend) {
        if job.known == 0 {
            add(&self.counters.input, job.sequence.prompt_length);
        }
        if backend.kept_tokens() > 0 && job.is_long() {
            let last = job.sequence.tokens.len() - 1;
            job.computed = job.computed.max(backend.kept(&job.sequence.tokens).min(last));
        }
        if backend.kept_tokens() > 0 && job.is_long() {
            self.prefill(&mut job, backend);
        } else {
            if lock(&self.schedule).has_no_long_prompt(job.ticket.id) {
                self.changed.notify_all();
            }
            job = self.generate(job, backend);
        }
        if job.ticket.control.is_cancelled() {
            job.sequence.end(Ok(FinishReason::Aborted));
        }
        if job.sequence.ending.is_some() {
            lock(&self.schedule).ended(job.ticket.id);
            self.finish(job);
        } else {
            lock(&self.schedule).again(job);
            // It may have been cancelled or resumed while no queue held it.
            self.finish_cancelled();
        }
        self.changed.notify_all();
    }

    /// Computes a piece of a prompt that is too long to be computed at once.
    fn prefill(&self, job: &mut Job, backend: &dyn Backend) {
        let sequence = &mut job.sequence;
        let end = job.computed + PREFILL_CHUNK;
        let (prompt_length, computed) = (sequence.prompt_length, job.computed);
        let run = Run { sequence: job.number, tokens: &sequence.tokens[..end], prompt_length, computed };
        match catching(|| backend.run(run, Box::new(|_| Next::End))) {
            Ok(cached) => {
                job.computed = end;
                self.count_computed(job, end, cached);
                job.known = job.known.max(end);
            }
            Err(error) => drop(sequence.end(Err(error))),
        }
    }

    /// Computes what is left of the prompt, and generates until the sequence or its slice is over.
    fn generate(&self, mut job: Job, backend: &dyn Backend) -> Job {
        job.sequence.slice_tokens = 0;
        // The token sampled last is computed here, and is no part of a prefill.
        let decoding = usize::from(job.sequence.output_tokens > 0);
        let tokens = job.sequence.tokens.clone();
        let (prompt_length, computed) = (job.sequence.prompt_length, job.computed);
        let run = Run { sequence: job.number, tokens: &tokens, prompt_length, computed };
        // Lent to the step and taken back, as the engine may hold on to the step for a moment after it has returned.
        let (lent, schedule) = (Arc::new(Mutex::new(Some(job))), Arc::clone(&self.schedule));
        let borrowed = Arc::clone(&lent);
        let step: Step = Box::new(move |logits| match &mut *lock(&borrowed) {
            Some(Job { sequence, ticket, priority, .. }) => {
                sequence.step(logits, &mut ticket.stopwatch, |whom| lock(&schedule).waits(whom, *priority))
            }
            None => Next::End,
        });
        let ran = catching(|| backend.run(run, step));
        let mut job = lock(&lent).take().expect("the job is lent to this step alone");
        add(&self.counters.generated, job.sequence.slice_tokens);
        if let Ok(cached) = ran {
            self.count_computed(&mut job, tokens.len() - decoding, cached);
            job.known = job.sequence.tokens.len();
        }
        let stepped = job.sequence.slice_tokens > 0 || job.ticket.control.is_cancelled();
        // All but the last, which was sampled and is the first to be computed in the next slice.
        job.computed = job.sequence.tokens.len() - 1;
        match ran {
            Err(error) => drop(job.sequence.end(Err(error))),
            Ok(_) if !stepped && job.sequence.ending.is_none() => drop(job.sequence.end(Err(gave_up()))),
            Ok(_) => {}
        }
        job
    }

    /// Notes that of the first `tokens` of a sequence those after the first `cached` have been computed.
    fn count_computed(&self, job: &mut Job, tokens: usize, cached: usize) {
        let cached_before = cached.saturating_sub(job.known);
        job.cached_input_tokens += cached_before;
        add(&self.counters.cached, cached_before);
        add(&self.counters.prefill, tokens.saturating_sub(cached));
    }
}

fn gave_up() -> Error {
    Error::new(ErrorCode::EngineFailed, "the engine gave up the sequence without saying why")
}
