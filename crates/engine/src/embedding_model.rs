//! Vectors of texts on a mistralrs engine, one text a request.
//!
//! Must hold: a text's vector is the same whatever is computed with it, before it or after it. mistralrs pads texts of one
//! step to the same length and then pools the padding too, so one text is one step.

use mistralrs_core::{RequestMessage, Response, SamplingParams};
use tokenizers::Tokenizer;
use tramontane_error::{Error, ErrorCode};
use tramontane_model_files::{EmbeddingModules, Pooling};

use crate::engine_thread::{EngineThread, SharedPipeline, failed, not_asked_for};

/// An embedding model that is ready to run.
pub(crate) struct EmbeddingModel {
    engine: EngineThread,
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
        Ok(Self { engine: EngineThread::start(pipeline, 1, 0)?, tokenizer, modules, context_length, least_tokens })
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
        let messages = RequestMessage::EmbeddingTokens { prompt: tokens };
        let vector = self.engine.ask(messages, SamplingParams::deterministic(), None, |answer| match answer {
            Response::Embeddings { embeddings, .. } => self.finish(embeddings, count),
            _ => Err(not_asked_for()),
        })?;
        vector.ok_or_else(|| failed("it stopped in the middle of a text"))
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
}
