//! How probable a chosen token was to the model, and what it might have said instead.

use crate::sampler::{exp, maximum};
use crate::stream_part::{TokenAlternative, TokenLogProbability};

/// The least logarithm that is reported: JSON has no negative infinity, which is what an impossible token has.
const LEAST_LOGPROB: f64 = -9999.0;

/// Added up side by side, so that the compiler can use vector instructions.
const LANES: usize = 8;

/// A token and the natural logarithm of its probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogProbability {
    /// The token's id.
    pub token: u32,
    /// At most 0, at least -9999, which stands for everything below it.
    pub logprob: f64,
}

/// What is reported of a chosen token.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenLogProbabilities {
    /// The chosen token's id.
    pub token: u32,
    /// As in [`LogProbability`].
    pub logprob: f64,
    /// The most probable tokens, the best first, and of equal ones the lower id first. The chosen token is among them
    /// where it belongs there. Fewer than asked for where the others are impossible.
    pub top: Vec<LogProbability>,
}

impl TokenLogProbabilities {
    /// Of `token` and the `top` most probable tokens, under the distribution that the logits are as they stand:
    ///
    /// ```text
    /// logprob_i = l_i - max l - ln sum_j exp(l_j - max l)
    /// ```
    ///
    /// NaN and negative infinity are impossible. Positive infinities share all the probability.
    pub fn of(logits: &[f32], token: u32, top: usize) -> Self {
        let maximum = maximum(logits);
        let normaliser = if maximum.is_finite() {
            sum_of_exponentials(logits, maximum).ln()
        } else {
            (logits.iter().filter(|&&logit| logit == maximum).count().max(1) as f64).ln()
        };
        let logprob = |logit: f32| {
            if logit.is_nan() || logit == f32::NEG_INFINITY {
                return LEAST_LOGPROB;
            }
            let below = if logit == maximum { 0.0 } else { f64::from(logit) - f64::from(maximum) };
            (below - normaliser).clamp(LEAST_LOGPROB, 0.0)
        };
        Self {
            token,
            logprob: logprob(logits.get(token as usize).copied().unwrap_or(f32::NAN)),
            top: best(logits, top)
                .into_iter()
                .map(|(token, logit)| LogProbability { token, logprob: logprob(logit) })
                .collect(),
        }
    }

    /// As it is sent, with the text that `text` gives each token.
    pub(crate) fn with_texts(self, text: impl Fn(u32) -> String) -> TokenLogProbability {
        let alternatives = self.top.into_iter().map(|LogProbability { token, logprob }| TokenAlternative {
            token_id: token,
            text: text(token),
            log_probability: logprob,
        });
        TokenLogProbability {
            token_id: self.token,
            text: text(self.token),
            log_probability: self.logprob,
            alternatives: alternatives.collect(),
        }
    }
}

/// `sum_j exp(l_j - maximum)`, in double precision.
fn sum_of_exponentials(logits: &[f32], maximum: f32) -> f64 {
    let maximum = f64::from(maximum);
    // What is impossible adds e^-700, which is nothing beside the 1 of the maximum.
    let below = |logit: f32| if logit > f32::NEG_INFINITY { f64::from(logit) - maximum } else { -700.0 };
    let mut sums = [0.0; LANES];
    let chunks = logits.chunks_exact(LANES);
    let rest: f64 = chunks.remainder().iter().map(|&logit| exp(below(logit))).sum();
    for chunk in chunks {
        for (sum, &logit) in sums.iter_mut().zip(chunk) {
            *sum += exp(below(logit));
        }
    }
    sums.iter().sum::<f64>() + rest
}

