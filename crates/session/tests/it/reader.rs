//! A session with somebody who reads it, as JavaScript would.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tramontane_session::{
    FinishReason, GenerationRequest, Script, ScriptedBackend, ScriptedReply, Session, SessionOptions, StreamId,
    StreamPart,
};

/// Long enough for anything here to happen on a busy machine; nothing is expected to take it.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Reader {
    pub session: Session,
    finished: Sender<StreamId>,
    finishes: Receiver<StreamId>,
    parts: HashMap<StreamId, Vec<StreamPart>>,
    /// The stream of each delta, in the order in which they came.
    pub order: Vec<StreamId>,
}

impl Reader {
    pub fn of(replies: impl IntoIterator<Item = ScriptedReply>) -> Self {
        Self::of_script(Script::of(replies))
    }

    pub fn of_script(script: Script) -> Self {
        let backend = ScriptedBackend::new(script).unwrap();
        let text = backend.text_interface().unwrap();
        Self::of_session(Session::new(Box::new(backend), text, SessionOptions::default(), Box::new(|| {})).unwrap())
    }

    pub fn with_queue(max_queue: usize, replies: impl IntoIterator<Item = ScriptedReply>) -> Self {
        let backend = ScriptedBackend::new(Script { kept_tokens: 0, ..Script::of(replies) }).unwrap();
        let text = backend.text_interface().unwrap();
        Self::of_session(Session::new(Box::new(backend), text, SessionOptions { max_queue }, Box::new(|| {})).unwrap())
    }

    pub fn of_session(session: Session) -> Self {
        let (finished, finishes) = channel();
        Self { session, finished, finishes, parts: HashMap::new(), order: Vec::new() }
    }

    pub fn submit(&self, id: StreamId, request: Value) {
        let finished = self.finished.clone();
        self.session.submit(
            id,
            move || GenerationRequest::from_json(&request.to_string()),
            // Nobody may be waiting.
            move || finished.send(id).unwrap_or_default(),
        );
    }

    /// Every part of stream `id`, once its last has come.
    pub fn read(&mut self, id: StreamId) -> Vec<StreamPart> {
        self.read_while(id, |_| {})
    }

    /// [`Reader::read`], with something to do meanwhile.
    pub fn read_while(&mut self, id: StreamId, meanwhile: impl Fn(&Session)) -> Vec<StreamPart> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            meanwhile(&self.session);
            for (stream, part) in self.session.drain(1000).parts {
                if matches!(part, StreamPart::TextDelta { .. }) {
                    self.order.push(stream);
                }
                self.parts.entry(stream).or_default().push(part);
            }
            let parts = self.parts.get(&id).map_or(&[][..], Vec::as_slice);
            if matches!(parts.last(), Some(StreamPart::Finish { .. } | StreamPart::Error { .. })) {
                return parts.to_vec();
            }
            assert!(Instant::now() < deadline, "stream {id} does not end; it has {parts:?}");
            let _ = self.finishes.recv_timeout(Duration::from_millis(1));
        }
    }

    /// Waits until `condition` holds.
    pub fn wait_until(&self, what: &str, condition: impl Fn(&Session) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !condition(&self.session) {
            assert!(Instant::now() < deadline, "{what}: {:?}", self.session.metrics());
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

pub fn prompt(text: &str) -> Value {
    json!({ "prompt": { "text": text } })
}

pub fn text_of(parts: &[StreamPart]) -> String {
    parts
        .iter()
        .filter_map(|part| match part {
            StreamPart::TextDelta { delta } => Some(delta.as_str()),
            _ => None,
        })
        .collect()
}

pub fn finish_of(parts: &[StreamPart]) -> FinishReason {
    match parts.last() {
        Some(StreamPart::Finish { finish_reason, .. }) => *finish_reason,
        other => panic!("not finished: {other:?}"),
    }
}
