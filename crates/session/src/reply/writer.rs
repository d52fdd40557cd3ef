//! What a reply turns out to be, on its way out.

use serde_json::Value;

use super::{ReplyEvent, Symbol};
use crate::tools::Tool;

/// Collects events, joining neighbours of one kind, and keeps the open call.
#[derive(Debug)]
pub(super) struct Writer {
    tools: Vec<Tool>,
    pub events: Vec<ReplyEvent>,
    calls: usize,
    open: Option<OpenCall>,
}

#[derive(Debug)]
struct OpenCall {
    tool: usize,
    input_text: String,
}

impl Writer {
    pub fn new(tools: Vec<Tool>) -> Self {
        Self { tools, events: Vec::new(), calls: 0, open: None }
    }

    /// Text for the user. The markers that are tokens of their own are never text.
    pub fn text(&mut self, symbols: &[Symbol]) {
        for symbol in symbols.iter().filter(|symbol| !symbol.is_special) {
            match self.events.last_mut() {
                Some(ReplyEvent::Text(text)) => text.push(symbol.character),
                _ => self.events.push(ReplyEvent::Text(symbol.character.into())),
            }
        }
    }

    pub fn reasoning(&mut self, symbols: &[Symbol]) {
        for symbol in symbols.iter().filter(|symbol| !symbol.is_special) {
            match self.events.last_mut() {
                Some(ReplyEvent::Reasoning(text)) => text.push(symbol.character),
                _ => self.events.push(ReplyEvent::Reasoning(symbol.character.into())),
            }
        }
    }

    pub fn knows(&self, name: &str) -> bool {
        self.tools.iter().any(|tool| tool.name == name)
    }

    /// The tool of the open call.
    pub fn called(&self) -> Option<&Tool> {
        self.open.as_ref().and_then(|call| self.tools.get(call.tool))
    }

    /// Begins a call; false where the request has no such tool.
    pub fn start(&mut self, name: &str) -> bool {
        let Some(tool) = self.tools.iter().position(|tool| tool.name == name) else { return false };
        self.open = Some(OpenCall { tool, input_text: String::new() });
        self.events.push(ReplyEvent::CallStart { index: self.calls, tool_name: name.to_owned() });
        true
    }

    /// Arguments of the open call, as they are written.
    pub fn arguments(&mut self, symbols: &[Symbol]) {
        let text: String = symbols.iter().filter(|symbol| !symbol.is_special).map(|symbol| symbol.character).collect();
        self.argument_text(&text);
    }

    pub fn argument_text(&mut self, text: &str) {
        let Some(call) = &mut self.open else { return };
        call.input_text.push_str(text);
        let index = self.calls;
        match self.events.last_mut() {
            Some(ReplyEvent::CallDelta { delta, .. }) => delta.push_str(text),
            _ if text.is_empty() => {}
            _ => self.events.push(ReplyEvent::CallDelta { index, delta: text.to_owned() }),
        }
    }

    /// The open call is complete. One without arguments has none to give: `{}`.
    pub fn complete(&mut self) {
        if self.open.as_ref().is_some_and(|call| call.input_text.is_empty()) {
            self.argument_text("{}");
        }
        let Some(OpenCall { tool, input_text }) = self.open.take() else { return };
        let input = serde_json::from_str::<Value>(&input_text).ok();
        let tool_name = self.tools[tool].name.clone();
        self.events.push(ReplyEvent::Call { index: self.calls, tool_name, input, input_text });
        self.calls += 1;
    }

    /// How many calls are complete.
    pub fn calls(&self) -> usize {
        self.calls
    }
}
