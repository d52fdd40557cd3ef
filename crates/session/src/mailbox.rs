//! Where the parts of all streams wait for one reader.
//!
//! A burst of parts costs one ring of the bell: it is rung when the mailbox stops being empty, and not again until a
//! drain has emptied it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::stream_part::StreamPart;

/// A stream's name, chosen by whoever submits it; unique within a session.
pub type StreamId = u32;

/// Tells the reader that there is something to drain. Called from engine threads, so it must return at once.
pub type Bell = Box<dyn Fn() + Send + Sync>;

/// What a drain returns.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Batch {
    /// Parts in the order in which they were made.
    pub parts: Vec<(StreamId, StreamPart)>,
    /// There is more than was asked for. The bell will not say so: drain again.
    pub more: bool,
}

pub(crate) struct Mailbox {
    inbox: Mutex<Inbox>,
    bell: Bell,
}

#[derive(Default)]
struct Inbox {
    parts: VecDeque<(StreamId, StreamPart)>,
    rung: bool,
    bells_rung: u64,
}

impl Mailbox {
    pub fn new(bell: Bell) -> Self {
        Self { inbox: Mutex::default(), bell }
    }

    pub fn push(&self, stream: StreamId, part: StreamPart) {
        {
            let mut inbox = self.lock();
            inbox.parts.push_back((stream, part));
            if inbox.rung {
                return;
            }
            inbox.rung = true;
            inbox.bells_rung += 1;
        }
        (self.bell)();
    }

    /// Takes at most `max` parts, the oldest first.
    pub fn drain(&self, max: usize) -> Batch {
        let mut inbox = self.lock();
        let taken = inbox.parts.len().min(max);
        let parts = inbox.parts.drain(..taken).collect();
        let more = !inbox.parts.is_empty();
        inbox.rung = more;
        Batch { parts, more }
    }

    pub fn bells_rung(&self) -> u64 {
        self.lock().bells_rung
    }

    pub fn len(&self) -> usize {
        self.lock().parts.len()
    }

    fn lock(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn delta(text: &str) -> StreamPart {
        StreamPart::TextDelta { delta: text.into() }
    }

    fn mailbox() -> (Mailbox, Arc<AtomicUsize>) {
        let rings = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&rings);
        let bell = move || {
            counted.fetch_add(1, Ordering::Relaxed);
        };
        (Mailbox::new(Box::new(bell)), rings)
    }

    #[test]
    fn a_burst_rings_once_and_keeps_its_order() {
        let (mailbox, rings) = mailbox();
        for (stream, text) in [(1, "a"), (2, "b"), (1, "c")] {
            mailbox.push(stream, delta(text));
        }
        assert_eq!(rings.load(Ordering::Relaxed), 1);
        let batch = mailbox.drain(10);
        assert_eq!(batch.parts, [(1, delta("a")), (2, delta("b")), (1, delta("c"))]);
        assert!(!batch.more);
        mailbox.push(1, delta("d"));
        assert_eq!(rings.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn what_exceeds_the_maximum_stays_without_another_ring() {
        let (mailbox, rings) = mailbox();
        for text in ["a", "b", "c"] {
            mailbox.push(1, delta(text));
        }
        let first = mailbox.drain(2);
        assert_eq!((first.parts.len(), first.more), (2, true));
        mailbox.push(1, delta("d"));
        assert_eq!(rings.load(Ordering::Relaxed), 1);
        assert_eq!(mailbox.drain(2), Batch { parts: vec![(1, delta("c")), (1, delta("d"))], more: false });
    }
}
