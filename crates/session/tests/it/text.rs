use proptest::prelude::*;
use serde_json::json;
use tramontane_session::{FinishReason, ScriptedReply, StreamPart};

use crate::reader::{Reader, finish_of, prompt, text_of};

#[test]
fn a_reply_arrives_piece_by_piece_and_ends_with_its_usage() {
    let mut reader = Reader::of([ScriptedReply::says("Hello")]);
    reader.submit(1, prompt("Hi"));
    let parts = reader.read(1);
    assert_eq!(text_of(&parts), "Hello");
    assert_eq!(parts.len(), 6, "one delta a token, and the finish part");
    let Some(StreamPart::Finish { finish_reason, usage, timings }) = parts.last() else { unreachable!() };
    assert_eq!(*finish_reason, FinishReason::Stop);
    assert_eq!((usage.input_tokens, usage.output_tokens, usage.total_tokens), (2, 6, 8));
    assert!(timings.first_token_ms.is_some_and(|ms| ms <= timings.total_ms));
}

#[test]
fn a_chat_is_written_in_the_models_template() {
    let mut reader = Reader::of([ScriptedReply::says("Hello")]);
    reader.submit(1, json!({ "prompt": { "messages": [{ "role": "user", "content": "Hi" }] } }));
    let parts = reader.read(1);
    let Some(StreamPart::Finish { usage, .. }) = parts.last() else { panic!("{parts:?}") };
    // <|im_start|> user \n Hi <|im_end|> \n <|im_start|> assistant \n: a byte is a token, and so is a marker.
    assert_eq!(usage.input_tokens, 1 + 5 + 2 + 1 + 1 + 1 + 10);
}

#[test]
fn max_output_tokens_is_exact() {
    let mut reader = Reader::of([ScriptedReply::says("Hello")]);
    reader.submit(1, json!({ "prompt": { "text": "Hi" }, "maxOutputTokens": 3 }));
    let parts = reader.read(1);
    assert_eq!((text_of(&parts).as_str(), finish_of(&parts)), ("Hel", FinishReason::Length));
}

#[test]
fn a_stop_sequence_is_cut_exactly_and_never_shown() {
    let mut reader = Reader::of([ScriptedReply::says("one two STOP three")]);
    reader.submit(1, json!({ "prompt": { "text": "Hi" }, "stopSequences": ["STOP", "never"] }));
    let parts = reader.read(1);
    assert_eq!((text_of(&parts).as_str(), finish_of(&parts)), ("one two ", FinishReason::Stop));
}

#[test]
fn what_looked_like_a_stop_sequence_comes_through_at_the_end() {
    let mut reader = Reader::of([ScriptedReply::says("one ST")]);
    reader.submit(1, json!({ "prompt": { "text": "Hi" }, "stopSequences": ["STOP"] }));
    assert_eq!(text_of(&reader.read(1)), "one ST");
}

#[test]
fn a_character_that_the_limit_cuts_in_half_is_replaced_not_broken() {
    let mut reader = Reader::of([ScriptedReply::says("a👋")]);
    reader.submit(1, json!({ "prompt": { "text": "Hi" }, "maxOutputTokens": 3 }));
    assert_eq!(text_of(&reader.read(1)).trim_end_matches('\u{fffd}'), "a");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn joined_deltas_are_the_reply_in_any_script(text in "(\\PC|[👋🏽👩‍💻é́中文字]){1,40}") {
        let mut reader = Reader::of([ScriptedReply::says(&text)]);
        reader.submit(1, prompt("Hi"));
        let parts = reader.read(1);
        prop_assert_eq!(text_of(&parts), text);
        let no_delta_is_empty = parts.iter().all(|part| !matches!(part, StreamPart::TextDelta { delta } if delta.is_empty()));
        prop_assert!(no_delta_is_empty);
    }
}
