//! Mistral: `[TOOL_CALLS]` with a list of objects, or, in newer models, with a name and its arguments,
//! `[TOOL_CALLS]name[ARGS]{…}`. Some have `[CALL_ID]` and an id between the two; it is not needed.

use super::Symbol;
use super::arguments::{Arguments, ArgumentsFlow};
use super::listed::Listed;
use super::syntax::{Flow, Syntax, is_blank};
use super::writer::Writer;

/// The marker in front of every call, or of all.
pub(super) const OPENING: &str = "[TOOL_CALLS]";
const ARGUMENTS: &str = "[ARGS]";
const CALL_ID: &str = "[CALL_ID]";
/// How long name and id may be.
const MAX_HEAD_BYTES: usize = 256;

pub(super) struct Mistral {
    state: State,
}

enum State {
    Opened,
    Head(String),
    Arguments(Arguments),
    List(Listed),
}

impl Mistral {
    pub fn new() -> Self {
        Self { state: State::Opened }
    }

    fn head(&mut self, head: String, symbol: Symbol, writer: &mut Writer) -> Flow {
        let is_over = head.ends_with(ARGUMENTS) || symbol.character == '{';
        if !is_over {
            let is_name = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
            let possible = match head.split_once('[') {
                None => is_name(&head),
                Some((name, rest)) => {
                    let rest = format!("[{rest}");
                    is_name(name)
                        && (ARGUMENTS.starts_with(&rest) || CALL_ID.starts_with(&rest) || rest.starts_with(CALL_ID))
                }
            };
            if !possible || head.len() > MAX_HEAD_BYTES {
                return Flow::Failed;
            }
            self.state = State::Head(head);
            return Flow::Held;
        }
        let end = head.find(['[', '{']).unwrap_or(head.len());
        if !writer.start(&head[..end]) {
            return Flow::Failed;
        }
        let mut arguments = Arguments::new(&[OPENING]);
        if symbol.character == '{' {
            arguments.push(&[symbol], writer);
        }
        self.state = State::Arguments(arguments);
        Flow::Kept(0)
    }
}

impl Syntax for Mistral {
    fn push(&mut self, held: &[Symbol], writer: &mut Writer) -> Flow {
        let Some(&symbol) = held.last() else { return Flow::Held };
        match &mut self.state {
            State::Opened if is_blank(symbol) => Flow::Held,
            State::Opened if symbol.character == '[' => {
                self.state = State::List(Listed::bracketed());
                Flow::Held
            }
            State::Opened if symbol.character == '{' => {
                let mut list = Listed::bracketed();
                let flow = list.push(held, writer);
                self.state = State::List(list);
                flow
            }
            State::Opened => self.head(symbol.character.into(), symbol, writer),
            State::Head(head) => {
                let mut head = std::mem::take(head);
                head.push(symbol.character);
                self.head(head, symbol, writer)
            }
            State::Arguments(arguments) => match arguments.push(held, writer) {
                ArgumentsFlow::Kept(count) => Flow::Kept(count),
                // What closes one call opens the next.
                ArgumentsFlow::Complete(count) | ArgumentsFlow::Closed(count) => Flow::Over(count),
            },
            State::List(list) => list.push(held, writer),
        }
    }

    fn finish(&mut self, held: &[Symbol], ended: bool, writer: &mut Writer) -> bool {
        match &mut self.state {
            State::Opened | State::Head(_) => false,
            State::Arguments(arguments) => {
                arguments.finish(held, ended, writer);
                true
            }
            State::List(list) => list.finish(held, ended, writer),
        }
    }
}
