use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use tokenizers::Tokenizer;

use super::super::adjustments::Adjustments;
use super::super::{Dry, Sampler, Sampling};
use super::reference::Reference;
use super::{any_logits, sampling};
use crate::byte_tokenizer::byte_tokenizer;

static TOKENIZER: LazyLock<Arc<Tokenizer>> = LazyLock::new(|| Arc::new(byte_tokenizer()));

/// The logits behind all adjustments, with `reply` generated after `prompt`.
fn adjusted(settings: &Sampling, prompt: &[u32], reply: &[u32], logits: &[f32]) -> Vec<f32> {
    let mut adjusted = logits.to_vec();
    if let Some(mut adjustments) = Adjustments::new(settings, prompt, Some(&TOKENIZER)) {
        reply.iter().for_each(|&token| adjustments.push(token));
        adjustments.apply(&mut adjusted);
    }
    adjusted
}

fn plain() -> Sampling {
    sampling(1.0, 0, 1.0)
}

#[test]
fn the_repetition_penalty_pulls_what_was_said_towards_impossible() {
    let settings = Sampling { repetition_penalty: 2.0, ..plain() };
    assert_eq!(adjusted(&settings, &[0, 1], &[2], &[4.0, -4.0, 1.0, 4.0]), [2.0, -8.0, 0.5, 4.0]);
    let settings = Sampling { repetition_penalty: 0.5, ..plain() };
    assert_eq!(adjusted(&settings, &[0, 1], &[], &[4.0, -4.0, 1.0]), [8.0, -2.0, 1.0], "below 1 it repeats more");
}

#[test]
fn frequency_and_presence_count_the_reply_and_not_the_prompt() {
    let settings = Sampling { frequency_penalty: 0.5, ..plain() };
    assert_eq!(adjusted(&settings, &[0, 0, 1], &[1, 1, 2], &[0.0; 4]), [0.0, -1.0, -0.5, 0.0]);
    let settings = Sampling { presence_penalty: 0.5, ..plain() };
    assert_eq!(adjusted(&settings, &[0, 0, 1], &[1, 1, 2], &[0.0; 4]), [0.0, -0.5, -0.5, 0.0]);
    let settings = Sampling { frequency_penalty: -1.0, presence_penalty: 2.0, ..plain() };
    assert_eq!(adjusted(&settings, &[], &[1, 1, 1], &[0.0; 2]), [0.0, 1.0]);
}

#[test]
fn biases_come_before_penalties() {
    let settings = Sampling { repetition_penalty: 2.0, logit_bias: [(0, 3.0), (1, -3.0)].into(), ..plain() };
    assert_eq!(adjusted(&settings, &[0, 1], &[], &[1.0, 1.0, 1.0]), [2.0, -4.0, 1.0]);
}

#[test]
fn only_what_is_finite_is_changed_and_it_stays_finite() {
    let settings = Sampling {
        repetition_penalty: 100.0,
        frequency_penalty: 2.0,
        logit_bias: (0..5).map(|token| (token, 100.0)).collect(),
        ..plain()
    };
    let logits = [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MAX, f32::MIN];
    let adjusted = adjusted(&settings, &[0, 1, 2, 3, 4], &[0, 1, 2, 3, 4], &logits);
    assert_eq!(adjusted[..2], logits[..2]);
    assert!(adjusted[2].is_nan());
    assert!(adjusted[3].is_finite());
    assert_eq!(adjusted[4], f32::MIN);
}

#[test]
fn a_banned_token_is_never_chosen_even_if_nothing_else_is_possible() {
    for temperature in [0.0, 1.0] {
        let settings =
            Sampling { banned_tokens: vec![2, 0, 2], logit_bias: [(2, 100.0)].into(), ..sampling(temperature, 0, 1.0) };
        let mut sampler = Sampler::new(&settings, 1, &[]);
        for logits in [[9.0, 1.0, f32::INFINITY], [9.0, f32::NEG_INFINITY, 9.0], [f32::NAN; 3]] {
            assert_eq!(sampler.sample(&logits).unwrap().token, 1);
        }
    }
}

