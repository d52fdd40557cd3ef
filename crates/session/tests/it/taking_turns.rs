use serde_json::json;
use tramontane_session::{ErrorCode, FinishReason, Script, ScriptedReply, Session, StreamPart};

use crate::reader::{Reader, finish_of, prompt, text_of};

fn letters(letter: &str, count: usize) -> ScriptedReply {
    ScriptedReply { step_ms: 1, ..ScriptedReply::says(letter.repeat(count)) }
}

/// The streams in the order of their parts, each named once for each time it has the turn.
fn turns(reader: &mut Reader, streams: u32) -> Vec<u32> {
    for id in 0..streams {
        reader.read(id);
    }
    let mut turns = reader.order.clone();
    turns.dedup();
    turns
}

#[test]
fn streams_share_the_engine_in_slices_and_each_gets_its_own_reply() {
    let mut reader = Reader::of([letters("a", 100), letters("b", 100), letters("c", 100)]);
    (0..3).for_each(|id| reader.submit(id, prompt("Hi")));
    let turns = turns(&mut reader, 3);
    assert!(turns.len() >= 12, "slices of a few tokens, in a circle: {turns:?}");
    for (id, letter) in [(0, "a"), (1, "b"), (2, "c")] {
        assert_eq!(text_of(&reader.read(id)), letter.repeat(100));
    }
}

#[test]
fn every_first_token_comes_before_any_stream_is_over() {
    let mut reader = Reader::of((0..8).map(|_| letters("x", 256)));
    (0..8).for_each(|id| reader.submit(id, prompt("Hi")));
    let turns = turns(&mut reader, 8);
    let first = (0..8).filter_map(|id| turns.iter().position(|&turn| turn == id)).max();
    let last = (0..8).filter_map(|id| turns.iter().rposition(|&turn| turn == id)).min();
    assert!(first < last, "{turns:?}");
}

#[test]
fn a_backend_that_keeps_nothing_runs_one_stream_after_the_other() {
    let replies = [letters("a", 40), letters("b", 40)];
    let mut reader = Reader::of_script(Script { kept_tokens: 0, ..Script::of(replies) });
    (0..2).for_each(|id| reader.submit(id, prompt("Hi")));
    assert_eq!(turns(&mut reader, 2), [0, 1]);
}

#[test]
fn no_more_streams_take_turns_than_the_backend_keeps_tokens_for() {
    let replies = (0..3).map(|_| letters("x", 60));
    // Room for two blocks: the third waits until one is over.
    let mut reader = Reader::of_script(Script { kept_tokens: 1024, ..Script::of(replies) });
    (0..3).for_each(|id| reader.submit(id, prompt("Hi")));
    let turns = turns(&mut reader, 3);
    let third = turns.iter().position(|&id| id == 2).unwrap();
    let over = turns.iter().rposition(|&id| id == 0).unwrap().min(turns.iter().rposition(|&id| id == 1).unwrap());
    assert!(third > over, "{turns:?}");
}

#[test]
fn a_higher_priority_goes_first() {
    let mut reader = Reader::of([letters("a", 20), letters("b", 20), letters("c", 20)]);
    reader.submit(0, prompt("Hi"));
    reader.wait_until("the first runs", |session: &Session| session.metrics().live_sequences == 1);
    reader.submit(1, prompt("Hi"));
    reader.submit(2, json!({ "prompt": { "text": "Hi" }, "priority": 5 }));
    let turns = turns(&mut reader, 3);
    let at = |id| turns.iter().position(|&turn| turn == id).unwrap();
    assert!(at(2) < at(1), "{turns:?}");
}

#[test]
fn a_paused_stream_costs_nothing_and_goes_on_where_it_was() {
    let mut reader = Reader::of([letters("a", 200), letters("b", 20)]);
    reader.submit(0, prompt("Hi"));
    reader.wait_until("tokens come", |session| session.metrics().unread_parts > 3);
    reader.session.pause(0);
    reader.wait_until("it is parked", |session| session.metrics().parked_sequences == 1);
    assert_eq!(reader.session.metrics().live_sequences, 0);
    reader.submit(1, prompt("Hi"));
    assert_eq!(text_of(&reader.read(1)), "b".repeat(20));
    reader.session.resume(0);
    let parts = reader.read(0);
    assert_eq!((text_of(&parts), finish_of(&parts)), ("a".repeat(200), FinishReason::Stop));
}

