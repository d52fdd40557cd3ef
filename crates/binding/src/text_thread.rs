//! Renders and tokenizes away from the JavaScript thread.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::{io, thread};

/// Templates are rendered on this much stack; a hostile one can recurse deeply.
const STACK_BYTES: usize = 8 << 20;

type Question = Box<dyn FnOnce() + Send>;

/// One thread, begun with the first question. It ends when this is dropped, after what was asked of it before.
#[derive(Default)]
pub(crate) struct TextThread(Mutex<Option<Sender<Question>>>);

impl TextThread {
    /// Has `question` called, after those before it.
    ///
    /// # Errors
    ///
    /// The system gives no more threads.
    pub fn ask(&self, question: Question) -> io::Result<()> {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = match &mut *asked {
            Some(asked) => asked,
            none => none.insert(start()?),
        };
        // The thread ends only once there is no sender left.
        let _ = asked.send(question);
        Ok(())
    }
}

fn start() -> io::Result<Sender<Question>> {
    let (sender, questions) = channel::<Question>();
    let work = move || questions.iter().for_each(|question| question());
    thread::Builder::new().name("tramontane-text".into()).stack_size(STACK_BYTES).spawn(work)?;
    Ok(sender)
}
