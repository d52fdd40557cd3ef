//! Admission and the live sequences of one engine.

use std::sync::{Arc, Condvar, Mutex, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;
use tramontane_error::{Error, ErrorCode};

use crate::backend::Backend;
use crate::context_overflow::PromptTokens;
use crate::control::Control;
use crate::mailbox::{Batch, Bell, Mailbox, StreamId};
use crate::metrics::{Counters, Metrics, add};
use crate::request::GenerationRequest;
use crate::schedule::{Schedule, Submitted, Ticket};
use crate::shared::{Shared, catching, closed, lock};
use crate::stopwatch::Stopwatch;
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
/// Generations are taken up in the order of submission, those of higher priority first. As many run side by side as the
/// backend computes at the same time; where there are more, they share it in slices of a few tokens. Prompts are turned into tokens on a thread of their own, so a request that cannot be run is
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
