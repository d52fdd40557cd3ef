//! Token sequences on a mistralrs engine, one request each.
//!
//! mistralrs is told as little as possible: it gets token ids, greedy sampling and no stop rule. A logits processor
//! hands every position's logits to our step and answers with logits that leave one token to choose. So sampling,
//! stopping and cancelling are ours, and happen within the step in which they are asked for.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use candle_core::{Device, Tensor};
use mistralrs_core::{
    Constraint, CustomLogitsProcessor, DefaultSchedulerMethod, MistralRs, MistralRsBuilder, NormalRequest, Pipeline,
    Request, RequestMessage, Response, SamplingParams, SchedulerConfig,
};
use tokio::sync::Mutex as AsyncMutex;
use tokio::sync::mpsc::{Sender, channel};
use tramontane_error::{Error, ErrorCode};
use tramontane_session::{Backend, Next, Run, Step};

use crate::kept_sequences::KeptSequences;
use crate::memory::{FreedMemoryKept, release_memory_being_freed};

/// A mistralrs pipeline, as its loaders return it.
pub(crate) type SharedPipeline = Arc<AsyncMutex<dyn Pipeline + Send + Sync>>;

/// How long dropping waits for mistralrs to let go of the weights, which it does on a thread of its own.
const FREE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a thread that has panicked may take to end.
const RESTART_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) struct MistralBackend {
    /// Taken when dropped.
    engine: Option<Arc<MistralRs>>,
    pipeline: Weak<AsyncMutex<dyn Pipeline + Send + Sync>>,
    /// The token that tells mistralrs that a sequence is over; its only end token, never shown to anyone.
    end_token: u32,
    parallel_sequences: usize,
    kept_tokens: usize,
    live_tokens: usize,
    kept: Mutex<KeptSequences>,
    /// Whether the engine's thread is to die at its next step.
    killed: Arc<AtomicBool>,
    /// Taken when dropped.
    freed_memory: Option<FreedMemoryKept>,
}

/// What of the keys and values stays in memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PrefixCache {
    /// The most that they may take between runs.
    pub bytes: u64,
    /// The most that they may take of sequences that run at the same time, beyond a first one.
    pub live_bytes: u64,
    /// What those of one token take, in all layers.
    pub bytes_per_token: u64,
}

impl MistralBackend {
    /// Starts mistralrs's engine thread. `end_token` must be the pipeline's only end-of-sequence token.
    pub fn start(
        pipeline: SharedPipeline,
        end_token: u32,
        cache: PrefixCache,
        parallel_sequences: usize,
    ) -> Result<Self, Error> {
        let weak = Arc::downgrade(&pipeline);
        let at_once = NonZeroUsize::new(parallel_sequences).ok_or_else(|| failed("no sequence may run"))?;
        let method = DefaultSchedulerMethod::Fixed(at_once);
        let builder = MistralRsBuilder::new(pipeline, SchedulerConfig::DefaultScheduler { method }, false, None)
            // As patched, mistralrs takes this number for MiB, and 0 for no cache.
            .with_prefix_cache_n((cache.bytes >> 20) as usize);
        // On a runtime of one thread mistralrs leaves out its dummy run.
        let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(failed)?;
        let engine = runtime.block_on(builder.build());
        let tokens = |bytes: u64| (bytes / cache.bytes_per_token.max(1)) as usize;
        let (kept_tokens, live_tokens) = (tokens(cache.bytes), tokens(cache.live_bytes));
        let kept = Mutex::new(KeptSequences::new(kept_tokens));
        Ok(Self {
            engine: Some(engine),
            pipeline: weak,
            end_token,
            parallel_sequences,
            kept_tokens,
            live_tokens,
            kept,
            killed: Arc::default(),
            freed_memory: Some(FreedMemoryKept::begin()),
        })
    }
}

impl MistralBackend {
    /// The way to the engine's thread. One that died with an earlier sequence is started anew.
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

impl Backend for MistralBackend {
    fn parallel_sequences(&self) -> usize {
        self.parallel_sequences
    }

    fn kept_tokens(&self) -> usize {
        self.kept_tokens
    }

    fn live_tokens(&self) -> usize {
        self.live_tokens
    }

    fn kept(&self, tokens: &[u32]) -> usize {
        lock(&self.kept).beginning(tokens)
    }

