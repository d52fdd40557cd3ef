use serde_json::json;
use tramontane_session::{ErrorCode, FinishReason, ScriptedReply, StreamPart};

use crate::reader::{Reader, finish_of, text_of};

#[test]
fn a_reply_stops_where_its_grammar_is_complete() {
    let mut reader = Reader::of([ScriptedReply::says("yes, of course")]);
    reader.submit(1, json!({"prompt": {"text": "?"}, "grammar": {"type": "regex", "pattern": "yes|no"}}));
    let parts = reader.read(1);
    assert_eq!((text_of(&parts).as_str(), finish_of(&parts)), ("yes", FinishReason::Stop));
}

#[test]
fn a_reply_that_wants_something_else_follows_its_grammar_all_the_same() {
    let mut reader = Reader::of([ScriptedReply::says("I would rather not")]);
    let schema = json!({"type": "array", "items": {"const": "a"}, "minItems": 2, "maxItems": 2});
    reader.submit(1, json!({"prompt": {"text": "?"}, "responseFormat": {"type": "json", "schema": schema}}));
    let parts = reader.read(1);
    assert_eq!(finish_of(&parts), FinishReason::Stop);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&text_of(&parts)).unwrap(), json!(["a", "a"]));
}

#[test]
fn streams_in_turns_keep_their_grammars_apart() {
    let mut reader = Reader::of([ScriptedReply::says("x".repeat(200))]);
    for (id, letter) in [(1, 'a'), (2, 'b'), (3, 'c')] {
        let pattern = format!("{letter}{{100}}");
        reader.submit(id, json!({"prompt": {"text": "?"}, "grammar": {"type": "regex", "pattern": pattern}}));
    }
    for (id, letter) in [(1, "a"), (2, "b"), (3, "c")] {
        assert_eq!(text_of(&reader.read(id)), letter.repeat(100));
    }
}

#[test]
fn forced_tokens_and_bans_reach_the_text() {
    let mut reader = Reader::of([ScriptedReply::says("hello")]);
    let settings =
        json!({"prompt": {"text": "?"}, "forcedTokens": [72, 105], "maxOutputTokens": 3, "bannedTokens": [108, 0]});
    reader.submit(1, settings);
    // The third token would be "l"; of what is left, the model finds everything equally impossible.
    assert_eq!(text_of(&reader.read(1)), "Hi\u{1}");
}

#[test]
fn a_grammar_that_cannot_be_used_is_refused_while_others_run() {
    let mut reader = Reader::of([ScriptedReply { step_ms: 20, ..ScriptedReply::says("a long reply") }]);
    reader.submit(1, json!({"prompt": {"text": "?"}}));
    reader.submit(2, json!({"prompt": {"text": "?"}, "grammar": {"type": "lark", "source": "start: nowhere"}}));
    let refused = reader.read(2);
    let [StreamPart::Error { error, .. }] = &refused[..] else { panic!("{refused:?}") };
    assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidArgument, Some("grammar.source")));
    reader.session.cancel(1);
    assert_eq!(finish_of(&reader.read(1)), FinishReason::Aborted);
}
