//! DeepSeek. Between `<｜tool▁calls▁begin｜>` and `<｜tool▁calls▁end｜>` each call is, for V3 and R1,
//!
//! ````text
//! <｜tool▁call▁begin｜>function<｜tool▁sep｜>name
//! ```json
//! {…}
//! ```<｜tool▁call▁end｜>
//! ````
//!
//! and from V3.1 on `<｜tool▁call▁begin｜>name<｜tool▁sep｜>{…}<｜tool▁call▁end｜>`. What comes behind the separator tells.

use super::Symbol;
use super::arguments::{Arguments, ArgumentsFlow};
use super::syntax::{Beginning, Flow, Syntax, beginning, is_blank};
use super::writer::Writer;

pub(super) const CALLS_BEGIN: &str = "<｜tool▁calls▁begin｜>";
pub(super) const CALLS_END: &str = "<｜tool▁calls▁end｜>";
pub(super) const CALL_BEGIN: &str = "<｜tool▁call▁begin｜>";
pub(super) const CALL_END: &str = "<｜tool▁call▁end｜>";
pub(super) const SEPARATOR: &str = "<｜tool▁sep｜>";
/// How long what is in front of the arguments may be.
const MAX_HEAD_BYTES: usize = 256;
const FENCE: &str = "```";

pub(super) struct DeepSeek {
    state: State,
    /// From where on the held symbols are not read yet.
    from: usize,
}

enum State {
    Calls,
    /// In front of the separator.
    Kind(String),
    /// Behind it.
    Name {
        kind: String,
        name: String,
    },
    Fence(String),
    Arguments(Arguments),
    End,
}

impl DeepSeek {
    /// Behind the marker in front of all calls.
    pub fn calls(opening: usize) -> Self {
        Self { state: State::Calls, from: opening }
    }

    /// Behind the marker in front of one.
    pub fn call() -> Self {
        Self { state: State::Kind(String::new()), from: 0 }
    }

    fn start(&mut self, name: &str, next: State, writer: &mut Writer) -> Flow {
        if !writer.start(name) {
            return Flow::Failed;
        }
        self.state = next;
        Flow::Kept(0)
    }

    fn arguments(&mut self, held: &[Symbol], mut arguments: Arguments, writer: &mut Writer) -> Flow {
        let flow = arguments.push(held, writer);
        self.state = State::Arguments(arguments);
        self.after_arguments(flow)
    }

    fn after_arguments(&mut self, flow: ArgumentsFlow) -> Flow {
        self.from = 0;
        match flow {
            ArgumentsFlow::Kept(count) => Flow::Kept(count),
            ArgumentsFlow::Complete(count) => {
                self.state = State::End;
                Flow::Kept(count)
            }
            ArgumentsFlow::Closed(_) => {
                self.state = State::Calls;
                Flow::Kept(0)
            }
        }
    }
}

impl Syntax for DeepSeek {
    fn push(&mut self, held: &[Symbol], writer: &mut Writer) -> Flow {
        let Some(&symbol) = held.last() else { return Flow::Held };
        match &mut self.state {
            State::Calls if held.len() == self.from + 1 && is_blank(symbol) => {
                self.from = held.len();
                Flow::Held
            }
            State::Calls => match beginning(&held[self.from.min(held.len())..], &[CALL_BEGIN, CALLS_END]) {
                Beginning::Whole(0) => {
                    self.state = State::Kind(String::new());
                    Flow::Held
                }
                Beginning::Whole(_) => Flow::Over(0),
                Beginning::Partial => Flow::Held,
                Beginning::Other => Flow::Failed,
            },
            State::Kind(kind) => {
                kind.push(symbol.character);
                if let Some(kind) = kind.strip_suffix(SEPARATOR) {
                    self.state = State::Name { kind: kind.trim().to_owned(), name: String::new() };
                } else if kind.len() > MAX_HEAD_BYTES {
                    return Flow::Failed;
                }
                Flow::Held
            }
            State::Name { kind, name } => {
                if name.is_empty() && symbol.character == '{' {
                    let kind = std::mem::take(kind);
                    if !writer.start(&kind) {
                        return Flow::Failed;
                    }
                    return self.arguments(&[symbol], Arguments::new(&[CALL_END]), writer);
                }
                if symbol.character == '\n' && !name.is_empty() {
                    let name = std::mem::take(name);
                    return self.start(name.trim(), State::Fence(String::new()), writer);
                }
                if !name.is_empty() || !is_blank(symbol) {
                    name.push(symbol.character);
                }
                if name.len() > MAX_HEAD_BYTES { Flow::Failed } else { Flow::Held }
            }
            State::Fence(read) => {
                if symbol.character == '{' {
                    return self.arguments(held, Arguments::new(&[CALL_END]), writer);
                }
                read.push(symbol.character);
                if "```json".starts_with(read.trim()) && read.len() < 64 {
                    return Flow::Kept(0);
                }
                writer.argument_text(&read[..read.len() - symbol.character.len_utf8()]);
                self.arguments(held, Arguments::broken(&[CALL_END]), writer)
            }
            State::Arguments(arguments) => {
                let flow = arguments.push(held, writer);
                self.after_arguments(flow)
            }
            State::End if held.len() == 1 && is_blank(symbol) => Flow::Kept(0),
            State::End => match beginning(held, &[CALL_END, FENCE]) {
                Beginning::Whole(0) => {
                    self.state = State::Calls;
                    Flow::Kept(0)
                }
                Beginning::Whole(_) => Flow::Kept(0),
                Beginning::Partial => Flow::Kept(held.len()),
                Beginning::Other => Flow::Over(held.len()),
            },
        }
    }

    fn finish(&mut self, held: &[Symbol], ended: bool, writer: &mut Writer) -> bool {
        match &mut self.state {
            State::Arguments(arguments) => {
                arguments.finish(held, ended, writer);
                true
            }
            State::Fence(_) => {
                if ended {
                    writer.complete();
                }
                true
            }
            State::Calls | State::Kind(_) | State::Name { .. } | State::End => false,
        }
    }
}