    fn run(&self, run: Run<'_>, mut step: Step) -> Result<usize, Error> {
        let engine = self.sender()?;
        // mistralrs awaits its sends inside the decode step, and panics where a receiver is gone: there is room for all
        // that it says of one sequence, and the receiver is read until mistralrs closes it.
        let (sender, mut receiver) = channel(64);
        let computed = Arc::new(OnceLock::new());
        let generated = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&generated);
        let step: Step = Box::new(move |logits| {
            let next = step(logits);
            if let Next::Token(token) = next {
                lock(&noted).push(token);
            }
            next
        });
        let request = NormalRequest {
            messages: RequestMessage::CompletionTokens(run.tokens.to_vec()),
            // An absent temperature would mean 1.
            sampling_params: SamplingParams { temperature: Some(0.0), ..SamplingParams::deterministic() },
            response: sender,
            return_logprobs: false,
            // The text is made on our side; one message at the end is all that is wanted.
            is_streaming: false,
            id: 0,
            constraint: Constraint::None,
            suffix: None,
            tools: None,
            tool_choice: None,
            logits_processors: Some(vec![Arc::new(StepProcessor {
                step: Mutex::new(step),
                end_token: self.end_token,
                computed: Arc::clone(&computed),
                killed: Arc::clone(&self.killed),
            })]),
            return_raw_logits: false,
            web_search_options: None,
            model_id: None,
            truncate_sequence: false,
        };
        engine.blocking_send(Request::Normal(Box::new(request))).map_err(|_| failed("its thread has stopped"))?;
        let mut outcome = None;
        while let Some(response) = receiver.blocking_recv() {
            outcome = Some(match response {
                Response::CompletionDone(_) => {
                    let generated = std::mem::take(&mut *lock(&generated));
                    lock(&self.kept).add(run.tokens.iter().copied().chain(generated).collect());
                    Ok(computed.get().map_or(0, |&computed| run.tokens.len().saturating_sub(computed)))
                }
                Response::InternalError(e) | Response::ValidationError(e) => Err(failed(e)),
                Response::CompletionModelError(e, _) | Response::ModelError(e, _) => Err(failed(e)),
                _ => Err(failed("the engine answered something that was not asked for")),
            });
        }
        outcome.unwrap_or_else(|| {
            // Its thread has panicked, and takes no more requests in a moment; one sent until then would be lost.
            wait_until(RESTART_TIMEOUT, || engine.is_closed());
            lock(&self.kept).clear();
            Err(failed("it stopped in the middle of the sequence"))
        })
    }

    fn kill(&self) {
        self.killed.store(true, Ordering::Release);
    }
}

impl Drop for MistralBackend {
    fn drop(&mut self) {
        // Dropping the last handle asks the engine thread to end; the weights go with it.
        drop(self.engine.take());
        drop(self.freed_memory.take());
        wait_until(FREE_TIMEOUT, || self.pipeline.strong_count() == 0);
        // The count is zero before the last owner has freed what it held.
        release_memory_being_freed();
    }
}

/// Our step in the place where mistralrs lets one change logits.
struct StepProcessor {
    step: Mutex<Step>,
    end_token: u32,
    /// How many tokens the first step found computed for it. mistralrs leaves out what it had kept.
    computed: Arc<OnceLock<usize>>,
    killed: Arc<AtomicBool>,
}

impl CustomLogitsProcessor for StepProcessor {
    fn apply(&self, logits: &Tensor, context: &[u32]) -> candle_core::Result<Tensor> {
        assert!(!self.killed.swap(false, Ordering::AcqRel), "the engine was killed");
        self.computed.get_or_init(|| context.len());
        let logits = logits.to_vec1::<f32>()?;
        let mut step = lock(&self.step);
        // A panic here would take mistralrs's engine thread with it.
        let token = match catch_unwind(AssertUnwindSafe(|| (*step)(&logits))) {
            Ok(Next::Token(token)) => token,
            Ok(Next::End) | Err(_) => self.end_token,
        };
        only(token)
    }
}

/// Logits whose greatest is `token`'s, and no longer than that takes.
fn only(token: u32) -> candle_core::Result<Tensor> {
    let mut logits = vec![0f32; token as usize + 1];
    logits[token as usize] = 1.0;
    let length = logits.len();
    Tensor::from_vec(logits, length, &Device::Cpu)
}

/// Until `done` says so, `most` at most.
pub(crate) fn wait_until(most: Duration, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + most;
    while !done() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(2));
    }
}

/// Locks through a poisoned lock: every holder leaves the state whole, also when it panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn failed(reason: impl ToString) -> Error {
    Error::new(ErrorCode::EngineFailed, format!("the engine failed: {}", reason.to_string()))
}
