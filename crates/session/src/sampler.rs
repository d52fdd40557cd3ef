//! Choosing the next token from the engine's logits.
//!
//! What must hold:
//! - The same seed, settings and logits give the same tokens, on every platform: `e^x` and powers use only operations
//!   that IEEE 754 defines exactly, and probabilities are whole numbers, which add up to the same in any order.
//! - A token whose logit is NaN or negative infinity is never chosen, unless there is no other. A banned one, or one
//!   that the grammar does not allow, is not even then.
//! - Every token takes exactly one number from the generator, those that are forced too, and where the choice is greedy
//!   none, so that a sequence can be continued elsewhere by counting its tokens. Nothing depends on the time between two
//!   tokens: a sampler can be laid aside and go on later.
//! - A vocabulary is never sorted whole when the filters leave only a part of it, and logits are only copied when
//!   something is done to them.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use tokenizers::Tokenizer;
use tramontane_error::Error;

use crate::grammar::{Grammar, TokenMask};
use crate::log_probabilities::TokenLogProbabilities;

mod adjustments;
mod candidates;
mod dry;
mod exponential;
mod listed_tokens;
mod sampling;
mod sequence_breakers;
#[cfg(test)]
mod tests;

use adjustments::Adjustments;
use candidates::Candidates;
pub(crate) use candidates::maximum;
pub use dry::Dry;
pub(crate) use exponential::exp;
pub use sampling::Sampling;

/// Below this temperature the choice is greedy: dividing by less only loses precision.
const GREEDY_BELOW: f32 = 1e-5;

/// Draws tokens for one sequence, and remembers them.
///
/// With logits `l` and temperature `T`, in this order:
/// 1. forced tokens come before everything else, one after another;
/// 2. the grammar leaves the tokens that may come next;
/// 3. banned tokens are taken out, and biases added;
/// 4. penalties, with `r`, `f` and `p` the repetition, frequency and presence penalty, and `c` how often the reply has
///    the token: `l / r` where `l > 0`, else `l * r`, for tokens of the prompt or the reply (Keskar et al. 2019, "CTRL",
///    and for negative logits Hugging Face's transformers); then `l - c f`, and `l - p` where `c > 0` (OpenAI's API);
/// 5. [`Dry`];
/// 6. temperature: `l / T`;
/// 7. top-k keeps the `k` greatest logits (Fan, Lewis and Dauphin 2018, "Hierarchical Neural Story Generation");
/// 8. softmax: `p_i = exp((l_i - max l) / T) / sum_j exp((l_j - max l) / T)`, over what is kept;
/// 9. top-p keeps the smallest set of most probable tokens with `sum p_i >= topP`, at least one token (Holtzman et al.
///    2020, "The Curious Case of Neural Text Degeneration");
/// 10. min-p keeps the tokens with `p_i >= minP * max p` (Nguyen et al. 2024, "Turning Up the Heat");
/// 11. one draw among what is kept, in proportion to `p`: with `u` uniform in [0, 1), the first token in the order of
///     token ids whose cumulative probability is above `u`.
///
/// llama.cpp has the temperature last, after min-p, and counts the prompt in all penalties, as far as its window
/// reaches. mistralrs has DRY first and the repetition penalty after the other two, counts the prompt in all of them,
/// and skips min-p where top-p is off.
///
/// Of equal logits the lower token ranks first. A logit of positive infinity takes all the probability, shared with
/// others like it; no bias or penalty changes it.
pub struct Sampler {
    greedy: bool,
    temperature: f64,
    top_k: usize,
    top_p: f64,
    min_p: f64,
    logprobs: Option<usize>,
    random: ChaCha8Rng,
    forced: std::vec::IntoIter<u32>,
    grammar: Option<Grammar>,
    adjustments: Option<Adjustments>,
    /// Kept between tokens for their memory.
    candidates: Candidates,
    adjusted: Vec<f32>,
}

/// A token that was chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled {
    /// The token: an index into the logits.
    pub token: u32,
    /// Where [`Sampling::logprobs`] asks for it.
    pub log_probabilities: Option<TokenLogProbabilities>,
    /// Whether the grammar is complete with this token, so that nothing may follow it. The token is part of the reply.
    pub is_last: bool,
}

impl Sampler {
    /// A sampler at the start of the seed's sequence of draws, and of the reply to `prompt`. `seed` is used, not
    /// `sampling.seed`: who has none to pass chooses one at random.
    ///
    /// Without a tokenizer there are no sequence breakers for [`Dry`];
    /// [`TextInterface::sampler`](crate::TextInterface::sampler) has one. Settings that [`Sampling::validate`] would
    /// refuse do no harm, but mean nothing in particular.
    pub fn new(sampling: &Sampling, seed: u64, prompt: &[u32]) -> Self {
        Self::reading(sampling, seed, prompt, None)
    }

