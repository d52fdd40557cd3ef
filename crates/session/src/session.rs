//! Admission and the live sequences of one engine.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tramontane_error::{Error, ErrorCode, panic_message};

use crate::backend::{Backend, Next, Run, Step};
use crate::control::Control;
use crate::mailbox::{Batch, Bell, Mailbox, StreamId};
use crate::metrics::{Counters, Metrics};
use crate::request::GenerationRequest;
use crate::schedule::{Job, RequestSource, Schedule, Submitted, Ticket};
use crate::sequence::{Ending, Sequence};
use crate::stream_part::{FinishReason, StreamPart, Timings, Usage};
use crate::text_interface::TextInterface;

/// Templates are rendered on this much stack; a hostile one can recurse deeply.
const STACK_BYTES: usize = 8 << 20;

/// The most tokens of a prompt that are computed at once: between two such pieces others get their turn, and a cancel
/// takes effect.
const PREFILL_CHUNK: usize = 128;

/// How a session treats its streams.
#[derive(Debug, Clone, Copy)]
pub struct SessionOptions {
    /// The most streams that may wait to be taken up; one more is refused.
    pub max_queue: usize,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self { max_queue: 1024 }
    }
}

/// Admits generations, runs them on a [`Backend`], and keeps their parts until they are drained.
///
/// Generations are taken up in the order of submission, those of higher priority first, and then share the engine in
/// slices of a few tokens. Prompts are turned into tokens on a thread of their own, so a request that cannot be run is
/// refused while others are running.
///
/// Every submitted stream gets exactly one last part, whatever happens to it. Dropping the session closes it.
pub struct Session {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What outlives the engine: parts can be drained from a closed session.
struct Shared {
    options: SessionOptions,
    mailbox: Arc<Mailbox>,
    schedule: Arc<Mutex<Schedule>>,
    changed: Condvar,
    controls: Mutex<HashMap<StreamId, Arc<Control>>>,
    counters: Counters,
}

impl Session {
    /// Starts the session's threads. `bell` is rung when [`Session::drain`] has something to give.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::EngineFailed`] when the system gives no more threads.
    pub fn new(
        backend: Box<dyn Backend>,
        text: TextInterface,
        options: SessionOptions,
        bell: Bell,
    ) -> Result<Self, Error> {
        let shared = Arc::new(Shared {
            options,
            mailbox: Arc::new(Mailbox::new(bell)),
            schedule: Arc::new(Mutex::new(Schedule::new(backend.kept_tokens()))),
            changed: Condvar::new(),
            controls: Mutex::default(),
            counters: Counters::default(),
        });
        let session = Self { shared, threads: Mutex::default() };
        // The threads alone own the model: once they have ended, it is freed.
        let backend = Arc::<dyn Backend>::from(backend);
        session.start("tramontane-intake", move |shared| shared.take_in(&text))?;
        for _ in 0..backend.parallel_sequences().max(1) {
            let backend = Arc::clone(&backend);
            session.start("tramontane-decode", move |shared| shared.decode(&*backend))?;
        }
        Ok(session)
    }

    /// Queues a generation under `id`, which no other stream of this session may ever have had.
    ///
    /// `request` is called on the intake thread; what it refuses becomes the stream's error part. `on_finished` is
    /// called once the stream's last part is in the mailbox.
    pub fn submit(
        &self,
        id: StreamId,
        request: impl FnOnce() -> Result<GenerationRequest, Error> + Send + 'static,
        on_finished: impl FnOnce() + Send + 'static,
    ) {
        let control = Arc::new(Control::default());
        let submitted_at = Instant::now();
        let ticket = Ticket { id, control: Arc::clone(&control), submitted_at, on_finished: Box::new(on_finished) };
        self.shared.counters.total.fetch_add(1, Ordering::Relaxed);
        lock(&self.shared.controls).insert(id, control);
        let mut schedule = lock(&self.shared.schedule);
        let refused = if schedule.closed {
            Some(Error::new(ErrorCode::Closed, "the model is closed"))
        } else if schedule.queued() >= self.shared.options.max_queue as u64 {
            Some(self.shared.queue_full(schedule.queued()))
        } else {
            None
        };
        if let Some(error) = refused {
            drop(schedule);
            return self.shared.refuse(ticket, Err(error));
        }
        schedule.intake.push_back(Submitted { ticket, source: Box::new(request) });
        drop(schedule);
        self.shared.changed.notify_all();
    }