#[test]
fn a_stream_paused_before_its_turn_waits_and_lets_others_pass() {
    let mut reader = Reader::of([letters("a", 40), letters("b", 5), letters("c", 5)]);
    reader.submit(0, prompt("Hi"));
    reader.wait_until("the first runs", |session| session.metrics().live_sequences == 1);
    reader.submit(1, prompt("Hi"));
    reader.session.pause(1);
    reader.submit(2, prompt("Hi"));
    assert_eq!(finish_of(&reader.read(2)), FinishReason::Stop);
    reader.session.resume(1);
    assert_eq!(text_of(&reader.read(1)), "b".repeat(5));
}

#[test]
fn a_paused_stream_can_be_cancelled_and_tells_how_long_that_took() {
    let mut reader = Reader::of([letters("a", 500)]);
    reader.submit(0, prompt("Hi"));
    reader.wait_until("tokens come", |session| session.metrics().unread_parts > 3);
    reader.session.pause(0);
    reader.wait_until("it is parked", |session| session.metrics().parked_sequences == 1);
    reader.session.cancel(0);
    let parts = reader.read(0);
    let Some(StreamPart::Finish { finish_reason, usage, timings }) = parts.last() else { panic!("{parts:?}") };
    assert_eq!((*finish_reason, usage.output_tokens), (FinishReason::Aborted, text_of(&parts).len()));
    assert!(timings.stop_ms.is_some());
}

#[test]
fn a_full_queue_refuses_and_says_when_to_come_back() {
    let mut reader = Reader::with_queue(2, [letters("a", 4000)]);
    reader.submit(0, prompt("Hi"));
    reader.wait_until("the first runs", |session| session.metrics().live_sequences == 1);
    (1..=3).for_each(|id| reader.submit(id, prompt("Hi")));
    let parts = reader.read(3);
    assert!(matches!(&parts[..], [StreamPart::Error { error, .. }] if error.code == ErrorCode::QueueFull), "{parts:?}");
}

#[test]
fn without_a_queue_a_stream_runs_where_nothing_else_does() {
    let mut reader = Reader::with_queue(0, [letters("a", 4000), letters("b", 4)]);
    reader.submit(0, prompt("Hi"));
    reader.wait_until("the first runs", |session| session.metrics().live_sequences == 1);
    reader.submit(1, prompt("Hi"));
    let parts = reader.read(1);
    assert!(matches!(&parts[..], [StreamPart::Error { error, .. }] if error.code == ErrorCode::QueueFull), "{parts:?}");
    reader.session.cancel(0);
    assert_eq!(finish_of(&reader.read(0)), FinishReason::Aborted);
    reader.submit(2, prompt("Hi"));
    assert_eq!(finish_of(&reader.read(2)), FinishReason::Stop);
}

#[test]
fn a_stream_that_is_not_taken_up_by_its_deadline_is_told_so() {
    let mut reader = Reader::of_script(Script { kept_tokens: 0, ..Script::of([letters("a", 2000)]) });
    reader.submit(0, prompt("Hi"));
    reader.wait_until("the first runs", |session| session.metrics().live_sequences == 1);
    reader.submit(1, json!({ "prompt": { "text": "Hi" }, "deadlineMs": 20 }));
    let waits = std::time::Instant::now();
    let parts = reader.read_while(1, |session| {
        if waits.elapsed().as_millis() > 30 {
            session.cancel(0);
        }
    });
    assert!(
        matches!(&parts[..], [StreamPart::Error { error, .. }] if error.code == ErrorCode::DeadlineExceeded),
        "{parts:?}"
    );
}

#[test]
fn a_position_in_the_queue_counts_those_before() {
    let reader = Reader::of_script(Script { kept_tokens: 0, ..Script::of([letters("a", 2000)]) });
    (0..3).for_each(|id| reader.submit(id, prompt("Hi")));
    reader.wait_until("two wait", |session| {
        session.queue_position(0).is_none()
            && session.queue_position(1) == Some(0)
            && session.queue_position(2) == Some(1)
    });
    assert_eq!(reader.session.queue_position(9), None);
}

#[test]
fn a_stream_in_turn_is_queued_until_its_first_slice() {
    let reader = Reader::of([ScriptedReply { prefill_ms: 500, ..letters("a", 50) }]);
    (0..3).for_each(|id| reader.submit(id, prompt("Hi")));
    // The first has its prompt computed; there is room for all in the turn.
    reader.wait_until("two wait", |session| {
        let metrics = session.metrics();
        (metrics.live_sequences, metrics.queued_sequences) == (1, 2)
            && session.queue_position(0).is_none()
            && session.queue_position(1) == Some(0)
            && session.queue_position(2) == Some(1)
    });
}

