//! Admission and the live sequences of one engine.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;
use tramontane_error::{Error, ErrorCode, panic_message};

use crate::backend::{Backend, Next, Run, Step};
use crate::context_overflow::{ContextOverflow, PromptTokens};
use crate::control::Control;
use crate::mailbox::{Batch, Bell, Mailbox, StreamId};
use crate::metrics::{Counters, Metrics, add};
use crate::request::GenerationRequest;
use crate::schedule::{Job, PREFILL_CHUNK, RequestSource, Schedule, Submitted, Ticket};
use crate::sequence::{Ending, Sequence};
use crate::stopwatch::Stopwatch;
use crate::stream_part::{FinishReason, StreamPart, Usage};
use crate::text_interface::TextInterface;
use crate::text_task::TextTask;

/// Templates are rendered on this much stack; a hostile one can recurse deeply.
const STACK_BYTES: usize = 8 << 20;

/// How a session treats its streams.
#[derive(Debug, Clone, Copy)]
pub struct SessionOptions {
    /// The most streams that may wait to be taken up; one more is refused. One that nothing is before does not wait.
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
    /// Gone once the session's threads have ended.
    backend: Weak<dyn Backend>,
    /// None once the session is closed.
    text: Mutex<Option<Arc<TextInterface>>>,
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
        let parallel = backend.parallel_sequences().max(1);
        let shared = Arc::new(Shared {
            options,
            mailbox: Arc::new(Mailbox::new(bell)),
            schedule: Arc::new(Mutex::new(Schedule::new(&*backend))),
            changed: Condvar::new(),
            controls: Mutex::default(),
            counters: Counters::default(),
        });
        // The threads alone own the weights: once they have ended, these are freed.
        let backend = Arc::<dyn Backend>::from(backend);
        let text = Arc::new(text);
        let session = Self {
            shared,
            backend: Arc::downgrade(&backend),
            text: Mutex::new(Some(Arc::clone(&text))),
            threads: Mutex::default(),
        };
        session.start("tramontane-intake", move |shared| shared.take_in(&text))?;
        for _ in 0..parallel {
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
        let (stopwatch, on_finished) = (Stopwatch::start(), Box::new(on_finished));
        let ticket = Ticket { id, control: Arc::clone(&control), stopwatch, on_finished };
        add(&self.shared.counters.total, 1);
        lock(&self.shared.controls).insert(id, control);
        let mut schedule = lock(&self.shared.schedule);
        let refused = if schedule.closed {
            Some(closed())
        } else if schedule.queued() >= self.shared.options.max_queue as u64 && !schedule.is_idle() {
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
    /// goes on with the very token that it would have had. One that is not taken up yet keeps its place, and its deadline
    /// does not pass meanwhile. A cancel ends it all the same.
    pub fn pause(&self, id: StreamId) {
        if let Some(control) = lock(&self.shared.controls).get(&id) {
            control.set_paused(true);
        }
        lock(&self.shared.schedule).pause(id);
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

    /// How long a request's prompt is, in full, or as [`ContextOverflow::TruncateOldest`] leaves it. A prompt is also
    /// counted that leaves no room in the context.
    ///
    /// Blocks for as long as it takes to render and tokenize. Templates recurse: call it with a few megabytes of stack.
    ///
    /// # Errors
    ///
    /// Those of the request's prompt, or [`ErrorCode::Closed`].
    pub fn count_tokens(&self, request: &GenerationRequest) -> Result<PromptTokens, Error> {
        let text = lock(&self.text).clone().ok_or_else(closed)?;
        let fitted = catching(|| text.fit(request))?;
        Ok(PromptTokens { input_tokens: fitted.tokens.len(), dropped_messages: fitted.dropped_messages })
    }

    /// What the model's text side answers.
    ///
    /// # Errors
    ///
    /// Those of [`TextInterface::answer`]; [`ErrorCode::Closed`].
    pub fn answer(&self, task: &TextTask) -> Result<Value, Error> {
        let text = lock(&self.text).clone().ok_or_else(closed)?;
        catching(|| text.answer(task))
    }

    /// Whether a stream's last part is still to come. Where it is not, it can be drained, or has been.
    pub fn is_live(&self, id: StreamId) -> bool {
        lock(&self.shared.controls).contains_key(&id)
    }

    /// Takes what all streams have produced since the last drain, at most `max` parts.
    pub fn drain(&self, max: usize) -> Batch {
        self.shared.mailbox.drain(max)
    }

    /// The state at this moment.
    pub fn metrics(&self) -> Metrics {
        let schedule = lock(&self.shared.schedule);
        Metrics {
            live_sequences: schedule.computing() + schedule.between_slices(),
            queued_sequences: schedule.queued(),
            parked_sequences: schedule.parked(),
            bells_rung: self.shared.mailbox.bells_rung(),
            unread_parts: self.shared.mailbox.len() as u64,
            ..self.shared.counters.metrics()
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

    /// For tests: has the engine die at its next step, as if it had crashed. What it computes then fails with
    /// [`ErrorCode::EngineFailed`] and keeps its text; other streams go on.
    pub fn kill_engine(&self) {
        if let Some(backend) = self.backend.upgrade() {
            backend.kill();
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
        lock(&self.text).take();
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
            schedule.in_preparation = next.as_ref().map(|submitted: &Submitted| submitted.ticket.id);
            next
        }) {
            let prepared = catching(|| self.prepare(&ticket, source, text));
            let mut schedule = lock(&self.schedule);
            schedule.in_preparation = None;
            match prepared {
                Ok(Prepared::Ready { sequence, priority, deadline }) => {
                    schedule.wait(Job {
                        ticket,
                        sequence,
                        number,
                        priority,
                        deadline,
                        computed: 0,
                        known: 0,
                        cached_input_tokens: 0,
                    });
                    drop(schedule);
                    number += 1;
                    // It may have been cancelled while no queue held it.
                    self.finish_cancelled();
                    self.changed.notify_all();
                }
                Ok(Prepared::NoRoom { input_tokens }) => {
                    drop(schedule);
                    self.deliver(ticket, Ok(FinishReason::Length), Usage::of(input_tokens, 0));
                }
                Err(error) => {
                    drop(schedule);
                    self.refuse(ticket, Err(error));
                }
            }
        }
    }

    fn prepare(&self, ticket: &Ticket, source: RequestSource, text: &TextInterface) -> Result<Prepared, Error> {
        let request = source()?;
        let fitted = text.fit(&request)?;
        if let Err(no_room) = text.require_room(&request.prompt, &fitted) {
            return match request.context_overflow {
                ContextOverflow::Stop => Ok(Prepared::NoRoom { input_tokens: fitted.tokens.len() }),
                ContextOverflow::Error | ContextOverflow::TruncateOldest => Err(no_room),
            };
        }
        let tokens = fitted.tokens;
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
            ending: None,
        };
        // One beyond what the clock can count is none.
        let deadline = request.deadline.and_then(|deadline| ticket.stopwatch.submitted_at().checked_add(deadline));
        Ok(Prepared::Ready { sequence, priority: request.priority, deadline })
    }

    /// A decode thread: one slice after the other.
    fn decode(&self, backend: &dyn Backend) {
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
        let waited = job.ticket.stopwatch.submitted_at().elapsed().as_millis();
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
        self.deliver(ticket, ending, Usage::default());
    }

    /// Ends a stream whose sequence has ended.
    fn finish(&self, job: Job) {
        let Job { ticket, mut sequence, cached_input_tokens, .. } = job;
        let ending = sequence.ending.take().unwrap_or(Ok(FinishReason::Aborted));
        if !ticket.stopwatch.is_taken_up() {
            return self.refuse(ticket, ending);
        }
        let usage = Usage { cached_input_tokens, ..Usage::of(sequence.prompt_length, sequence.output_tokens) };
        self.counters.count_served(ticket.stopwatch.since_taken_up());
        self.deliver(ticket, ending, usage);
    }

    fn deliver(&self, ticket: Ticket, ending: Ending, usage: Usage) {
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

/// What becomes of a request that is not refused.
#[allow(clippy::large_enum_variant)]
enum Prepared {
    /// It can be run.
    Ready { sequence: Sequence, priority: i32, deadline: Option<Instant> },
    /// There is no room for a reply, which is no error.
    NoRoom { input_tokens: usize },
}

fn closed() -> Error {
    Error::new(ErrorCode::Closed, "the model is closed")
}

fn gave_up() -> Error {
    Error::new(ErrorCode::EngineFailed, "the engine gave up the sequence without saying why")
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