    /// Ends a stream with [`FinishReason::Aborted`]: at once where it waits, within one decode step where it runs.
    ///
    /// May be called at any time and any number of times, also for streams that are over or never were.
    pub fn cancel(&self, id: StreamId) {
        if let Some(control) = lock(&self.shared.controls).get(&id) {
            control.cancel();
        }
        self.shared.finish_cancelled();
    }

    /// Takes a stream out of its turn, within one decode step, until [`Session::resume`]: it costs the engine nothing, and
    /// goes on with the very token that it would have had. A cancel ends it all the same.
    pub fn pause(&self, id: StreamId) {
        if let Some(control) = lock(&self.shared.controls).get(&id) {
            control.set_paused(true);
        }
    }

    /// Lets a paused stream go on.
    pub fn resume(&self, id: StreamId) {
        if let Some(control) = lock(&self.shared.controls).get(&id) {
            control.set_paused(false);
        }
        lock(&self.shared.schedule).resume(id);
        self.shared.changed.notify_all();
    }

    /// How many streams are to be taken up before this one: 0 for the next. `None` once it is taken up, or over.
    pub fn queue_position(&self, id: StreamId) -> Option<usize> {
        lock(&self.shared.schedule).position(id)
    }

    /// Takes what all streams have produced since the last drain, at most `max` parts.
    pub fn drain(&self, max: usize) -> Batch {
        self.shared.mailbox.drain(max)
    }

    /// The state at this moment.
    pub fn metrics(&self) -> Metrics {
        let counters = &self.shared.counters;
        let schedule = lock(&self.shared.schedule);
        Metrics {
            live_sequences: schedule.computing() + schedule.between_slices(),
            queued_sequences: schedule.queued(),
            parked_sequences: schedule.parked(),
            total_sequences: counters.total.load(Ordering::Relaxed),
            generated_tokens: counters.generated.load(Ordering::Relaxed),
            bells_rung: self.shared.mailbox.bells_rung(),
            unread_parts: self.shared.mailbox.len() as u64,
        }
    }

    /// Cancels everything, waits until the engine is quiet, and frees the model. What was produced can still be drained;
    /// later submissions fail with [`ErrorCode::Closed`].
    pub fn close(&self) {
        self.cancel_all();
        for thread in lock(&self.threads).drain(..) {
            // A worker catches what it runs; if it panicked all the same there is nothing left to wait for.
            let _ = thread.join();
        }
    }

