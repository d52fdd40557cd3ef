//! One generation under way: from each position's logits to the next token.

use std::sync::Arc;

use tramontane_error::Error;

use crate::backend::Next;
use crate::control::Control;
use crate::reply_parts::ReplyParts;
use crate::sampler::Sampler;
use crate::schedule::Waiting;
use crate::stopwatch::Stopwatch;
use crate::stream_part::FinishReason;

/// Why a sequence ended, as far as the sequence itself knows.
pub(crate) type Ending = Result<FinishReason, Error>;

/// How many tokens a sequence may generate while others wait for their turn.
const QUANTUM: usize = 16;

/// The state of one generation. It lives through any number of slices, and none of it depends on how it is sliced.
pub(crate) struct Sequence {
    pub sampler: Sampler,
    pub reply: ReplyParts,
    pub end_tokens: Vec<u32>,
    pub max_output_tokens: usize,
    pub control: Arc<Control>,
    /// The prompt, and what was generated and is to be gone on from.
    pub tokens: Vec<u32>,
    pub prompt_length: usize,
    /// Tokens sampled so far, the one that ended the reply included.
    pub output_tokens: usize,
    /// Tokens sampled in this slice.
    pub slice_tokens: usize,
    /// Set once, by whatever ended the sequence.
    pub ending: Option<Ending>,
}

impl Sequence {
    /// Chooses the next token, and sends on the text that it makes certain.
    ///
    /// [`Next::End`] without an [`Sequence::ending`] means that the slice is over, and the sequence is not. A raised
    /// switch takes effect within this step. `waits` is asked only where the slice could be over.
    pub fn step(&mut self, logits: &[f32], stopwatch: &mut Stopwatch, waits: impl FnOnce(Waiting) -> bool) -> Next {
        if self.ending.is_some() {
            return Next::End;
        }
        if self.control.is_cancelled() {
            return self.end(Ok(FinishReason::Aborted));
        }
        stopwatch.token();
        let sampled = match self.sampler.sample(logits) {
            Ok(sampled) => sampled,
            Err(error) => return self.end(Err(error)),
        };
        let token = sampled.token;
        self.output_tokens += 1;
        self.slice_tokens += 1;
        if let Some(log_probabilities) = sampled.log_probabilities {
            self.reply.tell(log_probabilities);
        }
        if self.end_tokens.contains(&token) {
            return self.end(Ok(FinishReason::Stop));
        }
        match self.reply.push(token) {
            Ok(false) => {}
            Ok(true) => return self.end(Ok(FinishReason::Stop)),
            Err(error) => return self.end(Err(error)),
        }
        if sampled.is_last {
            return self.end(Ok(FinishReason::Stop));
        }
        if self.output_tokens >= self.max_output_tokens {
            return self.end(Ok(FinishReason::Length));
        }
        self.tokens.push(token);
        let is_over = match self.slice_tokens {
            QUANTUM.. => waits(Waiting::Anybody),
            _ if self.output_tokens == 1 => waits(Waiting::Newcomers),
            _ => false,
        };
        if self.control.is_paused() || is_over {
            // The token is the first thing to be computed in the next slice, so nothing is computed twice.
            return Next::End;
        }
        Next::Token(token)
    }

    /// Records why the sequence is over and lets go of what is held back. The first ending counts.
    pub fn end(&mut self, ending: Ending) -> Next {
        if self.ending.is_none() {
            let ended = matches!(ending, Ok(FinishReason::Stop));
            let ending = match self.reply.finish(ended) {
                // A stop sequence can still complete in the last characters.
                Ok(true) => ending.map(|reason| match reason {
                    FinishReason::Length => FinishReason::Stop,
                    other => other,
                }),
                Ok(false) => ending,
                Err(error) => ending.and(Err(error)),
            };
            self.ending = Some(ending.map(|reason| match reason {
                FinishReason::Stop if self.reply.calls() > 0 => FinishReason::ToolCalls,
                other => other,
            }));
        }
        Next::End
    }
}
