//! Choosing the next token from the engine's logits.
//!
//! What must hold:
//! - The same seed, settings and logits give the same tokens, on every platform: `e^x` uses only operations that
//!   IEEE 754 defines exactly, and probabilities are whole numbers, which add up to the same in any order.
//! - A token whose logit is NaN or negative infinity is never chosen, unless there is no other.
//! - Every sampled token takes exactly one number from the generator, greedy ones none, so that a sequence can be
//!   continued elsewhere by counting its tokens.
//! - A vocabulary is never sorted whole when the filters leave only a part of it.

use std::cmp::Ordering;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

mod sampling;
#[cfg(test)]
mod tests;

pub use sampling::Sampling;

/// Below this temperature the choice is greedy: dividing by less only loses precision.
const GREEDY_BELOW: f32 = 1e-5;

/// The weight of the most probable token. What is less than half of 2^-40 as probable as that counts as impossible;
/// the sum of 16 million weights still fits.
const WEIGHT_OF_BEST: u64 = 1 << 40;

/// How many logits are handled at a time where each can be handled by itself.
const LANES: usize = 16;

/// Draws tokens for one sequence.
///
/// With logits `l`, temperature `T`, and the filters in this order:
/// 1. top-k keeps the `k` greatest logits (Fan, Lewis and Dauphin 2018, "Hierarchical Neural Story Generation");
/// 2. softmax: `p_i = exp((l_i - max l) / T) / sum_j exp((l_j - max l) / T)`, over what is kept;
/// 3. top-p keeps the smallest set of most probable tokens with `sum p_i >= topP`, at least one token (Holtzman et al.
///    2020, "The Curious Case of Neural Text Degeneration");
/// 4. one draw among what is kept, in proportion to `p`: with `u` uniform in [0, 1), the first token in the order of
///    token ids whose cumulative probability is above `u`.
///
/// Of equal logits the lower token ranks first. A logit of positive infinity takes all the probability, shared with
/// others like it.
pub struct Sampler {
    greedy: bool,
    temperature: f64,
    top_k: usize,
    top_p: f64,
    random: ChaCha8Rng,
    /// What is still in the draw; kept between tokens for its memory, as is the copy to be put in another order.
    candidates: Vec<Candidate>,
    ranking: Vec<Candidate>,
}

#[derive(Clone, Copy)]
struct Candidate {
    token: u32,
    logit: f32,
    /// The probability up to a factor that all candidates share; [`WEIGHT_OF_BEST`] for the most probable.
    weight: u64,
}

impl Sampler {
    /// A sampler at the start of the seed's sequence of draws. `seed` is used, not `sampling.seed`: who has none to
    /// pass chooses one at random.
    ///
    /// Settings that [`Sampling::validate`] would refuse do no harm, but mean nothing in particular.
    pub fn new(sampling: &Sampling, seed: u64) -> Self {
        // The key is the seed itself and nothing library-specific, so that a seed outlives versions of rand.
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        Self {
            greedy: sampling.temperature.is_nan() || sampling.temperature < GREEDY_BELOW || sampling.top_k == 1,
            temperature: f64::from(sampling.temperature),
            top_k: if sampling.top_k == 0 { usize::MAX } else { sampling.top_k as usize },
            top_p: f64::from(sampling.top_p),
            random: ChaCha8Rng::from_seed(key),
            candidates: Vec::new(),
            ranking: Vec::new(),
        }
    }

    /// The next token: an index into `logits`. 0 when no logit is above negative infinity, or there is none at all.
    pub fn sample(&mut self, logits: &[f32]) -> u32 {
        let maximum = maximum(logits);
        if self.greedy {
            return first_at(logits, maximum);
        }
        let uniform = self.random.next_u64();
        if maximum == f32::NEG_INFINITY {
            return 0;
        }
        self.gather(logits, maximum);
        self.weigh(maximum);
        if self.top_p < 1.0 {
            self.keep_nucleus();
        }
        self.draw(uniform)
    }