/// The tokens with the greatest logits above negative infinity, at most `count`, best first.
fn best(logits: &[f32], count: usize) -> Vec<(u32, f32)> {
    let mut best: Vec<(u32, f32)> = Vec::with_capacity(count + 1);
    let mut bar = f32::NEG_INFINITY;
    if count == 0 {
        return best;
    }
    for (token, &logit) in logits.iter().enumerate() {
        // False for NaN, and for a logit that is only as good as the last that is kept, as its token is higher.
        if logit > bar {
            let at = best.partition_point(|&(_, other)| other >= logit);
            best.insert(at, (token as u32, logit));
            best.truncate(count);
            if best.len() == count {
                bar = best[count - 1].1;
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By the formula, in the order of ids, with everything sorted.
    fn reference(logits: &[f32]) -> Vec<(u32, f64)> {
        let maximum = logits.iter().fold(f64::NEG_INFINITY, |greatest, &logit| greatest.max(f64::from(logit)));
        let sum: f64 = logits.iter().filter(|logit| !logit.is_nan()).map(|&l| (f64::from(l) - maximum).exp()).sum();
        let mut ranked: Vec<(u32, f64)> =
            (0..).zip(logits).map(|(i, &l)| (i, f64::from(l) - maximum - sum.ln())).collect();
        ranked.retain(|(_, logprob)| *logprob > f64::NEG_INFINITY);
        ranked.sort_by(|a, b| b.1.partial_cmp(&a.1).unwrap());
        ranked
    }

    #[test]
    fn a_fair_coin_has_the_logarithm_of_a_half() {
        let of = TokenLogProbabilities::of(&[3.0, 3.0, f32::NEG_INFINITY], 1, 5);
        assert_eq!((of.token, of.logprob), (1, -std::f64::consts::LN_2));
        assert_eq!(of.top.iter().map(|entry| entry.token).collect::<Vec<_>>(), [0, 1], "impossible ones are left out");
        assert_eq!(TokenLogProbabilities::of(&[3.0, 3.0], 0, 0).top, []);
    }

    #[test]
    fn large_logits_neither_overflow_nor_lose_precision() {
        for offset in [-1e6f32, -500.0, 0.0, 500.0, 1e6] {
            let of = TokenLogProbabilities::of(&[offset, offset + 1.0, offset - 2.0], 0, 3);
            let expected = -(1f64 + 1f64.exp() + (-2f64).exp()).ln();
            assert!((of.logprob - expected).abs() < 1e-12, "{offset}: {}", of.logprob);
        }
        assert_eq!(TokenLogProbabilities::of(&[f32::MAX, f32::MIN], 1, 1).logprob, -9999.0);
    }

    #[test]
    fn what_is_impossible_has_the_least_logarithm() {
        let logits = [f32::NAN, f32::NEG_INFINITY, 0.0];
        for token in [0, 1, 3] {
            assert_eq!(TokenLogProbabilities::of(&logits, token, 0).logprob, -9999.0);
        }
        assert_eq!(TokenLogProbabilities::of(&[f32::NAN], 0, 3).logprob, -9999.0);
        assert_eq!(TokenLogProbabilities::of(&[], 0, 3).top, []);
    }

    #[test]
    fn infinite_logits_share_the_probability() {
        let of = TokenLogProbabilities::of(&[f32::INFINITY, 5.0, f32::INFINITY], 2, 2);
        assert_eq!(of.logprob, -std::f64::consts::LN_2);
        assert_eq!(of.top.iter().map(|entry| entry.token).collect::<Vec<_>>(), [0, 2]);
        assert_eq!(TokenLogProbabilities::of(&[f32::INFINITY, 5.0], 1, 0).logprob, -9999.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn they_are_those_of_the_plain_formula(
            logits in prop::collection::vec(prop_oneof![
                6 => -30f32..30f32,
                2 => (-5i8..5).prop_map(f32::from),
                1 => Just(f32::NAN),
                1 => Just(f32::NEG_INFINITY),
            ], 1..200),
            chosen: prop::sample::Index,
            top in 0usize..=20,
        ) {
            let token = chosen.index(logits.len()) as u32;
            let of = TokenLogProbabilities::of(&logits, token, top);
            let expected = reference(&logits);
            let own = expected.iter().find(|(id, _)| *id == token).map_or(-9999.0, |(_, logprob)| *logprob);
            prop_assert!((of.logprob - own).abs() < 1e-12);
            prop_assert_eq!(of.top.len(), top.min(expected.len()));
            for (have, (token, logprob)) in of.top.iter().zip(expected) {
                prop_assert_eq!(have.token, token);
                prop_assert!((have.logprob - logprob).abs() < 1e-12);
            }
            let total: f64 = TokenLogProbabilities::of(&logits, 0, logits.len()).top.iter().map(|entry| entry.logprob.exp()).sum();
            prop_assert!(total == 0.0 || (total - 1.0).abs() < 1e-12, "{}", total);
        }
    }
}
