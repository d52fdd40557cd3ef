//! Token sequences on a mistralrs engine, one request each.
//!
//! mistralrs is told as little as possible: it gets token ids, greedy sampling and no stop rule. A logits processor
//! hands every position's logits to our step and answers with logits that leave one token to choose. So sampling,
//! stopping and cancelling are ours, and happen within the step in which they are asked for.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use candle_core::{Device, Tensor};
use mistralrs_core::{CustomLogitsProcessor, RequestMessage, Response, SamplingParams};
use tramontane_error::Error;
use tramontane_session::{Backend, Next, Run, Step};

use crate::engine_thread::{EngineThread, SharedPipeline, failed, not_asked_for};
use crate::kept_sequences::KeptSequences;
use crate::memory::FreedMemoryKept;

pub(crate) struct MistralBackend {
    /// Dropped before the engine, which then gives back what it frees.
    _freed_memory: FreedMemoryKept,
    engine: EngineThread,
    /// The token that tells mistralrs that a sequence is over; its only end token, never shown to anyone.
    end_token: u32,
    parallel_sequences: usize,
    kept_tokens: usize,
    live_tokens: usize,
    kept: Mutex<KeptSequences>,
    /// Whether the engine's thread is to die at its next step.
    killed: Arc<AtomicBool>,
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
        let engine = EngineThread::start(pipeline, parallel_sequences, cache.bytes)?;
        let tokens = |bytes: u64| (bytes / cache.bytes_per_token.max(1)) as usize;
        let (kept_tokens, live_tokens) = (tokens(cache.bytes), tokens(cache.live_bytes));
        let kept = Mutex::new(KeptSequences::new(kept_tokens));
        Ok(Self {
            _freed_memory: FreedMemoryKept::begin(),
            engine,
            end_token,
            parallel_sequences,
            kept_tokens,
            live_tokens,
            kept,
            killed: Arc::default(),
        })
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
        let processor = StepProcessor {
            step: Mutex::new(step),
            end_token: self.end_token,
            computed: Arc::clone(&computed),
            killed: Arc::clone(&self.killed),
        };
        let messages = RequestMessage::CompletionTokens(run.tokens.to_vec());
        // An absent temperature would mean 1.
        let sampling_params = SamplingParams { temperature: Some(0.0), ..SamplingParams::deterministic() };
        let cached =
            self.engine.ask(messages, sampling_params, Some(vec![Arc::new(processor)]), |answer| match answer {
                Response::CompletionDone(_) => {
                    let generated = std::mem::take(&mut *lock(&generated));
                    lock(&self.kept).add(run.tokens.iter().copied().chain(generated).collect());
                    Ok(computed.get().map_or(0, |&computed| run.tokens.len().saturating_sub(computed)))
                }
                _ => Err(not_asked_for()),
            })?;
        cached.ok_or_else(|| {
            lock(&self.kept).clear();
            failed("it stopped in the middle of the sequence")
        })
    }

    fn kill(&self) {
        self.killed.store(true, Ordering::Release);
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

/// Locks through a poisoned lock: every holder leaves the state whole, also when it panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
