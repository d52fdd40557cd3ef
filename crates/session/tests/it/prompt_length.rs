use serde_json::{Value, json};
use tramontane_session::{
    ErrorCode, FinishReason, GenerationRequest, PromptTokens, Script, ScriptedReply, StreamPart, Usage,
};

use crate::reader::{Reader, finish_of, text_of};

fn reader(context_length: usize) -> Reader {
    Reader::of_script(Script { context_length, ..Script::of([ScriptedReply::says("0123456789")]) })
}

fn request(prompt: Value, context_overflow: &str) -> Value {
    json!({ "prompt": prompt, "contextOverflow": context_overflow })
}

fn count(reader: &Reader, request: &Value) -> PromptTokens {
    reader.session.count_tokens(&GenerationRequest::from_json(&request.to_string()).unwrap()).unwrap()
}

/// `<|im_start|>user\nxxxx<|im_end|>\n` is 12 tokens, and `<|im_start|>assistant\n` at the end 11.
fn chat(turns: usize) -> Value {
    let messages: Vec<_> = (0..turns).map(|_| json!({ "role": "user", "content": "xxxx" })).collect();
    json!({ "messages": messages })
}

#[test]
fn a_prompt_that_fills_the_context_is_refused_unless_told_otherwise() {
    let mut reader = reader(8);
    reader.submit(1, json!({ "prompt": { "text": "12345678" } }));
    let parts = reader.read(1);
    let [StreamPart::Error { error, .. }] = &parts[..] else { panic!("{parts:?}") };
    assert_eq!((error.code, error.field.as_deref()), (ErrorCode::ContextOverflow, Some("prompt")));
    reader.submit(2, json!({ "prompt": { "text": "1234567" } }));
    assert_eq!(text_of(&reader.read(2)), "0");
}

#[test]
fn a_prompt_that_fills_the_context_can_be_an_empty_reply() {
    let mut reader = reader(8);
    reader.submit(1, request(json!({ "text": "12345678" }), "stop"));
    let parts = reader.read(1);
    let [StreamPart::Finish { finish_reason, usage, .. }] = &parts[..] else { panic!("{parts:?}") };
    let expected = Usage { input_tokens: 8, total_tokens: 8, ..Usage::default() };
    assert_eq!((*finish_reason, *usage), (FinishReason::Length, expected));
}

#[test]
fn the_oldest_turns_go_until_the_reply_has_room() {
    let mut reader = reader(100);
    // A quarter is left for the reply: five turns fit into 75 tokens.
    reader.submit(1, request(chat(20), "truncate-oldest"));
    let parts = reader.read(1);
    let Some(StreamPart::Finish { usage, .. }) = parts.last() else { panic!("{parts:?}") };
    assert_eq!((usage.input_tokens, text_of(&parts).as_str()), (5 * 12 + 11, "0123456789"));
    let mut request = request(chat(20), "truncate-oldest");
    request["maxOutputTokens"] = json!(60);
    assert_eq!(count(&reader, &request), PromptTokens { input_tokens: 2 * 12 + 11, dropped_messages: 18 });
}

#[test]
fn a_last_turn_that_fits_is_not_refused_for_the_room_it_leaves() {
    let mut reader = reader(24);
    reader.submit(1, request(chat(3), "truncate-oldest"));
    let parts = reader.read(1);
    assert_eq!((text_of(&parts).as_str(), finish_of(&parts)), ("0", FinishReason::Length));
}

#[test]
fn a_last_turn_that_does_not_fit_is_refused() {
    let mut reader = reader(23);
    reader.submit(1, request(chat(3), "truncate-oldest"));
    let parts = reader.read(1);
    let [StreamPart::Error { error, .. }] = &parts[..] else { panic!("{parts:?}") };
    assert_eq!((error.code, error.field.as_deref()), (ErrorCode::ContextOverflow, Some("messages")));
    assert!(error.message.contains("without its 2 oldest messages"), "{}", error.message);
}

#[test]
fn only_a_conversation_has_turns_to_leave_out() {
    for prompt in [json!({ "text": "Hi" }), json!({ "tokens": [1] })] {
        let refused = GenerationRequest::from_json(&request(prompt, "truncate-oldest").to_string()).unwrap_err();
        assert_eq!((refused.code, refused.field.as_deref()), (ErrorCode::InvalidArgument, Some("contextOverflow")));
    }
    let unknown = GenerationRequest::from_json(&request(chat(1), "shrink").to_string()).unwrap_err();
    assert_eq!(unknown.field.as_deref(), Some("contextOverflow"));
}

#[test]
fn tokens_are_counted_without_a_stream_also_where_they_are_too_many() {
    let reader = reader(30);
    let of = |input_tokens| PromptTokens { input_tokens, dropped_messages: 0 };
    assert_eq!(count(&reader, &request(chat(1), "error")), of(23));
    assert_eq!(count(&reader, &request(chat(4), "error")), of(4 * 12 + 11));
    assert_eq!(count(&reader, &json!({ "prompt": { "text": "Hello" } })), of(5));
    assert_eq!(reader.session.metrics().total_sequences, 0);
    let request = GenerationRequest::from_json(&json!({ "prompt": { "tokens": [999] } }).to_string()).unwrap();
    assert_eq!(reader.session.count_tokens(&request).unwrap_err().field.as_deref(), Some("tokens[0]"));
    reader.session.close();
    assert_eq!(reader.session.count_tokens(&request).unwrap_err().code, ErrorCode::Closed);
}
