//! Admission and the live sequences of one engine.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tramontane_error::{Error, ErrorCode};

use crate::backend::Backend;
use crate::detokenizer::Detokenizer;
use crate::mailbox::{Batch, Bell, Mailbox, StreamId};
use crate::metrics::{Counters, Metrics};
use crate::request::GenerationRequest;
use crate::sampler::Sampler;
use crate::sequence::{Ending, Sequence};
use crate::stop_matcher::StopMatcher;
use crate::stream_part::{FinishReason, StreamPart, Timings, Usage};
use crate::text_interface::TextInterface;

/// Templates are rendered on this much stack; a hostile one can recurse deeply.
const STACK_BYTES: usize = 8 << 20;

/// Admits generations, runs them on a [`Backend`], and keeps their parts until they are drained.
///
/// Generations are taken up in the order of submission, as many at once as the backend can run. Prompts are turned into
/// tokens on a thread of their own, so a request that cannot be run is refused while others are running.
///
/// Every submitted stream gets exactly one last part, whatever happens to it. Dropping the session closes it.
pub struct Session {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What outlives the engine: parts can be drained from a closed session.
struct Shared {
    mailbox: Arc<Mailbox>,
    queues: Mutex<Queues>,
    changed: Condvar,
    cancel_flags: Mutex<HashMap<StreamId, Arc<AtomicBool>>>,
    counters: Counters,
}

#[derive(Default)]
struct Queues {
    intake: VecDeque<Queued<RequestSource>>,
    ready: VecDeque<Queued<Prepared>>,
    /// A request that the intake thread is working on.
    in_preparation: u64,
    closed: bool,
}

/// A stream's entry pass, carried through the queues.
struct Ticket {
    id: StreamId,
    cancelled: Arc<AtomicBool>,
    submitted_at: Instant,
    on_finished: Box<dyn FnOnce() + Send>,
}

/// What waits in a queue.
struct Queued<T> {
    ticket: Ticket,
    work: T,
}

type RequestSource = Box<dyn FnOnce() -> Result<GenerationRequest, Error> + Send>;

struct Prepared {
    request: GenerationRequest,
    prompt: Vec<u32>,
}

impl Session {
    /// Starts the session's threads. `bell` is rung when [`Session::drain`] has something to give.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::EngineFailed`] when the system gives no more threads.
    pub fn new(backend: Box<dyn Backend>, text: TextInterface, bell: Bell) -> Result<Self, Error> {
        let shared = Arc::new(Shared {
            mailbox: Arc::new(Mailbox::new(bell)),
            queues: Mutex::default(),
            changed: Condvar::new(),
            cancel_flags: Mutex::default(),
            counters: Counters::default(),
        });
        let session = Self { shared, threads: Mutex::default() };
        // The threads alone own the model: once they have ended, it is freed.
        let (backend, text) = (Arc::<dyn Backend>::from(backend), Arc::new(text));
        let intake_text = Arc::clone(&text);
        session.start("tramontane-intake", move |shared| shared.take_in(&intake_text))?;
        for _ in 0..backend.parallel_sequences().max(1) {
            let (backend, text) = (Arc::clone(&backend), Arc::clone(&text));
            session.start("tramontane-decode", move |shared| shared.decode(&*backend, &text))?;
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
        let cancelled = Arc::new(AtomicBool::new(false));
        let ticket = Ticket {
            id,
            cancelled: Arc::clone(&cancelled),
            submitted_at: Instant::now(),
            on_finished: Box::new(on_finished),
        };
        self.shared.counters.total.fetch_add(1, Ordering::Relaxed);
        lock(&self.shared.cancel_flags).insert(id, cancelled);
        let mut queues = lock(&self.shared.queues);
        if queues.closed {
            drop(queues);
            return self.shared.finish_early(ticket, Err(Error::new(ErrorCode::Closed, "the model is closed")));
        }
        queues.intake.push_back(Queued { ticket, work: Box::new(request) });
        drop(queues);
        self.shared.changed.notify_all();
    }

    /// Ends a stream with [`FinishReason::Aborted`]: at once where it waits, within one decode step where it runs.
    ///
    /// May be called at any time and any number of times, also for streams that are over or never were.
    pub fn cancel(&self, id: StreamId) {
        if let Some(flag) = lock(&self.shared.cancel_flags).get(&id) {
            flag.store(true, Ordering::Release);
        }
        self.shared.finish_cancelled();
    }

    /// Takes what all streams have produced since the last drain, at most `max` parts.
    pub fn drain(&self, max: usize) -> Batch {
        self.shared.mailbox.drain(max)
    }

    /// The state at this moment.
    pub fn metrics(&self) -> Metrics {
        let queued_sequences = {
            let queues = lock(&self.shared.queues);
            (queues.intake.len() + queues.ready.len()) as u64 + queues.in_preparation
        };
        let counters = &self.shared.counters;
        Metrics {
            live_sequences: counters.live.load(Ordering::Relaxed),
            queued_sequences,
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
        while self.shared.counters.live.load(Ordering::Relaxed) > 0 && Instant::now() < deadline {
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
        lock(&self.shared.queues).closed = true;
        for flag in lock(&self.shared.cancel_flags).values() {
            flag.store(true, Ordering::Release);
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
        while let Some(Queued { ticket, work }) = self.next(Queues::take_submitted) {
            let prepared = catching(|| {
                let request = work()?;
                let prompt = text.tokenize(&request.prompt)?;
                Ok(Prepared { request, prompt })
            });
            let mut queues = lock(&self.queues);
            queues.in_preparation = 0;
            match prepared {
                Ok(work) => {
                    queues.ready.push_back(Queued { ticket, work });
                    drop(queues);
                    // It may have been cancelled while no queue held it.
                    self.finish_cancelled();
                    self.changed.notify_all();
                }
                Err(error) => {
                    drop(queues);
                    self.finish_early(ticket, Err(error));
                }
            }
        }
    }

    /// A decode thread: one sequence after the other.
    fn decode(&self, backend: &dyn Backend, text: &TextInterface) {
        while let Some(Queued { ticket, work }) = self.next(|queues| queues.ready.pop_front()) {
            self.run(ticket, work, backend, text);
        }
    }

    fn run(&self, ticket: Ticket, Prepared { request, prompt }: Prepared, backend: &dyn Backend, text: &TextInterface) {
        let started_at = Instant::now();
        let room = text.context_length - prompt.len();
        let max_output_tokens = request.max_output_tokens.map_or(room, |max| max.min(room));
        let sequence = Arc::new(Mutex::new(self.sequence(&ticket, request, max_output_tokens, text)));
        let ran = {
            let _live = self.counters.live_sequence();
            if ticket.cancelled.load(Ordering::Acquire) {
                Ok(())
            } else {
                let stepped = Arc::clone(&sequence);
                let step = Box::new(move |logits: &[f32]| lock(&stepped).step(logits));
                catching(|| backend.run(&prompt, max_output_tokens, step))
            }
        };
        let mut sequence = lock(&sequence);
        // Nothing to do where the sequence itself has ended, as it should have.
        sequence.end(match ran {
            _ if ticket.cancelled.load(Ordering::Acquire) => Ok(FinishReason::Aborted),
            Ok(()) => Err(Error::new(ErrorCode::EngineFailed, "the engine gave up the sequence without saying why")),
            Err(error) => Err(error),
        });
        let output_tokens = sequence.output_tokens;
        self.counters.generated.fetch_add(output_tokens as u64, Ordering::Relaxed);
        let input_tokens = prompt.len();
        let usage = Usage { input_tokens, output_tokens, total_tokens: input_tokens + output_tokens };
        let timings = timings(&ticket, started_at, &sequence);
        let ending = sequence.ending.take().unwrap_or(Ok(FinishReason::Aborted));
        drop(sequence);
        self.finish(ticket, ending, usage, timings);
    }

    fn sequence(
        &self,
        ticket: &Ticket,
        request: GenerationRequest,
        max_output_tokens: usize,
        text: &TextInterface,
    ) -> Sequence {
        let (id, mailbox) = (ticket.id, Arc::clone(&self.mailbox));
        let seed = request.sampling.seed.unwrap_or_else(random_seed);
        Sequence {
            sampler: Sampler::new(&request.sampling, seed),
            detokenizer: Detokenizer::new(Arc::clone(&text.tokenizer), true),
            stop: Some(StopMatcher::new(request.stop_sequences)),
            end_tokens: text.end_tokens.clone(),
            max_output_tokens,
            cancelled: Arc::clone(&ticket.cancelled),
            emit: Box::new(move |delta| mailbox.push(id, StreamPart::TextDelta { delta })),
            output_tokens: 0,
            first_token_at: None,
            last_token_at: None,
            ending: None,
        }
    }

    /// Waits for what `take` finds; `None` once the session is closed and nothing is left to take.
    fn next<T>(&self, mut take: impl FnMut(&mut Queues) -> Option<T>) -> Option<T> {
        let mut queues = lock(&self.queues);
        loop {
            if let Some(item) = take(&mut queues) {
                return Some(item);
            }
            if queues.closed {
                return None;
            }
            queues = self.changed.wait(queues).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends the queued streams whose flag is raised, without waiting for their turn.
    fn finish_cancelled(&self) {
        let cancelled = {
            let mut queues = lock(&self.queues);
            let mut cancelled = take_cancelled(&mut queues.intake);
            cancelled.extend(take_cancelled(&mut queues.ready));
            cancelled
        };
        for ticket in cancelled {
            self.finish_early(ticket, Ok(FinishReason::Aborted));
        }
    }

    /// Ends a stream that the engine never saw.
    fn finish_early(&self, ticket: Ticket, ending: Ending) {
        let total_ms = milliseconds(ticket.submitted_at.elapsed());
        let timings = Timings { queued_ms: total_ms, total_ms, ..Timings::default() };
        self.finish(ticket, ending, Usage::default(), timings);
    }

    fn finish(&self, ticket: Ticket, ending: Ending, usage: Usage, timings: Timings) {
        lock(&self.cancel_flags).remove(&ticket.id);
        let part = match ending {
            Ok(finish_reason) => StreamPart::Finish { finish_reason, usage, timings },
            Err(error) => StreamPart::Error { error, usage, timings },
        };
        self.mailbox.push(ticket.id, part);
        (ticket.on_finished)();
    }
}

impl Queues {
    fn take_submitted(&mut self) -> Option<Queued<RequestSource>> {
        let next = self.intake.pop_front();
        self.in_preparation = u64::from(next.is_some());
        next
    }
}

fn take_cancelled<T>(queue: &mut VecDeque<Queued<T>>) -> Vec<Ticket> {
    let (cancelled, kept): (VecDeque<_>, _) =
        queue.drain(..).partition(|queued| queued.ticket.cancelled.load(Ordering::Acquire));
    *queue = kept;
    cancelled.into_iter().map(|queued| queued.ticket).collect()
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
        tokens_per_second: (decoded > 0 && decode_ms > 0.0).then(|| decoded as f64 * 1000.0 / decode_ms),
    }
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
        let reason = panic
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no reason given".into());
        Err(Error::new(ErrorCode::EngineFailed, format!("internal failure: {reason}")))
    })
}

/// Locks through a poisoned lock: every holder leaves the state whole, also when it panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
