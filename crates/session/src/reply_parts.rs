//! From a reply's tokens to the parts of its stream.
//!
//! Tokens become text, text becomes events, and stop sequences are looked for in what is text for the user: not in
//! reasoning, not in the arguments of calls, and not across either.

use std::hash::{BuildHasher, Hasher, RandomState};

use tramontane_error::Error;

use crate::detokenizer::Detokenizer;
use crate::log_probabilities::TokenLogProbabilities;
use crate::reply::{ReplyEvent, ReplyParser};
use crate::stop_matcher::StopMatcher;
use crate::stream_part::StreamPart;

#[cfg(test)]
mod tests;

/// How long the name of a call is: Mistral's templates insist on nine letters and digits.
const CALL_ID_LENGTH: usize = 9;

/// What makes the parts of one reply. None of its state depends on when the tokens come.
pub(crate) struct ReplyParts {
    pub detokenizer: Detokenizer,
    /// Special tokens that the parser is to see.
    pub markers: Vec<(u32, &'static str)>,
    /// Nothing where the whole reply is text.
    pub parser: Option<ReplyParser>,
    /// Nothing once a stop sequence is complete, or the reply over.
    pub stop: Option<StopMatcher>,
    /// The name of the call that is being written, or was written last.
    pub call_id: String,
    /// Takes the parts as they become certain.
    pub emit: Box<dyn FnMut(StreamPart) + Send>,
}

impl ReplyParts {
    /// Tells how probable the token is that comes next.
    pub fn tell(&mut self, log_probabilities: TokenLogProbabilities) {
        let tokens = vec![log_probabilities.with_texts(|token| self.detokenizer.alone(token))];
        (self.emit)(StreamPart::LogProbabilities { tokens });
    }

    /// Takes the next token; true when a stop sequence is complete, after which nothing more comes.
    pub fn push(&mut self, token: u32) -> Result<bool, Error> {
        let marker = self.markers.iter().find(|(id, _)| *id == token).map(|(_, marker)| *marker);
        let (Some(marker), Some(_)) = (marker, &self.parser) else {
            let text = self.detokenizer.push(token)?;
            return Ok(self.write(&text));
        };
        let rest = self.detokenizer.interrupt()?;
        if self.write(&rest) {
            return Ok(true);
        }
        let events = self.parser.as_mut().map(|parser| parser.push_marker(marker)).unwrap_or_default();
        Ok(self.pass_on(events))
    }

    /// The reply is over: what was held comes out. `ended` says that the model ended it. True when a stop sequence
    /// completes in it.
    pub fn finish(&mut self, ended: bool) -> Result<bool, Error> {
        if self.stop.is_none() {
            return Ok(false);
        }
        let rest = self.detokenizer.finish()?;
        if self.write(&rest) {
            return Ok(true);
        }
        let events = self.parser.as_mut().map(|parser| parser.finish(ended)).unwrap_or_default();
        let stopped = self.pass_on(events);
        if let Some(stop) = self.stop.take() {
            self.text(stop.finish());
        }
        Ok(stopped)
    }

    /// How many calls are complete.
    pub fn calls(&self) -> usize {
        self.parser.as_ref().map_or(0, ReplyParser::calls)
    }

    fn write(&mut self, text: &str) -> bool {
        match &mut self.parser {
            _ if text.is_empty() => false,
            Some(parser) => {
                let events = parser.push(text);
                self.pass_on(events)
            }
            None => self.visible(text),
        }
    }

    fn pass_on(&mut self, events: Vec<ReplyEvent>) -> bool {
        events.into_iter().any(|event| self.event(event))
    }

    fn event(&mut self, event: ReplyEvent) -> bool {
        if let ReplyEvent::Text(text) = event {
            return self.visible(&text);
        }
        // What comes now is behind the text that the stop sequences are looked for in.
        if let Some(stop) = &mut self.stop {
            let held = stop.interrupt();
            self.text(held);
        }
        if matches!(event, ReplyEvent::CallStart { .. }) {
            self.call_id = random_id();
        }
        let tool_call_id = self.call_id.clone();
        (self.emit)(match event {
            ReplyEvent::Text(delta) => StreamPart::TextDelta { delta },
            ReplyEvent::Reasoning(delta) => StreamPart::ReasoningDelta { delta },
            ReplyEvent::CallStart { index, tool_name } => StreamPart::ToolCallStart { index, tool_call_id, tool_name },
            ReplyEvent::CallDelta { index, delta } => StreamPart::ToolCallDelta { index, tool_call_id, delta },
            ReplyEvent::Call { index, tool_name, input, input_text } => {
                StreamPart::ToolCall { index, tool_call_id, tool_name, input, input_text }
            }
        });
        false
    }

    /// Text for the user; true when it completes a stop sequence.
    fn visible(&mut self, text: &str) -> bool {
        let Some(stop) = &mut self.stop else { return true };
        let outcome = stop.push(text);
        let (text, stopped) = (outcome.text.into_owned(), outcome.stopped);
        if stopped {
            self.stop = None;
        }
        self.text(text);
        stopped
    }

    fn text(&mut self, delta: String) {
        if !delta.is_empty() {
            (self.emit)(StreamPart::TextDelta { delta });
        }
    }
}

/// A name for a call, from the randomness that the standard library gives its hash maps.
fn random_id() -> String {
    const CHARACTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut random = RandomState::new().build_hasher().finish();
    (0..CALL_ID_LENGTH)
        .map(|_| {
            let character = CHARACTERS[(random % CHARACTERS.len() as u64) as usize];
            random /= CHARACTERS.len() as u64;
            char::from(character)
        })
        .collect()
}
