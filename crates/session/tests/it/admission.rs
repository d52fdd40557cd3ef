use serde_json::json;
use tramontane_session::{ErrorCode, FinishReason, Script, ScriptedReply, StreamPart};

use crate::reader::{Reader, finish_of, prompt, text_of};

#[test]
fn streams_are_taken_up_in_the_order_of_submission() {
    let mut reader = Reader::of(["first", "second", "third"].map(ScriptedReply::says));
    for id in 1..=3 {
        reader.submit(id, prompt("Hi"));
    }
    for (id, text) in [(3, "third"), (1, "first"), (2, "second")] {
        assert_eq!(text_of(&reader.read(id)), text);
    }
}

#[test]
fn a_request_that_cannot_be_run_is_refused_while_another_runs() {
    let mut reader = Reader::of([ScriptedReply { step_ms: 20, ..ScriptedReply::says("a long reply") }]);
    reader.submit(1, prompt("Hi"));
    reader.submit(2, prompt(""));
    let refused = reader.read(2);
    let [StreamPart::Error { error, .. }] = &refused[..] else { panic!("{refused:?}") };
    assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidArgument, Some("prompt")));
    reader.session.cancel(1);
    assert_eq!(finish_of(&reader.read(1)), FinishReason::Aborted);
}

#[test]
fn the_reply_gets_what_the_prompt_leaves_of_the_context() {
    let script = Script { context_length: 8, ..Script::of([ScriptedReply::says("0123456789")]) };
    let mut reader = Reader::of_script(script);
    reader.submit(1, json!({ "prompt": { "text": "abc" }, "maxOutputTokens": 1000 }));
    let parts = reader.read(1);
    assert_eq!((text_of(&parts).as_str(), finish_of(&parts)), ("01234", FinishReason::Length));
}

#[test]
fn bad_values_are_refused_by_name() {
    let mut reader = Reader::of([ScriptedReply::says("Hello")]);
    let cases = [
        (json!({ "prompt": { "text": "Hi" }, "temperature": -1 }), "temperature"),
        (json!({ "prompt": { "text": "Hi" }, "temperature": 1e30 }), "temperature"),
        (json!({ "prompt": { "text": "Hi" }, "topP": 0 }), "topP"),
        (json!({ "prompt": { "text": "Hi" }, "topP": 1.5 }), "topP"),
        (json!({ "prompt": { "text": "Hi" }, "maxOutputTokens": 0 }), "maxOutputTokens"),
        (json!({ "prompt": { "text": "Hi" }, "stopSequences": ["x", ""] }), "stopSequences[1]"),
        (json!({ "prompt": { "messages": [] } }), "messages"),
        (json!({ "prompt": { "tokens": [1, 2, 300] } }), "tokens[2]"),
        (json!({ "prompt": 3 }), "prompt"),
        (json!({ "prompt": { "text": "Hi" }, "topK": -1 }), "topK"),
        (json!({ "prompt": { "text": "Hi" }, "seed": "x" }), "seed"),
        (json!({ "prompt": { "text": "Hi" }, "temperature": null }), "temperature"),
        (json!("Hi"), "request"),
    ];
    for (id, (request, field)) in (1..).zip(cases) {
        reader.submit(id, request.clone());
        let parts = reader.read(id);
        let [StreamPart::Error { error, .. }] = &parts[..] else { panic!("{request} gave {parts:?}") };
        assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidArgument, Some(field)), "{request}");
    }
}

#[test]
fn many_streams_all_get_their_own_reply() {
    let replies: Vec<_> = (0..50).map(|n| ScriptedReply::says(format!("reply {n}"))).collect();
    let mut reader = Reader::of(replies);
    (0..50).for_each(|id| reader.submit(id, prompt("Hi")));
    for id in 0..50 {
        assert_eq!(text_of(&reader.read(id)), format!("reply {id}"));
    }
    let metrics = reader.session.metrics();
    assert_eq!((metrics.total_sequences, metrics.live_sequences, metrics.queued_sequences), (50, 0, 0));
}