    /// Begins what [`Session::close`] does, and waits for the engine to be quiet for `wait` at most.
    pub fn shut_down(&self, wait: Duration) {
        self.cancel_all();
        let deadline = Instant::now() + wait;
        while lock(&self.shared.schedule).computing() > 0 && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn start(&self, name: &str, work: impl FnOnce(&Shared) + Send + 'static) -> Result<(), Error> {
        let shared = Arc::clone(&self.shared);
        let thread = thread::Builder::new()
            .name(name.into())
            .stack_size(STACK_BYTES)
            .spawn(move || work(&shared))
            .map_err(|e| Error::new(ErrorCode::EngineFailed, format!("no thread could be started: {e}")))?;
        lock(&self.threads).push(thread);
        Ok(())
    }

    fn cancel_all(&self) {
        lock(&self.shared.schedule).closed = true;
        for control in lock(&self.shared.controls).values() {
            control.cancel();
        }
        self.shared.finish_cancelled();
        self.shared.changed.notify_all();
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    /// The intake thread: prompts to tokens, in order.
    fn take_in(&self, text: &TextInterface) {
        let mut number = 0;
        while let Some(Submitted { ticket, source }) = self.next(|schedule| {
            let next = schedule.intake.pop_front();
            schedule.in_preparation = u64::from(next.is_some());
            next
        }) {
            let prepared = catching(|| self.prepare(&ticket, source, text));
            lock(&self.schedule).in_preparation = 0;
            match prepared {
                Ok(prepared) => {
                    let job = prepared.into_job(ticket, number);
                    number += 1;
                    lock(&self.schedule).wait(job);
                    // It may have been cancelled while no queue held it.
                    self.finish_cancelled();
                    self.changed.notify_all();
                }
                Err(error) => self.refuse(ticket, Err(error)),
            }
        }
    }

    fn prepare(&self, ticket: &Ticket, source: RequestSource, text: &TextInterface) -> Result<Prepared, Error> {
        let request = source()?;
        let tokens = text.tokenize(&request)?;
        let seed = request.sampling.seed.unwrap_or_else(random_seed);
        let sampler = text.sampler(&request, seed, &tokens)?;
        let room = text.context_length - tokens.len();
        let (id, mailbox) = (ticket.id, Arc::clone(&self.mailbox));
        let reply = text.reply_parts(&request, &tokens, Box::new(move |part| mailbox.push(id, part)));
        let sequence = Sequence {
            sampler,
            reply,
            end_tokens: text.end_tokens.clone(),
            max_output_tokens: request.max_output_tokens.map_or(room, |max| max.min(room)),
            control: Arc::clone(&ticket.control),
            prompt_length: tokens.len(),
            tokens,
            output_tokens: 0,
            slice_tokens: 0,
            first_token_at: None,
            last_token_at: None,
            ending: None,
        };
        let deadline = request.deadline.map(|deadline| ticket.submitted_at + deadline);
        Ok(Prepared { sequence, priority: request.priority, deadline })
    }

    /// A decode thread: one slice after the other.
    fn decode(&self, backend: &dyn Backend) {
        while let Some(job) = self.next(Schedule::next) {
            self.run_slice(job, backend);
        }
    }

    fn run_slice(&self, mut job: Job, backend: &dyn Backend) {
        job.started_at.get_or_insert_with(Instant::now);
        let generated = job.sequence.output_tokens;
        if backend.kept_tokens() > 0 && job.sequence.tokens.len() - job.computed > PREFILL_CHUNK {
            self.prefill(&mut job, backend);
        } else {
            job = self.generate(job, backend);
        }
        self.counters.generated.fetch_add((job.sequence.output_tokens - generated) as u64, Ordering::Relaxed);
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
        let run = Run { sequence: job.number, tokens: &sequence.tokens[..end], prompt_length: sequence.prompt_length };
        match catching(|| backend.run(run, Box::new(|_| Next::End))) {
            Ok(()) => job.computed = end,
            Err(error) => drop(sequence.end(Err(error))),
        }
    }

    /// Computes what is left of the prompt, and generates until the sequence or its slice is over.
    fn generate(&self, mut job: Job, backend: &dyn Backend) -> Job {
        job.sequence.slice_tokens = 0;
        let tokens = job.sequence.tokens.clone();
        let run = Run { sequence: job.number, tokens: &tokens, prompt_length: job.sequence.prompt_length };
        // Lent to the step and taken back, as the engine may hold on to the step for a moment after it has returned.
        let (lent, schedule) = (Arc::new(Mutex::new(Some(job))), Arc::clone(&self.schedule));
        let borrowed = Arc::clone(&lent);
        let step: Step = Box::new(move |logits| match &mut *lock(&borrowed) {
            Some(job) => job.sequence.step(logits, || lock(&schedule).others_wait()),
            None => Next::End,
        });
        let ran = catching(|| backend.run(run, step));
        let mut job = lock(&lent).take().expect("the job is lent to this step alone");
        let stepped = job.sequence.slice_tokens > 0 || job.ticket.control.is_cancelled();
        // All but the last, which was sampled and is the first to be computed in the next slice.
        job.computed = job.sequence.tokens.len() - 1;
        match ran {
            Err(error) => drop(job.sequence.end(Err(error))),
            Ok(()) if !stepped && job.sequence.ending.is_none() => drop(job.sequence.end(Err(gave_up()))),
            Ok(()) => {}
        }
        job
    }

    /// Waits for what `take` finds; `None` once the session is closed and nothing is left to take.
    fn next<T>(&self, mut take: impl FnMut(&mut Schedule) -> Option<T>) -> Option<T> {
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
    fn finish_cancelled(&self) {
        let (tickets, jobs) = lock(&self.schedule).take_cancelled();
        for ticket in tickets {
            self.refuse(ticket, Ok(FinishReason::Aborted));
        }
        for mut job in jobs {
            job.sequence.end(Ok(FinishReason::Aborted));
            self.finish(job);
        }
    }

    fn finish_late(&self, mut job: Job) {
        let waited = job.ticket.submitted_at.elapsed().as_millis();
        job.sequence.end(Err(Error::new(
            ErrorCode::DeadlineExceeded,
            format!("the stream waited {waited} ms for its turn, longer than its deadline allows; try again, or load the model once more elsewhere"),
        )
        .with_field("deadlineMs")));
        self.finish(job);
    }

    fn queue_full(&self, waiting: u64) -> Error {
        let retry_after_ms = self.counters.milliseconds_per_stream().map(|each| (each * waiting as f64).ceil() as u64);
        let hint = retry_after_ms.map_or(String::new(), |ms| format!("; it should be shorter in {ms} ms"));
        let most = self.options.max_queue;
        let message = format!("{waiting} streams wait already, and maxQueue is {most}{hint}");
        Error { retry_after_ms, ..Error::new(ErrorCode::QueueFull, message) }
    }

    /// Ends a stream that has no sequence yet.
    fn refuse(&self, ticket: Ticket, ending: Ending) {
        let total_ms = milliseconds(ticket.submitted_at.elapsed());
        let stop_ms = ticket.control.cancelled_at().map(|at| milliseconds(at.elapsed()));
        let timings = Timings { queued_ms: total_ms, total_ms, stop_ms, ..Timings::default() };
        self.deliver(ticket, ending, Usage::default(), timings);
    }

    /// Ends a stream whose sequence has ended.
    fn finish(&self, job: Job) {
        let Job { ticket, mut sequence, started_at, .. } = job;
        let ending = sequence.ending.take().unwrap_or(Ok(FinishReason::Aborted));
        let Some(started_at) = started_at else { return self.refuse(ticket, ending) };
        let (input_tokens, output_tokens) = (sequence.prompt_length, sequence.output_tokens);
        let usage = Usage { input_tokens, output_tokens, total_tokens: input_tokens + output_tokens };
        let timings = timings(&ticket, started_at, &sequence);
        self.counters.count_finished(started_at.elapsed());
        self.deliver(ticket, ending, usage, timings);
    }

    fn deliver(&self, ticket: Ticket, ending: Ending, usage: Usage, timings: Timings) {
        lock(&self.controls).remove(&ticket.id);
        let part = match ending {
            Ok(finish_reason) => StreamPart::Finish { finish_reason, usage, timings },
            Err(error) => StreamPart::Error { error, usage, timings },
        };
        self.mailbox.push(ticket.id, part);
        (ticket.on_finished)();
    }
}

/// A request that can be run.
struct Prepared {
    sequence: Sequence,
    priority: i32,
    deadline: Option<Instant>,
}

impl Prepared {
    fn into_job(self, ticket: Ticket, number: u64) -> Job {
        let Self { sequence, priority, deadline } = self;
        Job { ticket, sequence, number, priority, deadline, started_at: None, computed: 0 }
    }
}

fn timings(ticket: &Ticket, started_at: Instant, sequence: &Sequence) -> Timings {
    let since_submitted = |at: Instant| milliseconds(at.duration_since(ticket.submitted_at));
    let ended_at = Instant::now();
    let first_token_at = sequence.first_token_at.unwrap_or(ended_at);
    let decode_ms = sequence.last_token_at.map_or(0.0, |last| milliseconds(last.duration_since(first_token_at)));
    let decoded = sequence.output_tokens.saturating_sub(1);
    Timings {
        queued_ms: since_submitted(started_at),
        prefill_ms: milliseconds(first_token_at.duration_since(started_at)),
        first_token_ms: sequence.first_token_at.map(since_submitted),
        decode_ms,
        total_ms: since_submitted(ended_at),
        stop_ms: ticket.control.cancelled_at().map(|at| milliseconds(ended_at.duration_since(at))),
        tokens_per_second: (decoded > 0 && decode_ms > 0.0).then(|| decoded as f64 * 1000.0 / decode_ms),
    }
}

fn gave_up() -> Error {
    Error::new(ErrorCode::EngineFailed, "the engine gave up the sequence without saying why")
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// A seed that differs from call to call, from the randomness that the standard library gives its hash maps.
fn random_seed() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Runs code that works on what users pass, turning a panic into an error: a worker thread must outlive it.
fn catching<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let reason = panic_message(&*panic).unwrap_or_else(|| "no reason given".into());
        Err(Error::new(ErrorCode::EngineFailed, format!("internal failure: {reason}")))
    })
}

/// Locks through a poisoned lock: every holder leaves the state whole, also when it panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
