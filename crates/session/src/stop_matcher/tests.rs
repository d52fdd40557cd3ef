use std::borrow::Cow;

use proptest::prelude::*;

use super::{StopMatcher, validate_stop_sequences};

fn matcher(stop_sequences: &[&str]) -> StopMatcher {
    StopMatcher::new(stop_sequences.iter().map(|s| s.to_string()).collect())
}

/// All that is emitted, and whether it stopped.
fn emit<'a>(stop_sequences: &[&str], deltas: impl IntoIterator<Item = &'a str>) -> (String, bool) {
    let mut matcher = matcher(stop_sequences);
    let mut text = String::new();
    for delta in deltas {
        let outcome = matcher.push(delta);
        text.push_str(&outcome.text);
        if outcome.stopped {
            return (text, true);
        }
    }
    text.push_str(&matcher.finish());
    (text, false)
}

/// The first stop by looking at every place.
fn naive(stop_sequences: &[&str], text: &str) -> (String, bool) {
    for end in 1..=text.len() {
        let longest = stop_sequences
            .iter()
            .filter(|s| !s.is_empty() && text.as_bytes()[..end].ends_with(s.as_bytes()))
            .map(|s| s.len())
            .max();
        if let Some(longest) = longest {
            return (text[..end - longest].to_owned(), true);
        }
    }
    (text.to_owned(), false)
}

#[test]
fn a_stop_sequence_cut_over_deltas_is_found_and_left_out() {
    assert_eq!(emit(&["STOP"], ["so far", " S", "TO", "P and", " more"]), ("so far ".into(), true));
}

#[test]
fn only_the_possible_beginning_of_a_stop_sequence_waits() {
    let mut matcher = matcher(&["</end>"]);
    assert_eq!(matcher.push("a < b <").text, "a < b ");
    assert_eq!(matcher.push("/e").text, "");
    assert_eq!(matcher.push("lse").text, "</else");
    assert_eq!(matcher.push("<<").text, "<");
    assert_eq!(matcher.finish(), "<");
}

#[test]
fn the_sequence_that_is_complete_first_decides_and_then_the_longest() {
    assert_eq!(emit(&["abcd", "bc"], ["xabcd"]), ("xa".into(), true));
    assert_eq!(emit(&["c", "abc", "bc"], ["xabcd"]), ("x".into(), true));
    assert_eq!(emit(&["abcx", "b"], ["ab"]), ("a".into(), true));
}

#[test]
fn a_false_start_falls_back_to_a_later_one() {
    assert_eq!(emit(&["aab"], ["aa", "aa", "b"]), ("aa".into(), true));
    assert_eq!(emit(&["abab!", "ba?"], ["aba", "b", "a?"]), ("aba".into(), true));
}

#[test]
fn without_stop_sequences_deltas_pass_uncopied() {
    let mut matcher = matcher(&[]);
    assert!(matches!(matcher.push("text").text, Cow::Borrowed("text")));
    assert_eq!(matcher.finish(), "");
}

#[test]
fn a_delta_with_nothing_to_hold_passes_uncopied() {
    assert!(matches!(matcher(&["STOP"]).push("text").text, Cow::Borrowed("text")));
}

#[test]
fn nothing_comes_after_a_stop() {
    let mut matcher = matcher(&["!"]);
    assert!(matcher.push("a!b").stopped);
    let after = matcher.push("c");
    assert!(after.stopped && after.text.is_empty());
    assert_eq!(matcher.finish(), "");
}

#[test]
fn characters_that_share_bytes_are_told_apart() {
    // 👋 and 👍 differ in their last byte.
    assert_eq!(emit(&["👋"], ["a👍", "b👋c"]), ("a👍b".into(), true));
}

#[test]
fn a_long_stop_sequence_does_not_make_a_long_text_slow() {
    let almost = "a".repeat(4095);
    let stop = format!("{almost}b");
    let text = "a".repeat(200_000);
    let mut matcher = matcher(&[&stop]);
    let emitted: usize = text.as_bytes().chunks(1).map(|c| matcher.push(str::from_utf8(c).unwrap()).text.len()).sum();
    assert_eq!(emitted, 200_000 - 4095);
    assert_eq!(matcher.finish(), almost);
}

#[test]
fn refused_stop_sequences_are_named() {
    let field = |list: Vec<String>| validate_stop_sequences(&list).unwrap_err().field.unwrap();
    assert_eq!(field(vec!["a".into(), String::new()]), "stopSequences[1]");
    assert_eq!(field(vec!["x".repeat(4097)]), "stopSequences[0]");
    assert_eq!(field(vec!["x".into(); 65]), "stopSequences");
    assert_eq!(validate_stop_sequences(&vec!["x".repeat(4096); 64]), Ok(()));
    assert_eq!(validate_stop_sequences(&[]), Ok(()));
}

/// Few different characters, so that matches and near misses are common; some of several bytes that share a first one.
fn text(longest: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!['a', 'b', 'é', 'ê', '中', '丁', '👋', '👍']), 0..longest)
        .prop_map(|characters| characters.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn cutting_into_deltas_changes_nothing(
        stop_sequences in prop::collection::vec(text(5), 0..5),
        text in text(40),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let stop_sequences: Vec<&str> = stop_sequences.iter().map(String::as_str).collect();
        let starts: Vec<usize> = text.char_indices().map(|(start, _)| start).chain([text.len()]).collect();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| starts[cut.index(starts.len())]).chain([0, text.len()]).collect();
        cuts.sort();
        let deltas = cuts.windows(2).map(|cut| &text[cut[0]..cut[1]]);
        prop_assert_eq!(emit(&stop_sequences, deltas), naive(&stop_sequences, &text));
    }

    #[test]
    fn no_more_is_held_back_than_may_become_a_stop_sequence(
        stop_sequences in prop::collection::vec(text(5), 1..4),
        text in text(20),
    ) {
        let stop_sequences: Vec<&str> = stop_sequences.iter().map(String::as_str).collect();
        let mut matcher = matcher(&stop_sequences);
        let outcome = matcher.push(&text);
        if !outcome.stopped {
            let held = matcher.finish();
            let longest = (0..=text.len())
                .filter(|&start| text.is_char_boundary(start))
                .map(|start| &text[start..])
                .find(|end| end.is_empty() || stop_sequences.iter().any(|s| s.len() > end.len() && s.starts_with(end)))
                .unwrap();
            prop_assert_eq!(held, longest);
        }
    }
}
