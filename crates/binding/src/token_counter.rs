//! Counts the tokens of prompts away from the JavaScript thread.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::{io, thread};

/// Templates are rendered on this much stack; a hostile one can recurse deeply.
const STACK_BYTES: usize = 8 << 20;

type Count = Box<dyn FnOnce() + Send>;

/// One thread that counts, begun with the first count. It ends with the counter, after what was asked of it before.
#[derive(Default)]
pub(crate) struct TokenCounter(Mutex<Option<Sender<Count>>>);

impl TokenCounter {
    /// Has `count` called, after those before it.
    ///
    /// # Errors
    ///
    /// The system gives no more threads.
    pub fn ask(&self, count: Count) -> io::Result<()> {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = match &mut *asked {
            Some(asked) => asked,
            none => none.insert(start()?),
        };
        // The thread ends only once there is no sender left.
        let _ = asked.send(count);
        Ok(())
    }
}

fn start() -> io::Result<Sender<Count>> {
    let (sender, counts) = channel::<Count>();
    let work = move || counts.iter().for_each(|count| count());
    thread::Builder::new().name("tramontane-count".into()).stack_size(STACK_BYTES).spawn(work)?;
    Ok(sender)
}
