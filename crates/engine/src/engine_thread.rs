//! mistralrs's own thread, on which a loaded model computes what it is sent.

use std::num::NonZeroUsize;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use mistralrs_core::{
    Constraint, CustomLogitsProcessor, DefaultSchedulerMethod, MistralRs, MistralRsBuilder, NormalRequest, Pipeline,
    Request, RequestMessage, Response, SamplingParams, SchedulerConfig,
};
use tokio::sync::Mutex as AsyncMutex;
use tokio::sync::mpsc::{Sender, channel};
use tramontane_error::{Error, ErrorCode};

use crate::memory::release_memory_being_freed;

/// A mistralrs pipeline, as its loaders return it.
pub(crate) type SharedPipeline = Arc<AsyncMutex<dyn Pipeline + Send + Sync>>;

/// How long dropping waits for mistralrs to let go of the weights, which it does on a thread of its own.
const FREE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a thread that has panicked may take to end.
const RESTART_TIMEOUT: Duration = Duration::from_secs(10);

/// Dropping it ends the thread, and waits until the weights are freed.
pub(crate) struct EngineThread {
    /// Taken when dropped.
    engine: Option<Arc<MistralRs>>,
    pipeline: Weak<AsyncMutex<dyn Pipeline + Send + Sync>>,
}

impl EngineThread {
    /// Starts it, to compute `per_step` requests at a time and to keep `prefix_cache_bytes` of what it computed.
    pub fn start(pipeline: SharedPipeline, per_step: usize, prefix_cache_bytes: u64) -> Result<Self, Error> {
        let weak = Arc::downgrade(&pipeline);
        let per_step = NonZeroUsize::new(per_step).ok_or_else(|| failed("no request may run"))?;
        let method = DefaultSchedulerMethod::Fixed(per_step);
        let builder = MistralRsBuilder::new(pipeline, SchedulerConfig::DefaultScheduler { method }, false, None)
            // As patched, mistralrs takes this number for MiB, and 0 for no cache.
            .with_prefix_cache_n((prefix_cache_bytes >> 20) as usize);
        // On a runtime of one thread mistralrs leaves out its dummy run.
        let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(failed)?;
        Ok(Self { engine: Some(runtime.block_on(builder.build())), pipeline: weak })
    }

    /// Has a request computed, and `read` what answers it. Blocks; `None` where the thread died with it.
    pub fn ask<T>(
        &self,
        messages: RequestMessage,
        sampling_params: SamplingParams,
        logits_processors: Option<Vec<Arc<dyn CustomLogitsProcessor>>>,
        mut read: impl FnMut(Response) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let engine = self.sender()?;
        // mistralrs awaits its sends inside the decode step, and panics where a receiver is gone: there is room for all
        // that it says of one request, and the receiver is read until mistralrs closes it.
        let (sender, mut receiver) = channel(64);
        let request = NormalRequest {
            messages,
            sampling_params,
            response: sender,
            return_logprobs: false,
            // The text is made on our side; one message at the end is all that is wanted.
            is_streaming: false,
            id: 0,
            constraint: Constraint::None,
            suffix: None,
            tools: None,
            tool_choice: None,
            logits_processors,
            return_raw_logits: false,
            web_search_options: None,
            model_id: None,
            truncate_sequence: false,
        };
        engine.blocking_send(Request::Normal(Box::new(request))).map_err(|_| failed("its thread has stopped"))?;
        let mut outcome = None;
        while let Some(response) = receiver.blocking_recv() {
            outcome = Some(match response {
                Response::InternalError(e) | Response::ValidationError(e) => Err(failed(e)),
                Response::CompletionModelError(e, _) | Response::ModelError(e, _) => Err(failed(e)),
                answer => read(answer),
            });
        }
        if outcome.is_none() {
            // It has panicked, and takes no more requests in a moment; one sent until then would be lost.
            wait_until(RESTART_TIMEOUT, || engine.is_closed());
        }
        outcome.transpose()
    }

    /// The way to the thread. One that died with an earlier request is started anew.
    fn sender(&self) -> Result<Sender<Request>, Error> {
        let Some(engine) = &self.engine else { return Err(failed("it is gone")) };
        let mut sender = Err(failed("its thread does not end"));
        // mistralrs replaces a dead thread, but not one that is about to be.
        wait_until(RESTART_TIMEOUT, || {
            sender = engine.get_sender(None).map_err(failed);
            !sender.as_ref().is_ok_and(Sender::is_closed)
        });
        sender
    }
}

impl Drop for EngineThread {
    fn drop(&mut self) {
        // Dropping the last handle asks the thread to end; the weights go with it.
        drop(self.engine.take());
        wait_until(FREE_TIMEOUT, || self.pipeline.strong_count() == 0);
        // The count is zero before the last owner has freed what it held.
        release_memory_being_freed();
    }
}

/// Until `done` says so, `most` at most.
pub(crate) fn wait_until(most: Duration, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + most;
    while !done() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(2));
    }
}

/// An answer to something else than was asked.
pub(crate) fn not_asked_for() -> Error {
    failed("the engine answered something that was not asked for")
}

pub(crate) fn failed(reason: impl ToString) -> Error {
    Error::new(ErrorCode::EngineFailed, format!("the engine failed: {}", reason.to_string()))
}
