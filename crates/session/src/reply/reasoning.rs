//! Reasoning between two tags. White space inside the tags, at both ends, is none of it.

use super::Symbol;
use super::syntax::{Ending, Flow, Syntax, ending, is_blank};
use super::writer::Writer;

/// White space that may turn out to be in front of the closing tag.
const MAX_BLANKS: usize = 256;

pub(super) struct Reasoning {
    closing: [&'static str; 1],
    has_begun: bool,
}

impl Reasoning {
    pub fn new(closing: &'static str) -> Self {
        Self { closing: [closing], has_begun: false }
    }
}

impl Syntax for Reasoning {
    fn push(&mut self, held: &[Symbol], writer: &mut Writer) -> Flow {
        // The opening tag may still be held, and white space that is none of the text.
        let (certain, rest) = match ending(held, &self.closing) {
            Ending::Whole { .. } => return Flow::Over(0),
            Ending::Partial(length) => held.split_at(held.len() - length),
        };
        let blanks = certain.iter().rev().take_while(|&&symbol| is_blank(symbol)).count();
        let (text, blanks) = certain.split_at(certain.len() - blanks.min(MAX_BLANKS));
        if self.has_begun {
            writer.reasoning(text);
        } else if text.is_empty() {
            return Flow::Kept(rest.len());
        } else {
            self.has_begun = true;
            writer.reasoning(text);
        }
        Flow::Kept(blanks.len() + rest.len())
    }

    fn finish(&mut self, held: &[Symbol], _: bool, writer: &mut Writer) -> bool {
        writer.reasoning(held);
        true
    }
}
