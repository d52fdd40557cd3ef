//! Qwen3-Coder: `<tool_call><function=name><parameter=key>value</parameter>…</function></tool_call>`.
//!
//! The arguments' JSON is made here, as the values come: one whose schema says that it is a string is passed on as it is
//! written; any other is read when it is whole, and is a string where it is no JSON. One line break at either end of a
//! value is none of it. Such models write plain Hermes calls, too.

use serde_json::Value;

use super::Symbol;
use super::arguments::{Arguments, ArgumentsFlow};
use super::enclosed::Enclosed;
use super::object_call::Trust;
use super::syntax::{Beginning, Ending, Flow, Syntax, beginning, ending, is_blank};
use super::writer::Writer;

pub(super) const OPENING: &str = "<tool_call>";
pub(super) const FUNCTION: &str = "<function=";
const CLOSING: &[&str] = &["</tool_call>"];
const PARAMETER: &str = "<parameter=";
const FUNCTION_END: &str = "</function>";
const VALUE_ENDS: &[&str] = &["\n</parameter>", "</parameter>"];
/// How long a name may be.
const MAX_NAME_BYTES: usize = 256;

pub(super) struct QwenCoder {
    state: State,
    /// From where on the held symbols are not read yet.
    from: usize,
    parameters: usize,
}

enum State {
    Opened,
    Hermes(Enclosed),
    Name(String),
    Body,
    Key(String),
    Value { is_text: bool, text: String, is_first: bool },
    Broken(Arguments),
    Closing,
}

impl QwenCoder {
    /// Behind `<tool_call>`.
    pub fn new(opening: usize) -> Self {
        Self { state: State::Opened, from: opening, parameters: 0 }
    }

    /// Behind `<function=`.
    pub fn function() -> Self {
        Self { state: State::Name(String::new()), from: 0, parameters: 0 }
    }

    fn broken(&mut self, held: &[Symbol], writer: &mut Writer) -> Flow {
        // One after the other, as the closing marker may be in the middle.
        let mut arguments = Arguments::broken(CLOSING);
        let flow = arguments.push(held, writer);
        self.state = State::Broken(arguments);
        broken_flow(flow)
    }

    fn parameter(&mut self, key: &str, writer: &mut Writer) {
        let schema = writer.called().and_then(|tool| tool.input_schema.get("properties")?.get(key));
        let is_text = schema.is_none_or(is_text);
        let comma = if self.parameters > 0 { ", " } else { "" };
        self.parameters += 1;
        let quote = if is_text { "\"" } else { "" };
        writer.argument_text(&format!("{comma}{}: {quote}", Value::from(key)));
        self.state = State::Value { is_text, text: String::new(), is_first: true };
    }
}

