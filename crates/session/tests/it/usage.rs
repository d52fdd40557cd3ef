use serde_json::{Value, json};
use tramontane_session::{Session, SessionOptions, StreamPart, Usage};

use crate::hash_backend::HashBackend;
use crate::reader::Reader;

fn reader(kept_tokens: usize) -> Reader {
    let (backend, text) = (HashBackend::new(kept_tokens, 1), HashBackend::text_interface(4096));
    Reader::of_session(Session::new(Box::new(backend), text, SessionOptions::default(), Box::new(|| {})).unwrap())
}

/// Of a reply of ten tokens.
fn request(text: &str) -> Value {
    json!({ "prompt": { "text": text }, "maxOutputTokens": 10, "bannedTokens": [256], "seed": 1 })
}

fn usage(reader: &mut Reader, id: u32, request: Value) -> Usage {
    reader.submit(id, request);
    match reader.read(id).last() {
        Some(StreamPart::Finish { usage, .. }) => *usage,
        other => panic!("not finished: {other:?}"),
    }
}

#[test]
fn what_was_kept_of_an_earlier_prompt_is_told() {
    let mut reader = reader(usize::MAX);
    let (beginning, rest) = ("a".repeat(300), "b".repeat(200));
    let first = usage(&mut reader, 0, request(&beginning));
    assert_eq!((first.input_tokens, first.cached_input_tokens), (300, 0));
    let second = usage(&mut reader, 1, request(&(beginning.clone() + &rest)));
    // The last token of each piece of a prompt is computed, to have logits.
    assert_eq!((second.input_tokens, second.cached_input_tokens), (500, 298));
    let again = usage(&mut reader, 2, request(&beginning));
    assert_eq!((again.cached_input_tokens, again.total_tokens), (297, 310));
    let metrics = reader.session.metrics();
    assert_eq!((metrics.input_tokens, metrics.cached_tokens, metrics.generated_tokens), (1100, 595, 30));
}

#[test]
fn pieces_and_slices_of_a_stream_are_not_taken_for_something_kept_before() {
    let mut reader = reader(usize::MAX);
    let long = |id: u32, letter: &str| {
        let mut request = request(&letter.repeat(500));
        request["maxOutputTokens"] = json!(100);
        reader.submit(id, request);
    };
    (0..3).zip(["a", "b", "c"]).for_each(|(id, letter)| long(id, letter));
    for id in 0..3 {
        let parts = reader.read(id);
        let Some(StreamPart::Finish { usage, .. }) = parts.last() else { panic!("{parts:?}") };
        assert_eq!((usage.cached_input_tokens, usage.output_tokens), (0, 100));
    }
    let metrics = reader.session.metrics();
    // Each piece computes the last token of the one before once more.
    assert!((1500..1520).contains(&metrics.prefill_tokens), "{metrics:?}");
}

#[test]
fn what_did_not_stay_in_memory_is_counted_as_computed_again() {
    let mut reader = reader(0);
    usage(&mut reader, 0, request("Hello"));
    let mut paused = request(&"x".repeat(100));
    paused["maxOutputTokens"] = json!(3000);
    reader.submit(1, paused);
    reader.wait_until("tokens come", |session| session.metrics().unread_parts > 3);
    reader.session.pause(1);
    reader.wait_until("it is parked", |session| session.metrics().parked_sequences == 1);
    reader.session.resume(1);
    reader.read(1);
    let metrics = reader.session.metrics();
    assert!(metrics.prefill_tokens > 205, "{metrics:?}");
    assert_eq!(metrics.cached_tokens, 0);
}
