//! Calls as JSON objects one after the other: Llama 3's `{"name": "x", "parameters": {…}}; {…}`, with `<|python_tag|>` in
//! front or nothing at all, and Mistral's `[TOOL_CALLS][{"name": "x", "arguments": {…}}, {…}]`.

use super::Symbol;
use super::arguments::{Arguments, ArgumentsFlow};
use super::object_call::{ObjectCall, ObjectFlow, Trust};
use super::syntax::{Flow, Syntax, is_blank};
use super::writer::Writer;

pub(super) struct Listed {
    state: State,
    trust: Trust,
    separator: char,
    /// Ends the list.
    last: Option<char>,
}

enum State {
    Object(ObjectCall),
    Broken(Arguments),
    Between,
}

impl Listed {
    /// Llama's, behind its marker.
    pub fn marked() -> Self {
        Self::with(ObjectCall::new(Trust::Name), Trust::Name, ';', None)
    }

    /// Llama's, behind the brace that a reply begins with.
    pub fn bare() -> Self {
        let trust = Trust::NameAndArguments;
        Self::with(ObjectCall::opened(trust), trust, ';', None)
    }

    /// Mistral's, behind the list's bracket.
    pub fn bracketed() -> Self {
        Self::with(ObjectCall::new(Trust::Name), Trust::Name, ',', Some(']'))
    }

    fn with(first: ObjectCall, trust: Trust, separator: char, last: Option<char>) -> Self {
        Self { state: State::Object(first), trust, separator, last }
    }
}

impl Syntax for Listed {
    fn push(&mut self, held: &[Symbol], writer: &mut Writer) -> Flow {
        let Some(&symbol) = held.last() else { return Flow::Held };
        match &mut self.state {
            State::Object(object) => match object.push(symbol, writer) {
                ObjectFlow::Held => Flow::Held,
                ObjectFlow::Taken => Flow::Kept(0),
                ObjectFlow::Failed => Flow::Failed,
                ObjectFlow::End => {
                    self.state = State::Between;
                    Flow::Kept(0)
                }
                ObjectFlow::Loose => Flow::Over(1),
                ObjectFlow::Broken => {
                    object.release(writer);
                    // Nothing says where it ends.
                    let mut arguments = Arguments::broken(&[]);
                    arguments.push(held, writer);
                    self.state = State::Broken(arguments);
                    Flow::Kept(0)
                }
            },
            State::Broken(arguments) => match arguments.push(held, writer) {
                ArgumentsFlow::Kept(count) => Flow::Kept(count),
                ArgumentsFlow::Complete(_) | ArgumentsFlow::Closed(_) => Flow::Over(0),
            },
            State::Between if is_blank(symbol) => Flow::Held,
            State::Between if !symbol.is_special && symbol.character == self.separator => {
                self.state = State::Object(ObjectCall::new(self.trust));
                Flow::Held
            }
            State::Between if !symbol.is_special && Some(symbol.character) == self.last => Flow::Over(0),
            State::Between => Flow::Failed,
        }
    }

    fn finish(&mut self, held: &[Symbol], ended: bool, writer: &mut Writer) -> bool {
        match &mut self.state {
            State::Object(object) => object.finish(ended, writer),
            State::Broken(arguments) => {
                arguments.finish(held, ended, writer);
                true
            }
            State::Between => false,
        }
    }
}
