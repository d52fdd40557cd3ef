use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::candidates::weight;
use super::{Sampler, Sampling, exp};

mod adjusting;
mod dry;
mod forced;
mod reference;
mod settings;

use reference::Reference;

fn sampling(temperature: f32, top_k: u32, top_p: f32) -> Sampling {
    Sampling { temperature, top_k, top_p, ..Sampling::default() }
}

fn sampler(settings: &Sampling, seed: u64) -> impl FnMut(&[f32]) -> u32 + use<> {
    let mut sampler = Sampler::new(settings, seed, &[]);
    move |logits| sampler.sample(logits).unwrap().token
}

/// Logits as models give them, with what breaks samplers mixed in: NaN, infinities, ties, zeros of both signs.
fn any_logits(random: &mut ChaCha8Rng, len: usize, spoiled: bool) -> Vec<f32> {
    (0..len)
        .map(|_| {
            let x = (random.next_u32() % 40_000) as f32 / 1000.0 - 20.0;
            match random.next_u32() % 40 {
                0 if spoiled => f32::NAN,
                1 if spoiled => f32::NEG_INFINITY,
                2 if spoiled && len < 200 => f32::INFINITY,
                3..=10 => x.round(),
                11 => -0.0,
                _ => x,
            }
        })
        .collect()
}

#[test]
fn tokens_are_those_of_the_plain_reference() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let lengths = [1, 2, 3, 7, 16, 17, 100, 1023, 1025, 3000];
    for round in 0..1000u32 {
        let len = lengths[random.next_u32() as usize % lengths.len()];
        let mut settings = sampling(
            [0.0, 0.1, 0.7, 1.0, 1.5, 100.0][random.next_u32() as usize % 6],
            [0, 0, 1, 2, 5, 40, 600, 100_000][random.next_u32() as usize % 8],
            [1.0, 1.0, 0.95, 0.9, 0.5, 0.1, 1e-6, 0.999_999_9][random.next_u32() as usize % 8],
        );
        settings.min_p = [0.0, 0.0, 1e-6, 0.05, 0.5, 1.0][random.next_u32() as usize % 6];
        let mut sample = sampler(&settings, u64::from(round));
        let mut reference = Reference::new(&settings, u64::from(round), &[]);
        for _ in 0..3 {
            let logits = any_logits(&mut random, len, round % 2 == 0);
            assert_eq!(sample(&logits), reference.sample(&logits), "{settings:?}, round {round}, {len} logits");
        }
    }
}

#[test]
fn a_flat_vocabulary_of_150_000_is_handled_like_any_other() {
    let logits = vec![0.25f32; 150_000];
    for settings in [sampling(1.0, 0, 1.0), sampling(1.0, 0, 0.9), sampling(1.0, 50_000, 0.5), sampling(0.7, 40, 1.0)] {
        let mut sample = sampler(&settings, 3);
        let mut reference = Reference::new(&settings, 3, &[]);
        for _ in 0..3 {
            assert_eq!(sample(&logits), reference.sample(&logits), "{settings:?}");
        }
    }
}

#[test]
fn greedy_takes_the_first_of_the_greatest_and_no_notice_of_nan() {
    let logits = [f32::NAN, 1.0, 3.0, f32::NAN, 3.0, f32::NEG_INFINITY];
    for settings in [sampling(0.0, 0, 1.0), sampling(9e-6, 0, 0.5), sampling(1.0, 1, 1.0)] {
        assert_eq!(sampler(&settings, 0)(&logits), 2);
    }
}

#[test]
fn without_any_usable_logit_the_token_is_0() {
    for settings in [sampling(0.0, 0, 1.0), sampling(1.0, 0, 1.0), sampling(1.0, 3, 0.5)] {
        let mut sample = sampler(&settings, 0);
        assert_eq!(sample(&[]), 0);
        assert_eq!(sample(&[f32::NAN, f32::NAN]), 0);
        assert_eq!(sample(&[f32::NAN, f32::NEG_INFINITY]), 0);
    }
}

#[test]
fn infinite_logits_share_the_draw_among_themselves() {
    let logits = [5.0, f32::INFINITY, f32::MAX, f32::INFINITY, f32::NAN];
    let mut sample = sampler(&sampling(1.0, 0, 0.99), 1);
    let mut seen = [0; 5];
    for _ in 0..1000 {
        seen[sample(&logits) as usize] += 1;
    }
    assert!(seen[1] > 400 && seen[3] > 400 && seen[1] + seen[3] == 1000, "{seen:?}");
}

