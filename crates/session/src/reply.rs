//! Telling reasoning and tool calls from text, while a reply is being written.
//!
//! What must hold:
//! - However a reply is cut into pieces, the events are the same once neighbours of one kind are joined.
//! - Every character of the reply is text, reasoning, or part of a call or its markers; what only looked like a marker
//!   or a call comes through as text, byte for byte. White space is no text at the reply's beginning in front of a
//!   marker, inside reasoning's tags, and behind a marker; in front of a call it is.
//! - What is certain goes out at once: a call's name as soon as it is complete and one of the request's tools, its
//!   arguments as they are written. Only what may still become a marker, or a call, is held.
//! - The memory held is bounded but for the arguments of the call that is being written, the time is linear, and nothing
//!   recurses.
//!
//! Reasoning is looked for where a reply begins and directly behind other reasoning or a call; inside reasoning there
//! are no calls.

use serde_json::Value;

mod arguments;
mod deepseek;
mod enclosed;
mod format;
mod gemma_call;
mod harmony;
mod json_scanner;
mod listed;
mod mistral;
mod object_call;
mod openings;
mod parser;
mod qwen_coder;
mod reasoning;
mod syntax;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use format::ReasoningState;
pub use format::{ReasoningFormat, ReplyFormat, ToolCallFormat};
pub use parser::ReplyParser;

/// Something that a reply has turned out to contain.
#[derive(Debug, Clone, PartialEq)]
pub enum ReplyEvent {
    /// The next piece of text.
    Text(String),
    /// The next piece of reasoning.
    Reasoning(String),
    /// A call of one of the request's tools begins.
    CallStart {
        /// 0 for the reply's first call.
        index: usize,
        /// The tool.
        tool_name: String,
    },
    /// The next piece of a call's arguments.
    CallDelta {
        /// The call's.
        index: usize,
        /// A piece of JSON text.
        delta: String,
    },
    /// A call is complete.
    Call {
        /// The call's.
        index: usize,
        /// The tool.
        tool_name: String,
        /// The arguments; nothing where the model wrote no valid JSON.
        input: Option<Value>,
        /// All deltas joined.
        input_text: String,
    },
}

/// One character of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Symbol {
    character: char,
    /// Whether it belongs to a marker that is a token of its own: such a token is never text.
    is_special: bool,
}