    /// Fills `candidates` with the top-k tokens, in the order of their ids.
    fn gather(&mut self, logits: &[f32], maximum: f32) {
        self.candidates.clear();
        let keep = self.top_k;
        // Candidates collect until there are twice as many as needed, then the worse half goes. What is left sets the
        // bar, which few of the remaining logits pass: one comparison for each of the others.
        let room = keep.saturating_mul(2).max(1024);
        let mut bar = if maximum == f32::INFINITY { f32::MAX } else { f32::NEG_INFINITY };
        let mut cut = false;
        for (token, &logit) in logits.iter().enumerate() {
            // False for NaN. An equal logit comes later, so it ranks behind those that set the bar.
            if logit > bar {
                self.candidates.push(Candidate { token: token as u32, logit, weight: 0 });
                if self.candidates.len() == room {
                    bar = self.keep_best(keep);
                    cut = true;
                }
            }
        }
        if self.candidates.len() > keep {
            self.keep_best(keep);
            cut = true;
        }
        if cut {
            self.candidates.sort_unstable_by_key(|candidate| candidate.token);
        }
    }

    /// Keeps the `count` best candidates, in no order, and returns the least logit among them.
    fn keep_best(&mut self, count: usize) -> f32 {
        let (_, least, _) = self.candidates.select_nth_unstable_by(count - 1, rank);
        let least = least.logit;
        self.candidates.truncate(count);
        least
    }

    fn weigh(&mut self, maximum: f32) {
        let (maximum, temperature) = (f64::from(maximum), self.temperature);
        // In lanes, which the compiler turns into vector instructions.
        for chunk in self.candidates.chunks_mut(LANES) {
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

    /// Keeps the top-p candidates, in the order of their ids.
    fn keep_nucleus(&mut self) {
        let total = sum(&self.candidates);
        let enough = (self.top_p * total as f64).ceil() as u64;
        // Tokens below (1 - p) / n of the total are less than 1 - p of it together, so none of them is needed to
        // reach p. Half of that, to be safe from rounding.
        let floor = (0.5 * (1.0 - self.top_p) * total as f64 / self.candidates.len() as f64) as u64;
        self.candidates.retain(|candidate| candidate.weight >= floor);
        self.ranking.clone_from(&self.candidates);

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
            self.candidates.retain(|candidate| rank(candidate, &last).is_le());
        }
    }

    /// `uniform` is in [0, 1), in units of 2^-64.
    fn draw(&self, uniform: u64) -> u32 {
        let mut left = ((u128::from(uniform) * u128::from(sum(&self.candidates))) >> 64) as u64;
        for candidate in &self.candidates {
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

/// The greatest logit; NaN does not count.
fn maximum(logits: &[f32]) -> f32 {
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

/// The first token with this logit; 0 for negative infinity, where no token is better than another.
fn first_at(logits: &[f32], maximum: f32) -> u32 {
    if maximum == f32::NEG_INFINITY {
        return 0;
    }
    logits.iter().position(|&logit| logit == maximum).unwrap_or(0) as u32
}

/// Best first: the greater logit, then the lower token. Only for logits that are numbers.
fn rank(a: &Candidate, b: &Candidate) -> Ordering {
    b.logit.partial_cmp(&a.logit).unwrap_or(Ordering::Equal).then(a.token.cmp(&b.token))
}

/// The weight of a logit that is so much below the greatest, in units of the temperature; `below` is not positive.
fn weight(below: f64) -> u64 {
    /// Adding it leaves the rounded number in the lowest bits: a conversion that vector instructions have.
    const ROUNDING: f64 = (1u64 << 52) as f64;
    (exp(below) * WEIGHT_OF_BEST as f64 + ROUNDING).to_bits() - ROUNDING.to_bits()
}

/// `e^x` for `x` from -700 to 0, to within a few units in the last place; below that, what it is for -700.
///
/// The standard library's goes to the platform's mathematics library, whose last bits differ from one to the next, and
/// with them now and then a sampled token. This one adds and multiplies only: `x = k ln 2 + r`, the Taylor series of
/// `e^r`, times `2^k`. Without branches, so that it can be vectorised.
fn exp(x: f64) -> f64 {
    /// Adding and taking away 1.5 * 2^52 rounds to a whole number.
    const ROUNDING: f64 = 6_755_399_441_055_744.0;
    /// ln 2 in two parts; the first has trailing zero bits, so that its product with `k` is exact.
    const LN_2_HIGH: f64 = f64::from_bits(0x3FE6_2E42_FEE0_0000);
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    const INVERSE_FACTORIALS: [f64; 13] = [
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ];
    let x = x.max(-700.0);
    let shifted = x * std::f64::consts::LOG2_E + ROUNDING;
    let k = shifted - ROUNDING;
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    let series = INVERSE_FACTORIALS.iter().fold(0.0, |sum, factor| sum * r + factor);
    // The lowest bits of `shifted` are k; the shift leaves nothing but the exponent.
    series * f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52)
}
