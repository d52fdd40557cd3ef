use serde_json::json;
use tramontane_session::{ScriptedReply, StreamPart};

use crate::reader::{Reader, text_of};

fn reported(parts: &[StreamPart]) -> Vec<String> {
    let tokens = parts.iter().filter_map(|part| match part {
        StreamPart::LogProbabilities { tokens } => Some(tokens),
        _ => None,
    });
    tokens.flatten().map(|token| token.text.clone()).collect()
}

#[test]
fn every_token_is_reported_before_its_text_the_last_one_too() {
    let mut reader = Reader::of([ScriptedReply::says("hé")]);
    reader.submit(1, json!({ "prompt": { "text": "?" }, "logprobs": 2 }));
    let parts = reader.read(1);
    let kinds: Vec<_> = parts.iter().map(|part| serde_json::to_value(part).unwrap()["type"].clone()).collect();
    let (report, delta) = ("log-probabilities", "text-delta");
    assert_eq!(kinds, [report, delta, report, report, delta, report, "finish"]);
    assert_eq!(reported(&parts), ["h", "\u{fffd}", "\u{fffd}", "<|endoftext|>"]);
    let first = json!({ "type": "log-probabilities", "tokens": [{
        "tokenId": 104, "text": "h", "logProbability": 0.0,
        "alternatives": [{ "tokenId": 104, "text": "h", "logProbability": 0.0 }],
    }] });
    assert_eq!(serde_json::to_value(&parts[0]).unwrap(), first);
}

#[test]
fn what_a_stop_sequence_takes_away_is_reported_all_the_same() {
    let mut reader = Reader::of([ScriptedReply::says("one STOP two")]);
    reader.submit(1, json!({ "prompt": { "text": "?" }, "logprobs": 0, "stopSequences": ["STOP"] }));
    let parts = reader.read(1);
    assert_eq!((text_of(&parts).as_str(), reported(&parts).concat().as_str()), ("one ", "one STOP"));
}

#[test]
fn nothing_is_reported_unless_asked_for() {
    let mut reader = Reader::of([ScriptedReply::says("Hello")]);
    reader.submit(1, json!({ "prompt": { "text": "?" } }));
    assert!(reported(&reader.read(1)).is_empty());
}

#[test]
fn the_order_of_parts_does_not_depend_on_slices() {
    let request = json!({ "prompt": { "text": "?" }, "logprobs": 1, "stopSequences": ["tail"] });
    let replies = [ScriptedReply::says("wörter 👋 und tai ".repeat(5))];
    let mut alone = Reader::of(replies.clone());
    alone.submit(0, request.clone());
    let expected = alone.read(0);
    let mut together = Reader::of(replies);
    (0..3).for_each(|id| together.submit(id, request.clone()));
    for id in 0..3 {
        let parts = together.read(id);
        assert_eq!(parts[..parts.len() - 1], expected[..expected.len() - 1]);
    }
}
