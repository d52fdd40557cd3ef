//! Whatever happens around a stream, it is the stream that it is alone.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use serde_json::{Value, json};
use tramontane_session::{FinishReason, GenerationRequest, Session, SessionOptions, StreamId, StreamPart, Usage};

use crate::hash_backend::HashBackend;
use crate::reader::text_of;

const ROUNDS: u64 = 300;
const CONTEXT: usize = 2000;
const PATIENCE: Duration = Duration::from_secs(20);

struct Random(ChaCha8Rng);

impl Random {
    fn within(&mut self, range: Range<usize>) -> usize {
        range.start + self.0.next_u64() as usize % range.len()
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.within(0..count) == 0
    }

    fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.within(0..choices.len())].clone()
    }
}

fn request(random: &mut Random) -> Value {
    // Around the lengths at which prompts are cut into pieces and turns into slices.
    let length = random.one_of(&[1, 5, 127, 128, 129, 257, 600]);
    let mut request = json!({
        "prompt": { "text": "What comes next? ".repeat(40)[..length] },
        "maxOutputTokens": random.one_of(&[1, 2, 15, 16, 17, 31, 32, 33, 100]),
        "temperature": random.one_of(&[0.0, 0.7, 1.5]),
        "seed": random.within(0..1000),
        "priority": random.within(0..3),
    });
    if random.one_in(3) {
        request["stopSequences"] = json!([random.one_of(&["ab", "e", "st a"]), "ni"]);
    }
    if random.one_in(4) {
        request["logprobs"] = json!(random.within(0..3));
    }
    if random.one_in(4) {
        request["frequencyPenalty"] = json!(1);
    }
    request
}

fn session(kept_tokens: usize, parallel_sequences: usize) -> Session {
    let backend = HashBackend::new(kept_tokens, parallel_sequences);
    let text = HashBackend::text_interface(CONTEXT);
    Session::new(Box::new(backend), text, SessionOptions::default(), Box::new(|| {})).unwrap()
}

fn submit(session: &Session, id: StreamId, request: &Value, over: &Arc<AtomicU32>) {
    let (json, over) = (request.to_string(), Arc::clone(over));
    session.submit(
        id,
        move || GenerationRequest::from_json(&json),
        move || {
            over.fetch_add(1, Ordering::Relaxed);
        },
    );
}

/// A stream's parts but the last, and what the last says that does not depend on time or on what was kept.
fn essence(parts: &[StreamPart]) -> (Vec<StreamPart>, FinishReason, Usage) {
    let Some((StreamPart::Finish { finish_reason, usage, .. }, others)) = parts.split_last() else {
        panic!("not finished: {parts:?}")
    };
    assert!(!others.iter().any(|part| matches!(part, StreamPart::Finish { .. } | StreamPart::Error { .. })));
    (others.to_vec(), *finish_reason, Usage { cached_input_tokens: 0, ..*usage })
}

/// A request as stream `id` of a session with nothing else to do.
fn alone(session: &Session, id: StreamId, request: &Value) -> (Vec<StreamPart>, FinishReason, Usage) {
    submit(session, id, request, &Arc::default());
    let deadline = Instant::now() + PATIENCE;
    while session.is_live(id) {
        assert!(Instant::now() < deadline, "{request} does not end");
        std::thread::yield_now();
    }
    essence(&session.drain(usize::MAX).parts.into_iter().map(|(_, part)| part).collect::<Vec<_>>())
}

fn check(seed: u64) {
    let random = &mut Random(ChaCha8Rng::seed_from_u64(seed));
    let requests: Vec<Value> = (0..random.within(1..7)).map(|_| request(random)).collect();
    let session = session(random.one_of(&[0, 512, 1024, 1536, usize::MAX]), random.one_of(&[1, 1, 2, 5]));
    let count = requests.len() as u32;
    let over = Arc::new(AtomicU32::new(0));
    let (mut submitted, mut paused, mut cancelled) = (0, Vec::new(), Vec::new());
    let mut parts: HashMap<StreamId, Vec<StreamPart>> = HashMap::new();
    let deadline = Instant::now() + PATIENCE;
    let mut events = random.within(0..100);
    while over.load(Ordering::Relaxed) < count {
        assert!(Instant::now() < deadline, "seed {seed}: {:?}", session.metrics());
        let id = random.within(0..requests.len()) as StreamId;
        match random.within(0..8) {
            // Nothing more than draining, once enough has happened.
            _ if submitted == count && events == 0 => paused.drain(..).for_each(|id| session.resume(id)),
            0 | 1 if submitted < count => {
                submit(&session, submitted, &requests[submitted as usize], &over);
                submitted += 1;
            }
            2 | 3 => {
                session.pause(id);
                paused.push(id);
            }
            4 | 5 => session.resume(id),
            6 if random.one_in(6) && id < submitted => {
                session.cancel(id);
                cancelled.push(id);
            }
            // The streams go on a little.
            _ => std::thread::sleep(Duration::from_micros(50)),
        }
        events = events.saturating_sub(1);
        // A slow reader.
        if random.one_in(3) {
            for (id, part) in session.drain(random.within(0..20)).parts {
                parts.entry(id).or_default().push(part);
            }
        }
    }
    for (id, part) in session.drain(usize::MAX).parts {
        parts.entry(id).or_default().push(part);
    }
    let metrics = session.metrics();
    let left = (metrics.live_sequences, metrics.queued_sequences, metrics.parked_sequences, metrics.unread_parts);
    assert_eq!(left, (0, 0, 0, 0), "seed {seed}");
    let ended = metrics.finished_sequences + metrics.failed_sequences + metrics.aborted_sequences;
    assert_eq!((ended, metrics.failed_sequences), (u64::from(count), 0), "seed {seed}");
    let (mut generated, quiet) = (0, self::session(0, 1));
    for (id, request) in (0..).zip(&requests) {
        let (have, reason, usage) = essence(&parts[&id]);
        let (expected, expected_reason, expected_usage) = alone(&quiet, id, request);
        generated += usage.output_tokens as u64;
        if reason == FinishReason::Aborted {
            assert!(cancelled.contains(&id), "seed {seed}, stream {id}");
            let (told, whole) = (text_of(&have), text_of(&expected));
            // It may end within a character, or within what would have become a stop sequence.
            let told = told.trim_end_matches('\u{fffd}');
            let mut stops = request["stopSequences"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let in_a_stop = told.strip_prefix(&*whole).is_some_and(|rest| stops.any(|stop| stop.starts_with(rest)));
            assert!(whole.starts_with(told) || in_a_stop, "seed {seed}, stream {id}: {told:?} of {whole:?}, {request}");
        } else {
            assert_eq!(
                (have, reason, usage),
                (expected, expected_reason, expected_usage),
                "seed {seed}, stream {id}: {request}"
            );
        }
    }
    assert_eq!(metrics.generated_tokens, generated, "seed {seed}");
}

#[test]
fn a_stream_among_others_is_what_it_is_alone() {
    (0..ROUNDS).for_each(check);
}
