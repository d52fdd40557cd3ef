use std::time::Duration;

use tramontane_session::{ErrorCode, FinishReason, ScriptedReply, StreamPart};

use crate::reader::{Reader, finish_of, prompt, text_of};

/// A reply that nobody here waits for.
fn endless() -> ScriptedReply {
    ScriptedReply { step_ms: 2, ..ScriptedReply::says("x".repeat(4000)) }
}

#[test]
fn a_running_stream_ends_within_a_step_and_keeps_what_it_had() {
    let mut reader = Reader::of([endless()]);
    reader.submit(1, prompt("Hi"));
    reader.wait_until("some tokens come", |session| session.metrics().unread_parts >= 3);
    reader.session.cancel(1);
    let parts = reader.read(1);
    assert_eq!(finish_of(&parts), FinishReason::Aborted);
    let Some(StreamPart::Finish { usage, .. }) = parts.last() else { unreachable!() };
    assert_eq!(usage.output_tokens, text_of(&parts).len());
    assert!((3..1000).contains(&usage.output_tokens));
    assert_eq!(reader.session.metrics().live_sequences, 0);
}

#[test]
fn a_queued_stream_ends_at_once_and_never_starts() {
    let mut reader = Reader::of([endless()]);
    reader.submit(1, prompt("Hi"));
    reader.wait_until("the first runs", |session| session.metrics().live_sequences == 1);
    reader.submit(2, prompt("Hi"));
    reader.session.cancel(2);
    let parts = reader.read(2);
    assert_eq!((parts.len(), finish_of(&parts)), (1, FinishReason::Aborted));
    assert_eq!(reader.session.metrics().live_sequences, 1, "the first still runs");
}

#[test]
fn cancelling_twice_too_late_or_nothing_at_all_does_no_harm() {
    let mut reader = Reader::of([ScriptedReply::says("Hello")]);
    reader.session.cancel(7);
    reader.submit(1, prompt("Hi"));
    reader.read(1);
    reader.session.cancel(1);
    reader.session.cancel(1);
    reader.submit(2, prompt("Hi"));
    assert_eq!(finish_of(&reader.read(2)), FinishReason::Stop);
}

#[test]
fn closing_ends_every_stream_and_refuses_new_ones() {
    let mut reader = Reader::of([endless()]);
    (1..=3).for_each(|id| reader.submit(id, prompt("Hi")));
    reader.session.close();
    for id in 1..=3 {
        assert_eq!(finish_of(&reader.read(id)), FinishReason::Aborted);
    }
    reader.submit(4, prompt("Hi"));
    let parts = reader.read(4);
    assert!(matches!(&parts[..], [StreamPart::Error { error, .. }] if error.code == ErrorCode::Closed), "{parts:?}");
}

#[test]
fn shutting_down_waits_no_longer_than_told() {
    let mut reader = Reader::of([ScriptedReply { prefill_ms: 400, ..ScriptedReply::says("x") }]);
    reader.submit(1, prompt("Hi"));
    reader.wait_until("it runs", |session| session.metrics().live_sequences == 1);
    reader.session.shut_down(Duration::from_millis(1));
    assert_eq!(reader.session.metrics().live_sequences, 1, "the prefill goes on");
    assert_eq!(finish_of(&reader.read(1)), FinishReason::Aborted);
}

#[test]
fn a_thousand_streams_left_at_any_point_leave_nothing_behind() {
    let mut reader = Reader::of([ScriptedReply::says("a reply of some length"), endless()]);
    for id in 0..1000 {
        reader.submit(id, prompt("Hi"));
        // Left in the queue, in the middle, or when it is over.
        if id % 3 == 0 {
            std::thread::sleep(Duration::from_micros(u64::from(id)));
        }
        reader.session.cancel(id);
    }
    for id in 0..1000 {
        reader.read(id);
    }
    let metrics = reader.session.metrics();
    assert_eq!((metrics.live_sequences, metrics.queued_sequences, metrics.unread_parts), (0, 0, 0));
}