    pub(crate) fn reading(sampling: &Sampling, seed: u64, prompt: &[u32], tokenizer: Option<&Arc<Tokenizer>>) -> Self {
        // The key is the seed itself and nothing library-specific, so that a seed outlives versions of rand.
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        Self {
            greedy: sampling.temperature.is_nan() || sampling.temperature < GREEDY_BELOW || sampling.top_k == 1,
            temperature: f64::from(sampling.temperature),
            top_k: if sampling.top_k == 0 { usize::MAX } else { sampling.top_k as usize },
            top_p: f64::from(sampling.top_p),
            min_p: f64::from(sampling.min_p),
            logprobs: sampling.logprobs.map(|logprobs| logprobs as usize),
            random: ChaCha8Rng::from_seed(key),
            forced: sampling.forced_tokens.clone().into_iter(),
            grammar: None,
            adjustments: Adjustments::new(sampling, prompt, tokenizer),
            candidates: Candidates::default(),
            adjusted: Vec::new(),
        }
    }

    /// Holds the reply to a grammar that nothing was written of yet. Forced tokens are the beginning of what it is
    /// about.
    ///
    /// # Errors
    /// `invalid-argument` naming a forced token that the grammar does not accept.
    pub fn constrained_by(mut self, mut grammar: Grammar) -> Result<Self, Error> {
        for (at, &token) in self.forced.as_slice().iter().enumerate() {
            if grammar.is_complete() || grammar.commit(token).is_err() {
                let field = format!("forcedTokens[{at}]");
                let message = format!("{field} is not allowed here by {}; change one of them", grammar.field());
                return Err(Error::invalid_argument(field, message));
            }
        }
        self.grammar = Some(grammar);
        Ok(self)
    }

    /// The next token. 0 when no logit is above negative infinity, or there is none at all.
    ///
    /// # Errors
    /// `invalid-argument`, with a grammar only: it has become too complex to follow, or what it allows is banned.
    pub fn sample(&mut self, logits: &[f32]) -> Result<Sampled, Error> {
        let uniform = if self.greedy { 0 } else { self.random.next_u64() };
        let token = match self.forced.next() {
            Some(token) => token,
            None => {
                let token = self.choose(logits, uniform)?;
                if let Some(grammar) = &mut self.grammar {
                    grammar.commit(token)?;
                }
                token
            }
        };
        if let Some(adjustments) = &mut self.adjustments {
            adjustments.push(token);
        }
        Ok(Sampled {
            token,
            log_probabilities: self.logprobs.map(|top| TokenLogProbabilities::of(logits, token, top)),
            is_last: self.forced.as_slice().is_empty() && self.grammar.as_ref().is_some_and(Grammar::is_complete),
        })
    }

    fn choose(&mut self, logits: &[f32], uniform: u64) -> Result<u32, Error> {
        if self.grammar.is_none() && self.adjustments.is_none() {
            return Ok(self.pick(logits, uniform).unwrap_or(0));
        }
        let mut adjusted = std::mem::take(&mut self.adjusted);
        adjusted.clear();
        adjusted.extend_from_slice(logits);
        let mask = self.grammar.as_mut().map(Grammar::mask).transpose()?;
        if let Some(mask) = &mask {
            mask.apply(&mut adjusted);
        }
        if let Some(adjustments) = &mut self.adjustments {
            adjustments.apply(&mut adjusted);
        }
        let picked = self.pick(&adjusted, uniform);
        self.adjusted = adjusted;
        match picked {
            Some(token) => Ok(token),
            None => self.first_allowed(mask.as_ref(), logits.len()),
        }
    }

    /// What to choose where the model holds nothing possible that may be chosen.
    fn first_allowed(&self, mask: Option<&TokenMask>, count: usize) -> Result<u32, Error> {
        let bans = |token| self.adjustments.as_ref().is_some_and(|adjustments| adjustments.bans(token));
        let allows = |token| mask.is_none_or(|mask| mask.allows(token)) && !bans(token);
        match (0..count as u32).find(|&token| allows(token)) {
            Some(token) => Ok(token),
            None if mask.is_some() => Err(Error::invalid_argument(
                "bannedTokens",
                "the grammar allows no token here that the model has and bannedTokens leaves; change one of them",
            )),
            None => Ok(0),
        }
    }

    /// Nothing when no logit is above negative infinity.
    fn pick(&mut self, logits: &[f32], uniform: u64) -> Option<u32> {
        let maximum = maximum(logits);
        if maximum == f32::NEG_INFINITY {
            return None;
        }
        if self.greedy {
            return logits.iter().position(|&logit| logit == maximum).map(|token| token as u32);
        }
        self.candidates.gather(logits, maximum, self.top_k);
        self.candidates.weigh(maximum, self.temperature);
        if self.top_p < 1.0 {
            self.candidates.keep_nucleus(self.top_p);
        }
        if self.min_p > 0.0 {
            self.candidates.keep_likely(self.min_p);
        }
        Some(self.candidates.draw(uniform))
    }
}
