//! GPT-OSS's harmony: a reply is messages, each on a channel.
//!
//! `<|channel|>analysis<|message|>…<|end|>` is reasoning, `final` and `commentary` are for the user, and
//! `<|channel|>commentary to=functions.name <|constrain|>json<|message|>{…}<|call|>` is a call; the recipient may also
//! stand in front of the channel (`<|start|>assistant to=functions.name<|channel|>…`).

use super::Symbol;
use super::arguments::{Arguments, ArgumentsFlow};
use super::syntax::{Beginning, Ending, Flow, Syntax, beginning, ending, is_blank};
use super::writer::Writer;

pub(super) const CHANNEL: &str = "<|channel|>";
pub(super) const START: &str = "<|start|>";
pub(super) const MESSAGE: &str = "<|message|>";
pub(super) const CONSTRAIN: &str = "<|constrain|>";
pub(super) const END: &str = "<|end|>";
pub(super) const CALL: &str = "<|call|>";
pub(super) const RETURN: &str = "<|return|>";
/// What ends a message. The last two also begin the next.
const CLOSING: &[&str] = &[END, CALL, RETURN, START, CHANNEL];
const MAX_HEAD_BYTES: usize = 256;

/// One message.
pub(super) struct Harmony {
    state: State,
    reasons: bool,
    calls: bool,
}

enum State {
    /// The opening marker and what follows it.
    Head(String),
    Text,
    Reasoning,
    Arguments(Arguments),
    Closing,
}

impl Harmony {
    /// Behind `<|start|>` or `<|channel|>`. Where it does not look for reasoning or calls, they are text.
    pub fn new(opening: &str, reasons: bool, calls: bool) -> Self {
        Self { state: State::Head(opening.to_owned()), reasons, calls }
    }

    fn begin(&mut self, head: &str, writer: &mut Writer) -> Flow {
        let channel = head.split_once(CHANNEL).map_or("", |(_, rest)| rest);
        let channel = channel.split(|c: char| c.is_whitespace() || c == '<').next().unwrap_or_default();
        let recipient = head.split_once("to=").map(|(_, rest)| rest);
        let recipient = recipient.and_then(|rest| rest.split(|c: char| c.is_whitespace() || c == '<').next());
        let state = match recipient {
            Some(recipient) => {
                let name = recipient.strip_prefix("functions.").unwrap_or(recipient);
                if !self.calls || !writer.start(name) {
                    return Flow::Failed;
                }
                State::Arguments(Arguments::new(CLOSING))
            }
            None if channel == "analysis" && self.reasons => State::Reasoning,
            None if matches!(channel, "analysis" | "final" | "commentary") => State::Text,
            None => return Flow::Failed,
        };
        self.state = state;
        Flow::Kept(0)
    }
}

impl Syntax for Harmony {
    fn push(&mut self, held: &[Symbol], writer: &mut Writer) -> Flow {
        let Some(&symbol) = held.last() else { return Flow::Held };
        match &mut self.state {
            State::Head(head) => {
                head.push(symbol.character);
                if head.ends_with(MESSAGE) {
                    let head = std::mem::take(head);
                    return self.begin(&head, writer);
                }
                if head.len() > MAX_HEAD_BYTES { Flow::Failed } else { Flow::Held }
            }
            State::Text | State::Reasoning => {
                let (certain, flow) = match ending(held, CLOSING) {
                    Ending::Whole { marker, length } => (&held[..held.len() - length], over(marker, length)),
                    Ending::Partial(length) => (&held[..held.len() - length], Flow::Kept(length)),
                };
                match self.state {
                    State::Reasoning => writer.reasoning(certain),
                    _ => writer.text(certain),
                }
                flow
            }
            State::Arguments(arguments) => match arguments.push(held, writer) {
                ArgumentsFlow::Kept(count) => Flow::Kept(count),
                ArgumentsFlow::Complete(count) => {
                    self.state = State::Closing;
                    Flow::Kept(count)
                }
                ArgumentsFlow::Closed(length) => match ending(held, CLOSING) {
                    Ending::Whole { marker, .. } => over(marker, length),
                    Ending::Partial(_) => Flow::Over(length),
                },
            },
            State::Closing if held.len() == 1 && is_blank(symbol) => Flow::Kept(0),
            State::Closing => match beginning(held, CLOSING) {
                Beginning::Whole(marker) => over(marker, held.len()),
                Beginning::Partial => Flow::Kept(held.len()),
                Beginning::Other => Flow::Over(held.len()),
            },
        }
    }

    fn finish(&mut self, held: &[Symbol], ended: bool, writer: &mut Writer) -> bool {
        match &mut self.state {
            State::Head(_) | State::Closing => return false,
            State::Text => writer.text(held),
            State::Reasoning => writer.reasoning(held),
            State::Arguments(arguments) => arguments.finish(held, ended, writer),
        }
        true
    }
}

/// A marker that begins the next message is none of this one.
fn over(marker: usize, length: usize) -> Flow {
    let is_next = matches!(CLOSING.get(marker), Some(&START | &CHANNEL));
    Flow::Over(if is_next { length } else { 0 })
}
