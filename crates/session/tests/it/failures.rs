use std::sync::atomic::{AtomicBool, Ordering};

use tramontane_session::{
    Backend, Error, ErrorCode, FinishReason, Next, Run, ScriptedBackend, ScriptedReply, Session, SessionOptions, Step,
    StreamPart,
};

use crate::reader::{Reader, finish_of, prompt, text_of};

#[test]
fn a_failure_in_the_middle_keeps_what_came_before_and_the_next_stream_works() {
    let failing = ScriptedReply { fail_after_tokens: Some(3), ..ScriptedReply::says("Hello") };
    let mut reader = Reader::of([failing, ScriptedReply::says("again")]);
    reader.submit(1, prompt("Hi"));
    reader.submit(2, prompt("Hi"));
    let parts = reader.read(1);
    assert_eq!(text_of(&parts), "Hel");
    let Some(StreamPart::Error { error, usage, .. }) = parts.last() else { panic!("{parts:?}") };
    assert_eq!((error.code, usage.output_tokens), (ErrorCode::EngineFailed, 3));
    assert_eq!(text_of(&reader.read(2)), "again");
}

/// Panics on its first sequence, gives up its second, and ends its third too late.
struct Unruly {
    panicked: AtomicBool,
    gave_up: AtomicBool,
}

impl Backend for Unruly {
    fn parallel_sequences(&self) -> usize {
        1
    }

    fn kept_tokens(&self) -> usize {
        usize::MAX
    }

    fn run(&self, _run: Run<'_>, mut step: Step) -> Result<usize, Error> {
        assert!(self.panicked.swap(true, Ordering::Relaxed), "on purpose");
        if !self.gave_up.swap(true, Ordering::Relaxed) {
            return Ok(0);
        }
        let logits: Vec<f32> = (0..259).map(|token| if token == 120 { 1.0 } else { 0.0 }).collect();
        for _ in 0..9 {
            step(&logits);
        }
        assert_eq!(step(&logits), Next::End);
        Ok(0)
    }
}

#[test]
fn whatever_the_backend_does_every_stream_gets_one_last_part() {
    let script = serde_json::from_value(serde_json::json!({ "replies": [{ "text": "" }] })).unwrap();
    let text = ScriptedBackend::new(script).unwrap().text_interface().unwrap();
    let backend = Unruly { panicked: AtomicBool::new(false), gave_up: AtomicBool::new(false) };
    let mut reader =
        Reader::of_session(Session::new(Box::new(backend), text, SessionOptions::default(), Box::new(|| {})).unwrap());
    for id in 1..=2 {
        reader.submit(id, prompt("Hi"));
        let parts = reader.read(id);
        assert!(
            matches!(&parts[..], [StreamPart::Error { error, .. }] if error.code == ErrorCode::EngineFailed),
            "{parts:?}"
        );
    }
    reader.submit(3, serde_json::json!({ "prompt": { "text": "Hi" }, "maxOutputTokens": 4, "temperature": 0 }));
    let parts = reader.read(3);
    assert_eq!((text_of(&parts).as_str(), finish_of(&parts)), ("xxxx", FinishReason::Length));
    assert_eq!(reader.session.metrics().live_sequences, 0);
}

#[test]
fn an_engine_that_dies_fails_what_it_computes_and_nothing_else() {
    let reply = |text: &str| ScriptedReply { step_ms: 1, ..ScriptedReply::says(text.repeat(100)) };
    let mut reader = Reader::of([reply("a"), reply("b"), reply("c")]);
    (0..2).for_each(|id| reader.submit(id, prompt("Hi")));
    reader.wait_until("both run", |session| session.metrics().live_sequences == 2);
    reader.session.kill_engine();
    let parts = [reader.read(0), reader.read(1)];
    let failed = parts.iter().filter(|parts| matches!(parts.last(), Some(StreamPart::Error { .. })));
    let failed: Vec<_> = failed.collect();
    assert_eq!(failed.len(), 1, "{parts:?}");
    let Some(StreamPart::Error { error, usage, .. }) = failed[0].last() else { unreachable!() };
    assert_eq!((error.code, usage.output_tokens), (ErrorCode::EngineFailed, text_of(failed[0]).len()));
    assert!(usage.output_tokens > 0);
    reader.submit(2, prompt("Hi"));
    assert_eq!(text_of(&reader.read(2)), "c".repeat(100));
    let metrics = reader.session.metrics();
    assert_eq!((metrics.finished_sequences, metrics.failed_sequences), (2, 1));
}