#[test]
fn tokens_beyond_the_logits_do_no_harm() {
    let settings = Sampling {
        repetition_penalty: 1.5,
        frequency_penalty: 1.0,
        banned_tokens: vec![900],
        logit_bias: [(901, 5.0)].into(),
        dry: Some(Dry::new(1.0)),
        ..plain()
    };
    let mut sampler = Sampler::new(&settings, 1, &[902, u32::MAX, 902, u32::MAX]);
    assert_eq!(sampler.sample(&[1.0]).unwrap().token, 0);
}

#[test]
fn settings_that_do_nothing_cost_nothing() {
    let settings =
        Sampling { dry: Some(Dry::new(0.0)), min_p: 0.1, forced_tokens: vec![1], logprobs: Some(3), ..plain() };
    assert!(Adjustments::new(&settings, &[1, 2, 3], None).is_none());
}

fn any_dry() -> impl Strategy<Value = Dry> {
    let breakers =
        prop_oneof![Just(vec![]), Just(vec!["\n".to_string()]), Just(vec!["\n".into(), "a".into(), "b".into()])];
    (0f32..3.0, prop_oneof![Just(1f32), 1f32..4.0], 1u32..4, breakers, prop::option::of(1u32..40)).prop_map(
        |(multiplier, base, allowed_length, sequence_breakers, range_tokens)| Dry {
            multiplier,
            base,
            allowed_length,
            sequence_breakers,
            range_tokens,
        },
    )
}

/// Few tokens, so that they repeat.
fn any_tokens() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(prop_oneof![97u32..101, Just(10u32), 0u32..120], 0..60)
}

prop_compose! {
    fn any_sampling()(
        (temperature, top_k, top_p, min_p) in (
            prop_oneof![Just(0f32), 0.1f32..2.0],
            prop_oneof![2 => Just(0u32), 1 => 1u32..40],
            prop_oneof![2 => Just(1f32), 1 => 0.01f32..1.0],
            prop_oneof![2 => Just(0f32), 1 => 0f32..=1.0],
        ),
        (repetition_penalty, frequency_penalty, presence_penalty) in (
            prop_oneof![Just(1f32), 0.2f32..4.0],
            prop_oneof![Just(0f32), -2f32..=2.0],
            prop_oneof![Just(0f32), -2f32..=2.0],
        ),
        dry in prop::option::of(any_dry()),
        logit_bias in prop::collection::btree_map(0u32..130, -100f32..=100.0, 0..5),
        banned_tokens in prop::collection::vec(0u32..130, 0..5),
        forced_tokens in prop::collection::vec(97u32..101, 0..3),
    ) -> Sampling {
        Sampling {
            temperature, top_k, top_p, min_p, repetition_penalty, frequency_penalty, presence_penalty, dry, logit_bias,
            banned_tokens, forced_tokens, logprobs: None, seed: None,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn tokens_are_those_of_the_plain_reference(
        settings in any_sampling(),
        prompt in any_tokens(),
        seed: u64,
        spoiled: bool,
    ) {
        settings.validate().unwrap();
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut sampler = Sampler::reading(&settings, seed, &prompt, Some(&TOKENIZER));
        let mut reference = Reference::new(&settings, seed, &prompt);
        for _ in 0..6 {
            // Above 100 there are no tokens that DRY has met, so that it is worth its while.
            let len = if random.next_u32() % 4 == 0 { 259 } else { 120 };
            let logits = any_logits(&mut random, len, spoiled);
            prop_assert_eq!(sampler.sample(&logits).unwrap().token, reference.sample(&logits));
        }
    }

    #[test]
    fn adjusted_logits_are_those_of_the_plain_reference(
        settings in any_sampling(),
        prompt in any_tokens(),
        reply in any_tokens(),
        logits in prop::collection::vec(-30f32..30.0, 1..130),
    ) {
        // One reply token after another, as the reference does not let itself be told them.
        let settings = Sampling { forced_tokens: reply.clone(), ..settings };
        let mut reference = Reference::new(&settings, 0, &prompt);
        for _ in &reply {
            reference.sample(&logits);
        }
        prop_assert_eq!(adjusted(&settings, &prompt, &reply, &logits), reference.adjusted(&logits));
    }
}
