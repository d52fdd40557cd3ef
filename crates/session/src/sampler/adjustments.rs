//! What is done to logits before the filters: bans, biases, penalties and DRY.

use std::collections::HashMap;
use std::sync::Arc;

use tokenizers::Tokenizer;

use super::dry::Repetitions;
use super::sampling::Sampling;
use super::sequence_breakers::SequenceBreakers;

/// Changes the logits of single tokens. Those of all others stay as they are, so a step costs no more than there are
/// tokens with a bias or a past.
///
/// A token's new logit is computed in double precision, and rounded once. Logits that are infinite or NaN stay so, and
/// finite ones stay finite, unless the token is banned.
pub(super) struct Adjustments {
    banned: Vec<u32>,
    repetition: f64,
    frequency: f64,
    presence: f64,
    tokens: Vec<TokenState>,
    /// Where in `tokens` a token is.
    places: HashMap<u32, usize>,
    repetitions: Option<Repetitions>,
    breakers: Option<SequenceBreakers>,
}

struct TokenState {
    token: u32,
    bias: f64,
    /// Whether it is in the prompt or was generated.
    seen: bool,
    generated: u32,
    /// DRY's penalty in the current step.
    dry: f64,
}

impl Adjustments {
    /// Nothing where the settings leave logits as they are. Sequence breakers are only found with a tokenizer.
    pub fn new(sampling: &Sampling, prompt: &[u32], tokenizer: Option<&Arc<Tokenizer>>) -> Option<Self> {
        let dry = sampling.dry.as_ref().filter(|dry| dry.multiplier > 0.0);
        let penalises =
            sampling.repetition_penalty != 1.0 || sampling.frequency_penalty != 0.0 || sampling.presence_penalty != 0.0;
        if dry.is_none() && !penalises && sampling.logit_bias.is_empty() && sampling.banned_tokens.is_empty() {
            return None;
        }
        let mut banned = sampling.banned_tokens.clone();
        banned.sort_unstable();
        let mut adjustments = Self {
            banned,
            repetition: f64::from(sampling.repetition_penalty),
            frequency: f64::from(sampling.frequency_penalty),
            presence: f64::from(sampling.presence_penalty),
            tokens: Vec::new(),
            places: HashMap::new(),
            repetitions: dry.map(Repetitions::new),
            breakers: dry.zip(tokenizer).and_then(|(dry, text)| SequenceBreakers::new(&dry.sequence_breakers, text)),
        };
        for (&token, &bias) in &sampling.logit_bias {
            adjustments.state(token).bias = f64::from(bias);
        }
        if adjustments.repetition != 1.0 {
            prompt.iter().for_each(|&token| adjustments.state(token).seen = true);
        }
        // What is out of range need not be read.
        let range = dry.and_then(|dry| dry.range_tokens).map_or(usize::MAX, |range| range as usize);
        for &token in &prompt[prompt.len().saturating_sub(range)..] {
            adjustments.note_for_dry(token);
        }
        Some(adjustments)
    }

    /// A token was generated.
    pub fn push(&mut self, token: u32) {
        if self.repetition != 1.0 || self.frequency != 0.0 || self.presence != 0.0 {
            let state = self.state(token);
            state.seen = true;
            state.generated = state.generated.saturating_add(1);
        }
        self.note_for_dry(token);
    }

    pub fn bans(&self, token: u32) -> bool {
        self.banned.binary_search(&token).is_ok()
    }

    /// Tokens that are not in `logits` are passed over.
    pub fn apply(&mut self, logits: &mut [f32]) {
        for &token in &self.banned {
            if let Some(logit) = logits.get_mut(token as usize) {
                *logit = f32::NEG_INFINITY;
            }
        }
        self.weigh_repetitions();
        for state in &mut self.tokens {
            let dry = std::mem::take(&mut state.dry);
            let Some(logit) = logits.get_mut(state.token as usize).filter(|logit| logit.is_finite()) else { continue };
            let mut adjusted = f64::from(*logit) + state.bias;
            if state.seen {
                adjusted = if adjusted > 0.0 { adjusted / self.repetition } else { adjusted * self.repetition };
            }
            if state.generated > 0 {
                adjusted -= f64::from(state.generated) * self.frequency + self.presence;
            }
            adjusted -= dry;
            *logit = adjusted.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32;
        }
    }

    fn weigh_repetitions(&mut self) {
        let Some(mut repetitions) = self.repetitions.take() else { return };
        repetitions.for_each(|token, penalty| {
            let state = self.state(token);
            state.dry = state.dry.max(penalty);
        });
        self.repetitions = Some(repetitions);
    }

    fn note_for_dry(&mut self, token: u32) {
        if let Some(repetitions) = &mut self.repetitions {
            let is_break = self.breakers.as_mut().is_some_and(|breakers| breakers.push(token));
            repetitions.push(token, is_break);
        }
    }

    fn state(&mut self, token: u32) -> &mut TokenState {
        let place = *self.places.entry(token).or_insert_with(|| {
            self.tokens.push(TokenState { token, bias: 0.0, seen: false, generated: 0, dry: 0.0 });
            self.tokens.len() - 1
        });
        &mut self.tokens[place]
    }
}