#[test]
fn draws_follow_the_softmax() {
    // Pearson's chi-square against the exact probabilities; 26.1 is the 99.9th percentile with 8 degrees of freedom.
    let logits: Vec<f32> = (0..9).map(|i| (i as f32 * 1.7).sin() * 2.0).collect();
    let temperature = 0.8f32;
    let weights: Vec<f64> = logits.iter().map(|&l| (f64::from(l) / f64::from(temperature)).exp()).collect();
    let total: f64 = weights.iter().sum();
    let mut sample = sampler(&sampling(temperature, 0, 1.0), 42);
    let mut seen = [0u32; 9];
    let draws = 200_000;
    for _ in 0..draws {
        seen[sample(&logits) as usize] += 1;
    }
    let chi_square: f64 = seen
        .iter()
        .zip(&weights)
        .map(|(&seen, weight)| {
            let expected = weight / total * f64::from(draws);
            (f64::from(seen) - expected).powi(2) / expected
        })
        .sum();
    assert!(chi_square < 26.1, "chi-square {chi_square}, {seen:?}");
}

#[test]
fn the_filters_keep_what_they_say() {
    // Probabilities 0.5, 0.25, 0.125, 0.125 in the order of tokens 2, 0, 3, 1.
    let logits = [0.25f32.ln(), 0.125f32.ln(), 0.5f32.ln(), 0.125f32.ln()];
    let reachable = |settings: Sampling| {
        let mut sample = sampler(&settings, 9);
        let mut tokens: Vec<u32> = (0..500).map(|_| sample(&logits)).collect();
        tokens.sort();
        tokens.dedup();
        tokens
    };
    assert_eq!(reachable(sampling(1.0, 0, 0.49)), [2]);
    assert_eq!(reachable(sampling(1.0, 0, 0.74)), [0, 2]);
    assert_eq!(reachable(sampling(1.0, 0, 0.8)), [0, 1, 2], "of equal ones the lower token");
    assert_eq!(reachable(sampling(1.0, 3, 1.0)), [0, 1, 2]);
    assert_eq!(reachable(sampling(1.0, 3, 0.6)), [0, 2], "top-p looks at what top-k left");
    assert_eq!(reachable(sampling(1.0, 99, 1.0)), [0, 1, 2, 3]);
    let min_p = |min_p, top_p| reachable(Sampling { min_p, ..sampling(1.0, 0, top_p) });
    assert_eq!(min_p(0.51, 1.0), [2]);
    assert_eq!(min_p(0.49, 1.0), [0, 2]);
    assert_eq!(min_p(0.24, 1.0), [0, 1, 2, 3]);
    assert_eq!(min_p(0.24, 0.74), [0, 2], "min-p looks at what top-p left");
    assert_eq!(min_p(1.0, 1.0), [2]);
}

#[test]
fn the_same_seed_gives_the_same_tokens_and_another_seed_others() {
    let logits: Vec<f32> = (0..500).map(|i| (i as f32).cos()).collect();
    let draw = |seed| {
        let mut sample = sampler(&sampling(1.0, 0, 0.95), seed);
        (0..50).map(|_| sample(&logits)).collect::<Vec<_>>()
    };
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
    // Written down once, so that no change of code or dependency moves the tokens of a seed unnoticed.
    assert_eq!(draw(7)[..8], [382, 232, 1, 150, 193, 169, 176, 95]);
}

#[test]
fn the_exponential_is_the_usual_one() {
    assert_eq!(exp(0.0), 1.0);
    assert_eq!(weight(0.0), 1 << 40);
    assert_eq!(weight(-28.0), 1);
    assert_eq!(weight(-29.0), 0);
    assert_eq!(weight(-1e40), 0);
    for i in 0..70_000 {
        let x = -f64::from(i) / 100.0;
        assert!((exp(x) / x.exp() - 1.0).abs() < 1e-15, "e^{x} is {}", exp(x));
    }
}

proptest! {
    #[test]
    fn no_impossible_token_is_ever_drawn(
        logits in prop::collection::vec(prop_oneof![
            8 => -50f32..50f32,
            1 => Just(f32::NAN),
            1 => Just(f32::NEG_INFINITY),
            1 => any::<f32>(),
        ], 0..300),
        temperature in prop_oneof![Just(0f32), 0.00001f32..100.0],
        top_k in prop_oneof![Just(0u32), 1u32..400],
        top_p in prop_oneof![Just(1f32), 1e-7f32..1.0],
        seed: u64,
    ) {
        let settings = sampling(temperature, top_k, top_p);
        settings.validate().unwrap();
        let mut sample = sampler(&settings, seed);
        let mut reference = Reference::new(&settings, seed, &[]);
        for _ in 0..4 {
            let token = sample(&logits);
            prop_assert_eq!(token, reference.sample(&logits));
            if logits.iter().any(|&l| l > f32::NEG_INFINITY) {
                prop_assert!(logits[token as usize] > f32::NEG_INFINITY);
            }
        }
    }
}
