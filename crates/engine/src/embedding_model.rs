//! Vectors of texts on a mistralrs engine, one text a request.
//!
//! Must hold: a text's vector is the same whatever is computed with it, before it or after it. mistralrs pads texts of one
//! step to the same length and then pools the padding too, so one text is one step.

use std::sync::{Arc, Weak};
use std::time::Duration;

use mistralrs_core::{
    Constraint, DefaultSchedulerMethod, MistralRs, MistralRsBuilder, NormalRequest, Pipeline, Request, RequestMessage,
    Response, SamplingParams, SchedulerConfig,
};
use tokenizers::Tokenizer;
use tokio::sync::Mutex as AsyncMutex;
use tokio::sync::mpsc::{Sender, channel};
use tramontane_error::{Error, ErrorCode};
use tramontane_model_files::{EmbeddingModules, Pooling};

use crate::memory::release_memory_being_freed;
use crate::mistral_backend::{SharedPipeline, wait_until};

/// How long dropping waits for mistralrs to let go of the weights, and a request for a thread that has panicked.
const PATIENCE: Duration = Duration::from_secs(10);

/// An embedding model that is ready to run.
pub(crate) struct EmbeddingModel {
    /// Taken when dropped.
    engine: Option<Arc<MistralRs>>,
    pipeline: Weak<AsyncMutex<dyn Pipeline + Send + Sync>>,
    tokenizer: Tokenizer,
    modules: EmbeddingModules,
    context_length: usize,
    /// The fewest tokens that the model computes.
    least_tokens: usize,
}

impl EmbeddingModel {
    /// Starts mistralrs's engine thread. `tokenizer` must neither cut texts nor pad them.
    pub fn start(
        pipeline: SharedPipeline,
        tokenizer: Tokenizer,
        modules: EmbeddingModules,
        context_length: usize,
        least_tokens: usize,
    ) -> Result<Self, Error> {
        let weak = Arc::downgrade(&pipeline);
        let one_at_a_time = DefaultSchedulerMethod::Fixed(1.try_into().map_err(|_| failed("no text may run"))?);
        let builder =
            MistralRsBuilder::new(pipeline, SchedulerConfig::DefaultScheduler { method: one_at_a_time }, false, None)
                .with_prefix_cache_n(0);
        // On a runtime of one thread mistralrs leaves out its dummy run.
        let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(failed)?;
        let engine = runtime.block_on(builder.build());
        Ok(Self { engine: Some(engine), pipeline: weak, tokenizer, modules, context_length, least_tokens })
    }

    /// The tokens of a text, with those that the model wants around it. `index` is for messages.
    pub fn tokens(&self, text: &str, index: usize) -> Result<Vec<u32>, Error> {
        let field = format!("texts[{index}]");
        if text.is_empty() {
            let message = format!("{field} is empty; leave it out, as there is nothing to embed");
            return Err(Error::invalid_argument(field, message));
        }
        let encoding = self
            .tokenizer
            .encode(text, true)
            .map_err(|error| Error::invalid_argument(&field, format!("{field} cannot be tokenized: {error}")))?;
        let tokens = encoding.get_ids();
        if tokens.len() > self.context_length {
            let message = format!(
                "{field} has {} tokens, and the model takes {}; split the text, or load the model with a larger \
                 contextLength if it was trained for one",
                tokens.len(),
                self.context_length
            );
            return Err(Error::new(ErrorCode::ContextOverflow, message).with_field(field));
        }
        if tokens.len() < self.least_tokens {
            let message = format!(
                "{field} has {} tokens, and the engine computes no fewer than {} with this model; write more",
                tokens.len(),
                self.least_tokens
            );
            return Err(Error::invalid_argument(field, message));
        }
        Ok(tokens.to_vec())
    }

    /// The vector of a text with these tokens. Blocks.
    pub fn vector(&self, tokens: Vec<u32>) -> Result<Vec<f32>, Error> {
        let count = tokens.len();
        let engine = self.sender()?;
        // mistralrs awaits its sends, and panics where a receiver is gone.
        let (sender, mut receiver) = channel(16);
        let request = NormalRequest {
            messages: RequestMessage::EmbeddingTokens { prompt: tokens },
            sampling_params: SamplingParams::deterministic(),
            response: sender,
            return_logprobs: false,
            is_streaming: false,
            id: 0,
            constraint: Constraint::None,
            suffix: None,
            tools: None,
            tool_choice: None,
            logits_processors: None,
            return_raw_logits: false,
            web_search_options: None,
            model_id: None,
            truncate_sequence: false,
        };
        engine.blocking_send(Request::Normal(Box::new(request))).map_err(|_| failed("its thread has stopped"))?;
        let mut outcome = None;
        while let Some(response) = receiver.blocking_recv() {
            outcome = Some(match response {
                Response::Embeddings { embeddings, .. } => self.finish(embeddings, count),
                Response::InternalError(e) | Response::ValidationError(e) => Err(failed(e)),
                Response::CompletionModelError(e, _) | Response::ModelError(e, _) => Err(failed(e)),
                _ => Err(failed("the engine answered something that was not asked for")),
            });
        }
        outcome.unwrap_or_else(|| {
            // Its thread has panicked, and takes no more requests in a moment; one sent until then would be lost.
            wait_until(PATIENCE, || engine.is_closed());
            Err(failed("it stopped in the middle of a text"))
        })
    }

    fn finish(&self, mut vector: Vec<f32>, tokens: usize) -> Result<Vec<f32>, Error> {
        // mistralrs adds up the vectors of the tokens. Where they are normalised then, that is the same.
        if self.modules.pooling == Pooling::Mean && !self.modules.has_normalize() {
            for number in &mut vector {
                *number /= tokens as f32;
            }
        }
        if vector.len() != self.modules.width || !vector.iter().all(|number| number.is_finite()) {
            return Err(failed("the model gave no vector; its weights may be damaged"));
        }
        Ok(vector)
    }

    /// The way to the engine's thread. One that died with an earlier text is started anew.
    fn sender(&self) -> Result<Sender<Request>, Error> {
        let Some(engine) = &self.engine else { return Err(failed("it is gone")) };
        let mut sender = Err(failed("its thread does not end"));
        // mistralrs replaces a dead thread, but not one that is about to be.
        wait_until(PATIENCE, || {
            sender = engine.get_sender(None).map_err(failed);
            !sender.as_ref().is_ok_and(Sender::is_closed)
        });
        sender
    }
}

impl Drop for EmbeddingModel {
    fn drop(&mut self) {
        // Dropping the last handle asks the engine thread to end; the weights go with it.
        drop(self.engine.take());
        wait_until(PATIENCE, || self.pipeline.strong_count() == 0);
        release_memory_being_freed();
    }
}

fn failed(reason: impl ToString) -> Error {
    Error::new(ErrorCode::EngineFailed, format!("the engine failed: {}", reason.to_string()))
}
