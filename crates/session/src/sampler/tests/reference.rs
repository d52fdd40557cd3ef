//! The documented rules, written down as plainly as possible: everything sorted, every pair compared, nothing skipped.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::super::candidates::weight;
use super::super::{Dry, Sampling};

pub struct Reference {
    sampling: Sampling,
    /// Prompt and reply.
    history: Vec<u32>,
    prompt_length: usize,
    random: ChaCha8Rng,
}

impl Reference {
    pub fn new(sampling: &Sampling, seed: u64, prompt: &[u32]) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let random = ChaCha8Rng::from_seed(key);
        Self { sampling: sampling.clone(), history: prompt.into(), prompt_length: prompt.len(), random }
    }

    pub fn sample(&mut self, logits: &[f32]) -> u32 {
        let greedy = self.sampling.temperature < 1e-5 || self.sampling.top_k == 1;
        let uniform = if greedy { 0 } else { self.random.next_u64() };
        let token = match self.sampling.forced_tokens.get(self.history.len() - self.prompt_length) {
            Some(&forced) => forced,
            None => draw(&self.sampling, uniform, &self.adjusted(logits)).unwrap_or_else(|| {
                (0..logits.len() as u32).find(|token| !self.sampling.banned_tokens.contains(token)).unwrap_or(0)
            }),
        };
        self.history.push(token);
        token
    }

    /// The logits behind bans, biases, penalties and DRY.
    pub fn adjusted(&self, logits: &[f32]) -> Vec<f32> {
        let reply = &self.history[self.prompt_length..];
        let dry = self.sampling.dry.as_ref().map(|dry| penalties(dry, &self.history)).unwrap_or_default();
        let adjust = |(token, &logit): (u32, &f32)| {
            if self.sampling.banned_tokens.contains(&token) {
                return f32::NEG_INFINITY;
            }
            if !logit.is_finite() {
                return logit;
            }
            let mut l = f64::from(logit);
            l += f64::from(self.sampling.logit_bias.get(&token).copied().unwrap_or(0.0));
            let r = f64::from(self.sampling.repetition_penalty);
            if self.history.contains(&token) {
                l = if l > 0.0 { l / r } else { l * r };
            }
            let c = reply.iter().filter(|&&other| other == token).count() as f64;
            if c > 0.0 {
                l -= c * f64::from(self.sampling.frequency_penalty) + f64::from(self.sampling.presence_penalty);
            }
            l -= dry.get(&token).copied().unwrap_or(0.0);
            l.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32
        };
        (0..).zip(logits).map(adjust).collect()
    }
}

/// What DRY takes off which token. Tokens are bytes here, and breakers single ones.
pub fn penalties(dry: &Dry, history: &[u32]) -> BTreeMap<u32, f64> {
    let start = dry.range_tokens.map_or(0, |range| history.len().saturating_sub(range as usize));
    let h = &history[start..];
    let breaks = |token: u32| dry.sequence_breakers.iter().any(|breaker| breaker.as_bytes() == [token as u8]);
    let mut lengths = BTreeMap::<u32, u32>::new();
    for next in 1..h.len() {
        for length in 1..=next {
            let (earlier, latest) = (&h[next - length..next], &h[h.len() - length..]);
            if earlier == latest && !latest.iter().any(|&token| breaks(token)) && !breaks(h[next]) {
                let longest = lengths.entry(h[next]).or_default();
                *longest = (*longest).max(length as u32);
            }
        }
    }
    lengths.retain(|_, length| *length >= dry.allowed_length);
    let penalty = |length: u32| {
        let power = (dry.allowed_length..length).fold(1.0, |power, _| power * f64::from(dry.base));
        f64::from(dry.multiplier) * power
    };
    lengths.into_iter().map(|(token, length)| (token, penalty(length))).collect()
}

/// The filters and the draw; nothing where no logit is above negative infinity.
pub fn draw(sampling: &Sampling, uniform: u64, logits: &[f32]) -> Option<u32> {
    let mut ranked: Vec<usize> =
        (0..logits.len()).filter(|&i| !logits[i].is_nan() && logits[i] != f32::NEG_INFINITY).collect();
    // Stable, so that equal logits stay in the order of their ids.
    ranked.sort_by(|&a, &b| logits[b].partial_cmp(&logits[a]).unwrap());
    let best = *ranked.first()?;
    if sampling.temperature < 1e-5 {
        return Some(best as u32);
    }
    if sampling.top_k > 0 {
        ranked.truncate(sampling.top_k as usize);
    }
    let weight = |i: usize| {
        let same = logits[i] == logits[best];
        let below = f64::from(logits[i]) - f64::from(logits[best]);
        u128::from(weight(if same { 0.0 } else { below / f64::from(sampling.temperature) }))
    };
    let sum = |tokens: &[usize]| tokens.iter().map(|&i| weight(i)).sum::<u128>();
    if sampling.top_p < 1.0 {
        let enough = (f64::from(sampling.top_p) * sum(&ranked) as f64).ceil() as u128;
        let mut reached = 0;
        let count = ranked.iter().take_while(|&&i| {
            let needed = reached < enough;
            reached += weight(i);
            needed
        });
        let count = count.count();
        ranked.truncate(count);
    }
    let best_weight = weight(best) as f64;
    ranked.retain(|&i| weight(i) as f64 >= f64::from(sampling.min_p) * best_weight);
    ranked.sort();
    let mut left = (u128::from(uniform) * sum(&ranked)) >> 64;
    for i in ranked {
        if left < weight(i) {
            return Some(i as u32);
        }
        left -= weight(i);
    }
    unreachable!("less than the sum is drawn")
}
