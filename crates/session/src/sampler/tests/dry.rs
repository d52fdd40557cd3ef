use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use proptest::prelude::*;

use super::super::dry::{Dry, Repetitions};
use super::super::sequence_breakers::SequenceBreakers;
use super::reference;
use crate::byte_tokenizer::byte_tokenizer;

fn penalties(settings: &Dry, history: &[u32]) -> BTreeMap<u32, f64> {
    let mut repetitions = Repetitions::new(settings);
    for &token in history {
        repetitions.push(token, settings.sequence_breakers.iter().any(|breaker| breaker.as_bytes() == [token as u8]));
    }
    let mut penalties = BTreeMap::new();
    repetitions.for_each(|token, penalty| {
        let greatest = penalties.entry(token).or_insert(penalty);
        *greatest = greatest.max(penalty);
    });
    penalties
}

fn of(text: &str, settings: &Dry) -> BTreeMap<char, f64> {
    let tokens: Vec<u32> = text.bytes().map(u32::from).collect();
    penalties(settings, &tokens).into_iter().map(|(token, penalty)| (token as u8 as char, penalty)).collect()
}

fn settings() -> Dry {
    Dry { multiplier: 1.0, base: 2.0, ..Dry::new(1.0) }
}

#[test]
fn the_longer_the_repetition_the_higher_the_penalty() {
    assert_eq!(of("abcX abc", &settings()), [('X', 2.0)].into());
    assert_eq!(of("abcdX abcd", &settings()), [('X', 4.0)].into());
    assert_eq!(of("bcX bc", &settings()), [('X', 1.0)].into(), "the allowed length costs the multiplier");
    assert_eq!(of("cX c", &settings()), [].into(), "and less costs nothing");
}

#[test]
fn of_several_repetitions_the_longest_counts() {
    assert_eq!(of("bcX-abcX abc", &settings()), [('X', 2.0)].into());
    assert_eq!(of("bcX-abcY abc", &settings()), [('X', 1.0), ('Y', 2.0)].into());
}

#[test]
fn a_repetition_may_overlap_itself() {
    assert_eq!(of("aaaa", &settings()), [('a', 2.0)].into());
}

#[test]
fn repetitions_end_at_sequence_breakers() {
    assert_eq!(of("a\nbcX a\nbc", &settings()), [('X', 1.0)].into());
    assert_eq!(of("abc\nX abc\n", &settings()), [].into());
    assert_eq!(of("abc\n abc", &settings()), [].into(), "a breaker costs nothing");
}

#[test]
fn what_is_out_of_range_is_forgotten() {
    let near = |range| Dry { range_tokens: Some(range), ..settings() };
    assert_eq!(of("abcX abc", &near(8)), [('X', 2.0)].into());
    assert_eq!(of("abcX abc", &near(7)), [('X', 1.0)].into());
    assert_eq!(of("abcX abc", &near(6)), [].into());
}

#[test]
fn a_breaker_may_be_a_part_of_a_token_or_several() {
    let breakers = ["。", "END", "--"].map(String::from);
    let mut breakers = SequenceBreakers::new(&breakers, &Arc::new(byte_tokenizer())).unwrap();
    let found: String =
        "a。bEND EN D---E".bytes().map(|byte| if breakers.push(u32::from(byte)) { '!' } else { '.' }).collect();
    assert_eq!(found, "...!...!......!!.");
    assert!(SequenceBreakers::new(&[], &Arc::new(byte_tokenizer())).is_none());
}

#[test]
fn a_long_history_of_one_token_takes_no_longer_than_any_other() {
    let time = |token: fn(u32) -> u32| {
        let mut repetitions = Repetitions::new(&settings());
        (0..200_000).for_each(|i| repetitions.push(token(i), false));
        let start = Instant::now();
        let mut found = 0;
        repetitions.for_each(|_, _| found += 1);
        (start.elapsed(), found)
    };
    let (same, found) = time(|_| 7);
    assert_eq!(found, 199_998);
    let (different, _) = time(|i| i.wrapping_mul(2_654_435_761) % 1000);
    // Quadratic time would be thousands of times as much.
    assert!(same < different * 50, "{same:?} and {different:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]
    #[test]
    fn penalties_are_those_of_the_definition(
        history in prop::collection::vec(prop_oneof![5 => 97u32..100, 1 => Just(10u32)], 0..80),
        multiplier in 0.01f32..5.0,
        base in prop_oneof![Just(1f32), 1f32..100.0],
        allowed_length in 1u32..6,
        range_tokens in prop::option::of(1u32..100),
    ) {
        let settings = Dry { multiplier, base, allowed_length, range_tokens, ..Dry::new(1.0) };
        for (token, penalty) in penalties(&settings, &history) {
            let expected = reference::penalties(&settings, &history)[&token];
            // Above all logits they are all the same.
            let both_huge = penalty > 1e38 && expected > 1e38;
            prop_assert!(both_huge || (penalty / expected - 1.0).abs() < 1e-12, "{} and {}", penalty, expected);
        }
        prop_assert_eq!(penalties(&settings, &history).len(), reference::penalties(&settings, &history).len());
    }
}
