//! One running generation: from each position's logits to the next token, and from tokens to parts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tramontane_error::Error;

use crate::backend::Next;
use crate::detokenizer::Detokenizer;
use crate::sampler::Sampler;
use crate::stop_matcher::StopMatcher;
use crate::stream_part::FinishReason;

/// Why a sequence ended, as far as the sequence itself knows.
pub(crate) type Ending = Result<FinishReason, Error>;

/// The state of one generation that the engine works on.
pub(crate) struct Sequence {
    pub sampler: Sampler,
    pub detokenizer: Detokenizer,
    pub stop: Option<StopMatcher>,
    pub end_tokens: Vec<u32>,
    pub max_output_tokens: usize,
    pub cancelled: Arc<AtomicBool>,
    /// Takes the pieces of text as they become certain.
    pub emit: Box<dyn FnMut(String) + Send>,
    /// Tokens sampled so far.
    pub output_tokens: usize,
    /// When the first token's logits arrived: prefill was over.
    pub first_token_at: Option<Instant>,
    /// When the latest token's logits arrived.
    pub last_token_at: Option<Instant>,
    /// Set once, by whatever ended the sequence.
    pub ending: Option<Ending>,
}

impl Sequence {
    /// Chooses the next token, and sends on the text that it makes certain.
    ///
    /// Ends at a raised cancel flag before anything is sampled, so a cancelled sequence costs one step at most.
    pub fn step(&mut self, logits: &[f32]) -> Next {
        if self.ending.is_some() {
            return Next::End;
        }
        if self.cancelled.load(Ordering::Acquire) {
            return self.end(Ok(FinishReason::Aborted));
        }
        let now = Instant::now();
        self.first_token_at.get_or_insert(now);
        self.last_token_at = Some(now);
        let token = self.sampler.sample(logits);
        self.output_tokens += 1;
        if self.end_tokens.contains(&token) {
            return self.end(Ok(FinishReason::Stop));
        }
        match self.detokenizer.push(token) {
            Ok(text) => {
                if self.write(&text) {
                    return self.end(Ok(FinishReason::Stop));
                }
            }
            Err(error) => return self.end(Err(error)),
        }
        if self.output_tokens >= self.max_output_tokens {
            return self.end(Ok(FinishReason::Length));
        }
        Next::Token(token)
    }

    /// Records why the sequence is over and lets go of the text held back. The first ending counts.
    pub fn end(&mut self, ending: Ending) -> Next {
        if self.ending.is_none() {
            let reason = match self.release_held_text() {
                // A stop sequence can still complete in the last characters.
                Ok(true) => ending.map(|reason| match reason {
                    FinishReason::Length => FinishReason::Stop,
                    other => other,
                }),
                Ok(false) => ending,
                Err(error) => ending.and(Err(error)),
            };
            self.ending = Some(reason);
        }
        Next::End
    }

    /// Passes `text` through the stop sequences; true when one of them completed.
    fn write(&mut self, text: &str) -> bool {
        let Some(stop) = &mut self.stop else { return true };
        let outcome = stop.push(text);
        if !outcome.text.is_empty() {
            (self.emit)(outcome.text.into());
        }
        if outcome.stopped {
            self.stop = None;
        }
        outcome.stopped
    }

    /// What the detokenizer and then the stop matcher still hold; true when a stop sequence completed in it.
    fn release_held_text(&mut self) -> Result<bool, Error> {
        if self.stop.is_none() {
            return Ok(false);
        }
        let rest = self.detokenizer.finish()?;
        let stopped = !rest.is_empty() && self.write(&rest);
        if let Some(stop) = self.stop.take() {
            let held = stop.finish();
            if !held.is_empty() {
                (self.emit)(held);
            }
        }
        Ok(stopped)
    }
}
