//! FunctionGemma's `<start_function_call>call:name{key:<escape>text<escape>,other:5}<end_function_call>`, and Gemma 4's,
//! which is the same with other markers. The arguments' JSON is made here, as they come.

use serde_json::Value;

use super::Symbol;
use super::syntax::{Beginning, Ending, Flow, Syntax, beginning, ending, is_blank};
use super::writer::Writer;

/// The markers of one family.
#[derive(Debug, Clone, Copy)]
pub(super) struct GemmaMarkers {
    pub opening: &'static str,
    pub closing: &'static str,
    /// In front of and behind a string.
    pub quote: &'static str,
}

pub(super) const FUNCTION_GEMMA: GemmaMarkers =
    GemmaMarkers { opening: "<start_function_call>", closing: "<end_function_call>", quote: "<escape>" };
pub(super) const GEMMA4: GemmaMarkers =
    GemmaMarkers { opening: "<|tool_call>", closing: "<tool_call|>", quote: "<|\"|>" };

const CALL: &str = "call:";
const MAX_NAME_BYTES: usize = 256;
const MAX_DEPTH: usize = 64;

pub(super) struct GemmaCall {
    markers: GemmaMarkers,
    state: State,
    /// What came behind the opening marker, while that is not certain.
    head: String,
    /// The open levels: true for an object.
    levels: Vec<bool>,
}

#[derive(Debug, PartialEq)]
enum State {
    Head,
    KeyOrEnd,
    Key(String),
    Value,
    Text,
    Plain(String),
    CommaOrEnd,
    Broken,
    Closing,
}

impl GemmaCall {
    pub fn new(markers: GemmaMarkers) -> Self {
        Self { markers, state: State::Head, head: String::new(), levels: Vec::new() }
    }

    fn head(&mut self, character: char, writer: &mut Writer) -> Flow {
        if character == '{' {
            let name = self.head.trim().strip_prefix(CALL).unwrap_or_default().trim();
            if !writer.start(name) {
                return Flow::Failed;
            }
            return self.open(true, writer);
        }
        self.head.push(character);
        let read = self.head.trim_start();
        let possible = CALL.starts_with(read) || read.starts_with(CALL);
        if possible && self.head.len() <= MAX_NAME_BYTES { Flow::Held } else { Flow::Failed }
    }

    fn open(&mut self, object: bool, writer: &mut Writer) -> Flow {
        if self.levels.len() == MAX_DEPTH {
            return self.broken(if object { "{" } else { "[" }, writer);
        }
        self.levels.push(object);
        writer.argument_text(if object { "{" } else { "[" });
        self.state = if object { State::KeyOrEnd } else { State::Value };
        Flow::Kept(0)
    }

    fn close(&mut self, character: char, writer: &mut Writer) -> Flow {
        let expected = if self.levels.last() == Some(&true) { '}' } else { ']' };
        if character != expected {
            return self.broken(&character.to_string(), writer);
        }
        self.levels.pop();
        writer.argument_text(&character.to_string());
        self.state = State::CommaOrEnd;
        if self.levels.is_empty() {
            writer.complete();
            self.state = State::Closing;
        }
        Flow::Kept(0)
    }

    fn comma(&mut self, writer: &mut Writer) -> Flow {
        writer.argument_text(", ");
        self.state = if self.levels.last() == Some(&true) { State::KeyOrEnd } else { State::Value };
        Flow::Kept(0)
    }

    fn broken(&mut self, text: &str, writer: &mut Writer) -> Flow {
        writer.argument_text(text);
        self.state = State::Broken;
        Flow::Kept(0)
    }

