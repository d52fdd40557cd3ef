//! The tokens that are still in the draw: filters and the draw itself.

use std::cmp::Ordering;

use super::exponential::exp;

/// The weight of the most probable token. What is less than half of 2^-40 as probable as that counts as impossible;
/// the sum of 16 million weights still fits.
pub(super) const WEIGHT_OF_BEST: u64 = 1 << 40;

/// How many logits are handled at a time where each can be handled by itself.
const LANES: usize = 16;

/// Tokens with their weights, in the order of token ids. Kept between draws for its memory.
#[derive(Default)]
pub(super) struct Candidates {
    kept: Vec<Candidate>,
    /// A copy to be put in another order.
    ranking: Vec<Candidate>,
}

#[derive(Clone, Copy)]
struct Candidate {
    token: u32,
    logit: f32,
    /// The probability up to a factor that all candidates share; [`WEIGHT_OF_BEST`] for the most probable.
    weight: u64,
}

impl Candidates {
    /// Takes in the `keep` tokens with the greatest logits; `maximum` is the greatest of all, and above negative
    /// infinity.
    pub fn gather(&mut self, logits: &[f32], maximum: f32, keep: usize) {
        self.kept.clear();
        // Candidates collect until there are twice as many as needed, then the worse half goes. What is left sets the
        // bar, which few of the remaining logits pass: one comparison for each of the others.
        let room = keep.saturating_mul(2).max(1024);
        let mut bar = if maximum == f32::INFINITY { f32::MAX } else { f32::NEG_INFINITY };
        let mut cut = false;
        for (token, &logit) in logits.iter().enumerate() {
            // False for NaN. An equal logit comes later, so it ranks behind those that set the bar.
            if logit > bar {
                self.kept.push(Candidate { token: token as u32, logit, weight: 0 });
                if self.kept.len() == room {
                    bar = self.keep_best(keep);
                    cut = true;
                }
            }
        }
        if self.kept.len() > keep {
            self.keep_best(keep);
            cut = true;
        }
        if cut {
            self.kept.sort_unstable_by_key(|candidate| candidate.token);
        }
    }

    /// Keeps the `count` best candidates, in no order, and returns the least logit among them.
    fn keep_best(&mut self, count: usize) -> f32 {
        let (_, least, _) = self.kept.select_nth_unstable_by(count - 1, rank);
        let least = least.logit;
        self.kept.truncate(count);
        least
    }

    /// Gives every candidate its weight at this temperature.
    pub fn weigh(&mut self, maximum: f32, temperature: f64) {
        let maximum = f64::from(maximum);
        // In lanes, which the compiler turns into vector instructions.
        for chunk in self.kept.chunks_mut(LANES) {
            let mut below = [0.0; LANES];
            for (below, candidate) in below.iter_mut().zip(&*chunk) {
                let logit = f64::from(candidate.logit);
                // The comparison is for infinity, where the difference would be NaN.
                *below = if logit == maximum { 0.0 } else { (logit - maximum) / temperature };
            }
            let weights = below.map(weight);
            for (candidate, weight) in chunk.iter_mut().zip(weights) {
                candidate.weight = weight;
            }
        }
    }

    /// Keeps the fewest most probable candidates that have `top_p` of the probability together.
    pub fn keep_nucleus(&mut self, top_p: f64) {
        let total = sum(&self.kept);
        let enough = (top_p * total as f64).ceil() as u64;
        // Tokens below (1 - p) / n of the total are less than 1 - p of it together, so none of them is needed to
        // reach p. Half of that, to be safe from rounding.
        let floor = (0.5 * (1.0 - top_p) * total as f64 / self.kept.len() as f64) as u64;
        self.kept.retain(|candidate| candidate.weight >= floor);
        self.ranking.clone_from(&self.kept);

        // Bisection: those before `kept` are in, with `kept_sum` together, those from `end` on are out. Nothing is
        // sorted, and every round looks at half as many as the one before.
        let (mut kept, mut kept_sum, mut end) = (0, 0, self.ranking.len());
        while end - kept > 1 {
            let middle = kept + (end - kept) / 2;
            self.ranking[kept..end].select_nth_unstable_by(middle - kept, rank);
            let better = sum(&self.ranking[kept..middle]);
            if kept_sum + better >= enough {
                end = middle;
            } else {
                kept = middle;
                kept_sum += better;
            }
        }
        if let Some(&last) = self.ranking.get(kept) {
            self.kept.retain(|candidate| rank(candidate, &last).is_le());
        }
    }

    /// Keeps the candidates that are at least `min_p` as probable as the most probable one.
    pub fn keep_likely(&mut self, min_p: f64) {
        let least = (min_p * WEIGHT_OF_BEST as f64).ceil() as u64;
        self.kept.retain(|candidate| candidate.weight >= least);
    }

    /// One of the candidates, in proportion to their weights. `uniform` is in [0, 1), in units of 2^-64.
    pub fn draw(&self, uniform: u64) -> u32 {
        let mut left = ((u128::from(uniform) * u128::from(sum(&self.kept))) >> 64) as u64;
        for candidate in &self.kept {
            match left.checked_sub(candidate.weight) {
                Some(rest) => left = rest,
                None => return candidate.token,
            }
        }
        // Not reached: what is left is less than the sum.
        0
    }
}

fn sum(candidates: &[Candidate]) -> u64 {
    candidates.iter().map(|candidate| candidate.weight).sum()
}

/// Best first: the greater logit, then the lower token. Only for logits that are numbers.
fn rank(a: &Candidate, b: &Candidate) -> Ordering {
    b.logit.partial_cmp(&a.logit).unwrap_or(Ordering::Equal).then(a.token.cmp(&b.token))
}

/// The greatest logit; NaN does not count.
pub(crate) fn maximum(logits: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let chunks = logits.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, &logit) in lanes.iter_mut().zip(chunk) {
            *lane = if logit > *lane { logit } else { *lane };
        }
    }
    lanes.iter().chain(rest).fold(f32::NEG_INFINITY, |greatest, &logit| if logit > greatest { logit } else { greatest })
}

/// The weight of a logit that is so much below the greatest, in units of the temperature; `below` is not positive.
pub(super) fn weight(below: f64) -> u64 {
    /// Adding it leaves the rounded number in the lowest bits: a conversion that vector instructions have.
    const ROUNDING: f64 = (1u64 << 52) as f64;
    (exp(below) * WEIGHT_OF_BEST as f64 + ROUNDING).to_bits() - ROUNDING.to_bits()
}
