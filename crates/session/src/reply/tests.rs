use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use serde_json::{Value, json};

use super::{ReasoningFormat, ReplyEvent, ReplyFormat, ReplyParser, ToolCallFormat};
use crate::tools::{Tool, ToolRequest};

mod any_cut;
mod detection;
mod look_alikes;
mod reasoning;
mod tool_calls;

/// What a whole reply came to.
#[derive(Debug, Default, Clone, PartialEq)]
struct Reply {
    text: String,
    reasoning: String,
    calls: Vec<Call>,
    /// The kinds of events in their order, neighbours of one kind counted once.
    order: String,
}

#[derive(Debug, Default, Clone, PartialEq)]
struct Call {
    name: String,
    deltas: String,
    input: Option<Value>,
    is_complete: bool,
}

impl Reply {
    fn of(events: Vec<ReplyEvent>) -> Self {
        let mut reply = Self::default();
        for event in events {
            let kind = match event {
                ReplyEvent::Text(text) => {
                    assert!(!text.is_empty());
                    reply.text += &text;
                    't'
                }
                ReplyEvent::Reasoning(text) => {
                    assert!(!text.is_empty());
                    reply.reasoning += &text;
                    'r'
                }
                ReplyEvent::CallStart { index, tool_name } => {
                    assert_eq!(index, reply.calls.len());
                    reply.calls.push(Call { name: tool_name, ..Call::default() });
                    's'
                }
                ReplyEvent::CallDelta { index, delta } => {
                    assert_eq!(index + 1, reply.calls.len());
                    assert!(!delta.is_empty() && !reply.calls[index].is_complete);
                    reply.calls[index].deltas += &delta;
                    'd'
                }
                ReplyEvent::Call { index, tool_name, input, input_text } => {
                    assert_eq!(index + 1, reply.calls.len());
                    let call = &mut reply.calls[index];
                    assert!(!call.is_complete);
                    assert_eq!((&call.name, &call.deltas), (&tool_name, &input_text));
                    assert_eq!(input, serde_json::from_str(&input_text).ok());
                    (call.input, call.is_complete) = (input, true);
                    'c'
                }
            };
            if !reply.order.ends_with(kind) || !matches!(kind, 't' | 'r' | 'd') {
                reply.order.push(kind);
            }
        }
        reply
    }

    /// Names and arguments of the calls, all of which are complete.
    fn inputs(&self) -> Vec<(&str, Value)> {
        assert!(self.calls.iter().all(|call| call.is_complete), "{self:?}");
        self.calls.iter().map(|call| (call.name.as_str(), call.input.clone().unwrap_or_default())).collect()
    }
}

fn tools() -> Vec<Tool> {
    let properties = json!({
        "city": { "type": "string" },
        "days": { "type": "integer" },
        "options": { "type": "object" },
    });
    let request = json!({ "tools": [
        { "name": "weather", "inputSchema": { "type": "object", "properties": properties } },
        { "name": "get-time", "inputSchema": {} },
    ] });
    ToolRequest::from_request(request.as_object().unwrap()).unwrap().tools
}

fn thinking(tool_calls: ToolCallFormat) -> ReplyFormat {
    ReplyFormat { reasoning: Some(ReasoningFormat::Think), tool_calls: Some(tool_calls) }
}

const HARMONY: ReplyFormat =
    ReplyFormat { reasoning: Some(ReasoningFormat::Harmony), tool_calls: Some(ToolCallFormat::Harmony) };

/// A reply that the model ended, given in these pieces.
fn read_pieces<'a>(format: ReplyFormat, pieces: impl IntoIterator<Item = &'a str>, ended: bool) -> Reply {
    read_from(ReplyParser::new(format, tools(), false), pieces, ended)
}

fn read_from<'a>(mut parser: ReplyParser, pieces: impl IntoIterator<Item = &'a str>, ended: bool) -> Reply {
    let (mut events, mut whole) = (Vec::new(), String::new());
    for piece in pieces {
        whole += piece;
        events.extend(parser.push(piece));
    }
    events.extend(parser.finish(ended));
    assert_eq!(parser.trace, whole, "every character is settled once, in its order");
    let reply = Reply::of(events);
    assert_eq!(parser.calls(), reply.calls.iter().filter(|call| call.is_complete).count());
    reply
}

fn read(format: ReplyFormat, text: &str) -> Reply {
    read_pieces(format, [text], true)
}

fn characters(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices().map(|(at, character)| &text[at..at + character.len_utf8()])
}

fn cut_at_random<'a>(text: &'a str, random: &mut ChaCha8Rng) -> Vec<&'a str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let count = 1 + random.next_u32() as usize % 12;
        let end = rest.char_indices().nth(count).map_or(rest.len(), |(at, _)| at);
        let (piece, behind) = rest.split_at(end);
        pieces.push(piece);
        rest = behind;
    }
    pieces
}