impl Syntax for QwenCoder {
    fn push(&mut self, held: &[Symbol], writer: &mut Writer) -> Flow {
        let Some(&symbol) = held.last() else { return Flow::Held };
        match &mut self.state {
            State::Opened if held.len() == self.from + 1 && is_blank(symbol) => {
                self.from = held.len();
                Flow::Held
            }
            State::Opened if symbol.character == '{' => {
                let mut hermes = Enclosed::new(Trust::Name, CLOSING);
                let flow = hermes.push(held, writer);
                self.state = State::Hermes(hermes);
                flow
            }
            State::Opened => match beginning(&held[self.from.min(held.len())..], &[FUNCTION]) {
                Beginning::Whole(_) => {
                    self.state = State::Name(String::new());
                    Flow::Held
                }
                Beginning::Partial => Flow::Held,
                Beginning::Other => Flow::Failed,
            },
            State::Hermes(hermes) => hermes.push(held, writer),
            State::Name(name) => {
                if symbol.character == '>' {
                    if !writer.start(name.trim()) {
                        return Flow::Failed;
                    }
                    writer.argument_text("{");
                    self.state = State::Body;
                    return Flow::Kept(0);
                }
                name.push(symbol.character);
                if name.len() > MAX_NAME_BYTES { Flow::Failed } else { Flow::Held }
            }
            State::Body if held.len() == 1 && is_blank(symbol) => Flow::Kept(0),
            State::Body => match beginning(held, &[PARAMETER, FUNCTION_END]) {
                Beginning::Whole(0) => {
                    self.state = State::Key(String::new());
                    Flow::Kept(0)
                }
                Beginning::Whole(_) => {
                    writer.argument_text("}");
                    writer.complete();
                    self.state = State::Closing;
                    Flow::Kept(0)
                }
                Beginning::Partial => Flow::Kept(held.len()),
                Beginning::Other => self.broken(held, writer),
            },
            State::Key(key) => {
                if symbol.character == '>' {
                    let key = std::mem::take(key);
                    self.parameter(key.trim(), writer);
                } else {
                    key.push(symbol.character);
                    if key.len() > MAX_NAME_BYTES {
                        let key = std::mem::take(key);
                        writer.argument_text(&key);
                        self.state = State::Broken(Arguments::broken(CLOSING));
                    }
                }
                Flow::Kept(0)
            }
            State::Value { is_text, text, is_first } => {
                if std::mem::take(is_first) && symbol.character == '\n' {
                    return Flow::Kept(0);
                }
                let (certain, kept, is_over) = match ending(held, VALUE_ENDS) {
                    Ending::Whole { length, .. } => (&held[..held.len() - length], 0, true),
                    Ending::Partial(length) => (&held[..held.len() - length], length, false),
                };
                let certain: String =
                    certain.iter().filter(|symbol| !symbol.is_special).map(|symbol| symbol.character).collect();
                if *is_text {
                    writer.argument_text(&escaped(&certain));
                } else {
                    text.push_str(&certain);
                }
                if is_over {
                    let written = if *is_text { "\"".into() } else { json_of(text) };
                    writer.argument_text(&written);
                    self.state = State::Body;
                }
                Flow::Kept(kept)
            }
            State::Broken(arguments) => broken_flow(arguments.push(held, writer)),
            State::Closing if held.len() == 1 && is_blank(symbol) => Flow::Kept(0),
            State::Closing => match beginning(held, CLOSING) {
                Beginning::Whole(_) => Flow::Over(0),
                Beginning::Partial => Flow::Kept(held.len()),
                Beginning::Other => Flow::Over(held.len()),
            },
        }
    }

    fn finish(&mut self, held: &[Symbol], ended: bool, writer: &mut Writer) -> bool {
        match &mut self.state {
            State::Opened | State::Name(_) | State::Closing => return false,
            State::Hermes(hermes) => return hermes.finish(held, ended, writer),
            State::Value { is_text: true, .. } => {
                let text: String = held.iter().map(|symbol| symbol.character).collect();
                writer.argument_text(&escaped(&text));
            }
            State::Value { text, .. } => {
                writer.argument_text(text);
                writer.arguments(held);
            }
            State::Key(text) => writer.argument_text(text),
            State::Body | State::Broken(_) => writer.arguments(held),
        }
        if ended {
            writer.complete();
        }
        true
    }
}

fn broken_flow(flow: ArgumentsFlow) -> Flow {
    match flow {
        ArgumentsFlow::Kept(count) => Flow::Kept(count),
        ArgumentsFlow::Complete(count) => Flow::Over(count),
        ArgumentsFlow::Closed(_) => Flow::Over(0),
    }
}

/// Whether a schema allows strings only.
fn is_text(schema: &Value) -> bool {
    match schema.get("type") {
        Some(kind) => kind == "string",
        None => schema.get("enum").and_then(Value::as_array).is_some_and(|values| values.iter().all(Value::is_string)),
    }
}

/// The characters of a JSON string.
fn escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// A value as JSON: itself, where it is some, in Python's words too.
fn json_of(text: &str) -> String {
    match text.trim() {
        "True" => "true".into(),
        "False" => "false".into(),
        "None" => "null".into(),
        trimmed if serde_json::from_str::<Value>(trimmed).is_ok() => trimmed.to_owned(),
        _ => Value::from(text).to_string(),
    }
}