    fn value(&mut self, held: &[Symbol], writer: &mut Writer) -> Flow {
        match beginning(held, &[self.markers.quote]) {
            Beginning::Whole(_) => {
                writer.argument_text("\"");
                self.state = State::Text;
                return Flow::Kept(0);
            }
            Beginning::Partial => return Flow::Kept(held.len()),
            Beginning::Other => {}
        }
        match held {
            [symbol] if is_blank(*symbol) => Flow::Kept(0),
            [Symbol { character: '{', .. }] => self.open(true, writer),
            [Symbol { character: '[', .. }] => self.open(false, writer),
            [Symbol { character: ']', .. }] => self.close(']', writer),
            [symbol] => {
                self.state = State::Plain(symbol.character.into());
                Flow::Kept(0)
            }
            _ => {
                writer.arguments(held);
                self.broken("", writer)
            }
        }
    }
}

impl Syntax for GemmaCall {
    fn push(&mut self, held: &[Symbol], writer: &mut Writer) -> Flow {
        let Some(&symbol) = held.last() else { return Flow::Held };
        let character = symbol.character;
        match &mut self.state {
            State::Head => self.head(character, writer),
            State::KeyOrEnd if is_blank(symbol) => Flow::Kept(0),
            State::KeyOrEnd if character == '}' => self.close('}', writer),
            State::KeyOrEnd => {
                self.state = State::Key(character.into());
                Flow::Kept(0)
            }
            State::Key(key) if character == ':' => {
                let key = key.trim();
                // Some quote their keys.
                let bare = key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key);
                writer.argument_text(&format!("{}: ", Value::from(bare)));
                self.state = State::Value;
                Flow::Kept(0)
            }
            State::Key(key) => {
                key.push(character);
                if key.len() > MAX_NAME_BYTES {
                    let key = std::mem::take(key);
                    return self.broken(&key, writer);
                }
                Flow::Kept(0)
            }
            State::Value => self.value(held, writer),
            State::Text => match ending(held, &[self.markers.quote]) {
                Ending::Whole { length, .. } => {
                    writer.argument_text(&escaped(&held[..held.len() - length]));
                    writer.argument_text("\"");
                    self.state = State::CommaOrEnd;
                    Flow::Kept(0)
                }
                Ending::Partial(length) => {
                    writer.argument_text(&escaped(&held[..held.len() - length]));
                    Flow::Kept(length)
                }
            },
            State::Plain(text) => {
                if !matches!(character, ',' | '}' | ']') {
                    text.push(character);
                    return Flow::Kept(0);
                }
                let text = text.trim();
                let is_json = serde_json::from_str::<Value>(text).is_ok();
                writer.argument_text(&if is_json { text.to_owned() } else { Value::from(text).to_string() });
                if character == ',' { self.comma(writer) } else { self.close(character, writer) }
            }
            State::CommaOrEnd if is_blank(symbol) => Flow::Kept(0),
            State::CommaOrEnd if character == ',' => self.comma(writer),
            State::CommaOrEnd => self.close(character, writer),
            State::Broken => match ending(held, &[self.markers.closing]) {
                Ending::Whole { length, .. } => {
                    writer.arguments(&held[..held.len() - length]);
                    writer.complete();
                    Flow::Over(0)
                }
                Ending::Partial(length) => {
                    writer.arguments(&held[..held.len() - length]);
                    Flow::Kept(length)
                }
            },
            State::Closing if held.len() == 1 && is_blank(symbol) => Flow::Kept(0),
            State::Closing => match beginning(held, &[self.markers.closing]) {
                Beginning::Whole(_) => Flow::Over(0),
                Beginning::Partial => Flow::Kept(held.len()),
                Beginning::Other => Flow::Over(held.len()),
            },
        }
    }

    fn finish(&mut self, held: &[Symbol], ended: bool, writer: &mut Writer) -> bool {
        match &self.state {
            State::Head | State::Closing => return false,
            State::Key(text) | State::Plain(text) => writer.argument_text(text),
            State::Text => writer.argument_text(&escaped(held)),
            _ => writer.arguments(held),
        }
        if ended {
            writer.complete();
        }
        true
    }
}

/// The characters of a JSON string.
fn escaped(symbols: &[Symbol]) -> String {
    let text: String = symbols.iter().filter(|symbol| !symbol.is_special).map(|symbol| symbol.character).collect();
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}