#[test]
fn a_deadline_counts_until_the_first_slice() {
    let mut reader = Reader::of([ScriptedReply { step_ms: 100, ..letters("a", 50) }]);
    reader.submit(0, prompt("Hi"));
    reader.wait_until("the first runs", |session| session.metrics().live_sequences == 1);
    reader.submit(1, json!({ "prompt": { "text": "Hi" }, "deadlineMs": 20 }));
    let parts = reader.read(1);
    assert!(
        matches!(&parts[..], [StreamPart::Error { error, .. }] if error.code == ErrorCode::DeadlineExceeded),
        "{parts:?}"
    );
}

#[test]
fn a_deadline_beyond_all_time_is_none() {
    let mut reader = Reader::of([letters("a", 5)]);
    reader.submit(0, json!({ "prompt": { "text": "Hi" }, "deadlineMs": u64::MAX }));
    assert_eq!(finish_of(&reader.read(0)), FinishReason::Stop);
}

#[test]
fn a_queued_stream_keeps_its_place_over_a_pause() {
    let reader = Reader::of_script(Script { kept_tokens: 0, ..Script::of([letters("a", 2000)]) });
    (0..4).for_each(|id| reader.submit(id, prompt("Hi")));
    reader.wait_until("the others wait", |session| session.queue_position(3) == Some(2));
    reader.session.pause(2);
    reader.wait_until("it is parked", |session| session.metrics().parked_sequences == 1);
    assert_eq!((reader.session.queue_position(2), reader.session.queue_position(3)), (None, Some(1)));
    let metrics = reader.session.metrics();
    assert_eq!((metrics.queued_sequences, metrics.parked_sequences), (2, 1));
    reader.session.resume(2);
    assert_eq!(reader.session.metrics().parked_sequences, 0);
    assert_eq!((reader.session.queue_position(2), reader.session.queue_position(3)), (Some(1), Some(2)));
}

#[test]
fn pauses_count_for_themselves() {
    let mut reader = Reader::of([letters("a", 64)]);
    reader.submit(0, prompt("Hi"));
    reader.wait_until("tokens come", |session| session.metrics().unread_parts > 3);
    reader.session.pause(0);
    reader.wait_until("it is parked", |session| session.metrics().parked_sequences == 1);
    std::thread::sleep(std::time::Duration::from_millis(300));
    reader.session.resume(0);
    let parts = reader.read(0);
    let Some(StreamPart::Finish { timings, .. }) = parts.last() else { panic!("{parts:?}") };
    assert!(timings.paused_ms >= 300.0, "{timings:?}");
    let times = timings.queued_ms + timings.prefill_ms + timings.decode_ms + timings.paused_ms;
    assert!(times <= timings.total_ms + 0.001, "nothing counts twice: {timings:?}");
}

#[test]
fn a_long_prompt_is_computed_in_pieces_that_a_cancel_ends() {
    let slow = ScriptedReply { prefill_ms: 2000, ..ScriptedReply::says("x") };
    let mut reader = Reader::of([slow]);
    reader.submit(0, prompt(&"long ".repeat(400)));
    reader.wait_until("it runs", |session| session.metrics().live_sequences == 1);
    reader.session.cancel(0);
    let parts = reader.read(0);
    let Some(StreamPart::Finish { timings, usage, .. }) = parts.last() else { panic!("{parts:?}") };
    assert_eq!(usage.output_tokens, 0);
    assert!(timings.total_ms < 1900.0, "the whole prompt was computed: {timings:?}");
}

#[test]
fn a_stream_with_its_first_token_lets_others_have_theirs() {
    let mut reader = Reader::of((0..4).map(|_| ScriptedReply { prefill_ms: 200, ..letters("x", 40) }));
    (0..4).for_each(|id| reader.submit(id, prompt("Hi")));
    (0..4).for_each(|id| drop(reader.read(id)));
    assert_eq!(reader.order[..4], [0, 1, 2, 3], "one token each: {:?}", reader.order);
}

#[test]
fn a_stream_of_lower_priority_cuts_no_slice_short() {
    let mut reader = Reader::of([letters("a", 60), letters("b", 20)]);
    reader.submit(0, prompt("Hi"));
    reader.wait_until("the first runs", |session| session.metrics().live_sequences == 1);
    reader.submit(1, json!({ "prompt": { "text": "Hi" }, "priority": -1 }));
    assert_eq!(turns(&mut reader, 2), [0, 1]);
}
