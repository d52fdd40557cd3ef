//! One call as a JSON object between two markers: Hermes' and Qwen's `<tool_call>{"name": "x", "arguments": {…}}</tool_call>`,
//! and the fenced blocks of models that are told in words how to write a call, such as Gemma 3.

use super::Symbol;
use super::arguments::{Arguments, ArgumentsFlow};
use super::object_call::{ObjectCall, ObjectFlow, Trust};
use super::syntax::{Beginning, Flow, Syntax, beginning, is_blank};
use super::writer::Writer;

pub(super) struct Enclosed {
    state: State,
    closing: &'static [&'static str],
}

enum State {
    Object(ObjectCall),
    Broken(Arguments),
    Closing,
}

impl Enclosed {
    pub fn new(trust: Trust, closing: &'static [&'static str]) -> Self {
        Self { state: State::Object(ObjectCall::new(trust)), closing }
    }
}

impl Syntax for Enclosed {
    fn push(&mut self, held: &[Symbol], writer: &mut Writer) -> Flow {
        let Some(&symbol) = held.last() else { return Flow::Held };
        if let State::Object(object) = &mut self.state {
            match object.push(symbol, writer) {
                ObjectFlow::Held => return Flow::Held,
                ObjectFlow::Taken => return Flow::Kept(0),
                ObjectFlow::Failed => return Flow::Failed,
                ObjectFlow::End => {
                    self.state = State::Closing;
                    return Flow::Kept(0);
                }
                ObjectFlow::Broken => {
                    object.release(writer);
                    self.state = State::Broken(Arguments::broken(self.closing));
                }
                ObjectFlow::Loose => self.state = State::Closing,
            }
        }
        match &mut self.state {
            State::Broken(arguments) => match arguments.push(held, writer) {
                ArgumentsFlow::Kept(count) => Flow::Kept(count),
                ArgumentsFlow::Complete(count) => Flow::Over(count),
                ArgumentsFlow::Closed(_) => Flow::Over(0),
            },
            _ if held.len() == 1 && is_blank(symbol) => Flow::Kept(0),
            _ => match beginning(held, self.closing) {
                Beginning::Whole(_) => Flow::Over(0),
                Beginning::Partial => Flow::Kept(held.len()),
                Beginning::Other => Flow::Over(held.len()),
            },
        }
    }

    fn finish(&mut self, held: &[Symbol], ended: bool, writer: &mut Writer) -> bool {
        match &mut self.state {
            State::Object(object) => object.finish(ended, writer),
            State::Broken(arguments) => {
                arguments.finish(held, ended, writer);
                true
            }
            State::Closing => false,
        }
    }
}
