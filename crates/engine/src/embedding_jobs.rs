//! Calls that wait for vectors, on one thread.
//!
//! Must hold: every job is answered exactly once; calls take turns text by text, so a long one holds up nobody; one that
//! is cancelled ends within a text.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tramontane_error::{Error, ErrorCode, panic_message};

use crate::embedding_model::EmbeddingModel;
use crate::engine_thread::wait_until;

/// The vectors of a call's texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Embeddings {
    /// One after the other, in the order of the texts.
    pub vectors: Vec<f32>,
    /// Tokens of all texts.
    pub input_tokens: usize,
}

type Answer = Box<dyn FnOnce(Result<Embeddings, Error>) + Send>;

struct Job {
    texts: VecDeque<String>,
    /// Known once the first turn has come: too long a text is refused before any is computed.
    tokens: VecDeque<Vec<u32>>,
    done: Embeddings,
    cancelled: Arc<AtomicBool>,
    answer: Answer,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    closed: bool,
}

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

/// An embedding model, and the calls that it works on.
pub struct EmbeddingJobs {
    shared: Arc<Shared>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

impl EmbeddingJobs {
    pub(crate) fn start(model: EmbeddingModel) -> Result<Self, Error> {
        let shared = Arc::new(Shared { queue: Mutex::default(), changed: Condvar::new() });
        let works_on = Arc::clone(&shared);
        let worker = thread::Builder::new()
            .name("tramontane-embed".into())
            .spawn(move || works_on.work(&model))
            .map_err(|error| Error::new(ErrorCode::EngineFailed, format!("no thread can be started: {error}")))?;
        Ok(Self { shared, worker: Mutex::new(Some(worker)) })
    }

    /// Has `texts` embedded; `answer` is called once, on another thread. Raising `cancelled` gives [`ErrorCode::Aborted`].
    pub fn embed(
        &self,
        texts: Vec<String>,
        cancelled: Arc<AtomicBool>,
        answer: impl FnOnce(Result<Embeddings, Error>) + Send + 'static,
    ) {
        let mut queue = self.shared.lock();
        if queue.closed {
            drop(queue);
            return answer(Err(closed()));
        }
        let done = Embeddings { vectors: Vec::new(), input_tokens: 0 };
        let (texts, tokens) = (texts.into(), VecDeque::new());
        queue.jobs.push_back(Job { texts, tokens, done, cancelled, answer: Box::new(answer) });
        self.shared.changed.notify_one();
    }

    /// Answers what waits with [`ErrorCode::Closed`], frees the model, and returns when it is freed.
    pub fn close(&self) {
        self.begin_to_close();
        // Under the lock: another close waits for the same.
        if let Some(worker) = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = worker.join();
        }
    }

    /// As [`close`](Self::close), but waits no longer than `most`.
    pub fn shut_down(&self, most: Duration) {
        self.begin_to_close();
        let is_over = || match self.worker.try_lock() {
            Ok(worker) => worker.as_ref().is_none_or(JoinHandle::is_finished),
            // Somebody is waiting for its end.
            Err(_) => false,
        };
        wait_until(most, is_over);
    }

    fn begin_to_close(&self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
    }
}

impl Drop for EmbeddingJobs {
    fn drop(&mut self) {
        self.begin_to_close();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, model: &EmbeddingModel) {
        while let Some(mut job) = self.next() {
            let turn = catch_unwind(AssertUnwindSafe(|| job.turn(model)));
            match turn.unwrap_or_else(|panic| Err(panicked(panic_message(&*panic)))) {
                Ok(true) => (job.answer)(Ok(job.done)),
                Ok(false) => self.lock().jobs.push_back(job),
                Err(error) => (job.answer)(Err(error)),
            }
        }
        let left = std::mem::take(&mut self.lock().jobs);
        left.into_iter().for_each(|job| (job.answer)(Err(closed())));
    }

    /// Waits for a job; None once closed.
    fn next(&self) -> Option<Job> {
        let mut queue = self.lock();
        loop {
            if queue.closed {
                return None;
            }
            match queue.jobs.pop_front() {
                Some(job) => return Some(job),
                None => queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

impl Job {
    /// Does a part of the job; true when that was the last.
    fn turn(&mut self, model: &EmbeddingModel) -> Result<bool, Error> {
        if self.cancelled.load(Ordering::Acquire) {
            return Err(Error::new(ErrorCode::Aborted, "embedding was aborted by its abortSignal"));
        }
        for (index, text) in std::mem::take(&mut self.texts).into_iter().enumerate() {
            let tokens = model.tokens(&text, index)?;
            self.done.input_tokens += tokens.len();
            self.tokens.push_back(tokens);
        }
        if let Some(tokens) = self.tokens.pop_front() {
            self.done.vectors.extend(model.vector(tokens)?);
        }
        Ok(self.tokens.is_empty())
    }
}

fn closed() -> Error {
    Error::new(ErrorCode::Closed, "the model was closed; load it again to embed texts")
}

fn panicked(message: Option<String>) -> Error {
    let message = message.unwrap_or_else(|| "it panicked".to_owned());
    Error::new(ErrorCode::EngineFailed, format!("the engine failed: {message}"))
}
