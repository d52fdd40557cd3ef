//! From the characters of a reply to its events: text, and what opens behind a marker.

use std::collections::VecDeque;

use super::format::{ReasoningFormat, ReplyFormat};
use super::openings::{Opening, openings};
use super::reasoning::Reasoning;
use super::syntax::{Beginning, Flow, Syntax, beginning, is_blank};
use super::writer::Writer;
use super::{ReplyEvent, Symbol};
use crate::tools::Tool;

/// How much of what looks like a call is held until it is certain. In front of the name there is rarely more than a
/// marker; a model that writes its arguments first, and more of them than this, is not understood.
pub(super) const MAX_HELD: usize = 4096;
/// How much white space at a reply's beginning is held.
const MAX_BLANKS: usize = 256;

/// Reads one reply.
pub struct ReplyParser {
    openings: Vec<(&'static str, Opening)>,
    syntax: Option<Box<dyn Syntax>>,
    /// Whether something of what `syntax` reads has been settled: it is certain then.
    is_certain: bool,
    /// Not settled yet, the oldest first.
    pub(super) held: Vec<Symbol>,
    /// White space at the beginning of the reply.
    blanks: Vec<Symbol>,
    /// Where no text has come since the beginning, or since the last marker.
    is_fresh: bool,
    /// Whether a marker is directly in front, apart from white space.
    is_behind_marker: bool,
    writer: Writer,
    /// Every character in the order in which it was settled.
    #[cfg(test)]
    pub(super) trace: String,
    /// How many characters were read, those read again included.
    #[cfg(test)]
    pub(super) steps: usize,
}

impl ReplyParser {
    /// A parser at the beginning of a reply. Calls are looked for where there are tools. `begins_in_reasoning` says that
    /// the prompt ends inside reasoning.
    pub fn new(format: ReplyFormat, tools: Vec<Tool>, begins_in_reasoning: bool) -> Self {
        let closing = format.reasoning.and_then(ReasoningFormat::tags).map(|(_, closing)| closing);
        let syntax = closing.filter(|_| begins_in_reasoning).map(|closing| Box::new(Reasoning::new(closing)) as _);
        Self {
            openings: openings(format, !tools.is_empty()),
            is_certain: syntax.is_some(),
            syntax,
            held: Vec::new(),
            blanks: Vec::new(),
            is_fresh: true,
            is_behind_marker: false,
            writer: Writer::new(tools),
            #[cfg(test)]
            trace: String::new(),
            #[cfg(test)]
            steps: 0,
        }
    }

    /// Takes the next piece of the reply.
    pub fn push(&mut self, text: &str) -> Vec<ReplyEvent> {
        self.feed(text.chars().map(|character| Symbol { character, is_special: false }))
    }

    /// Takes a marker that is a token of its own.
    pub fn push_marker(&mut self, marker: &str) -> Vec<ReplyEvent> {
        self.feed(marker.chars().map(|character| Symbol { character, is_special: true }))
    }

    /// The reply is over. `ended` says that the model ended it, rather than a limit or a cancel: a call that is cut off
    /// is not complete. Nothing may follow.
    pub fn finish(&mut self, ended: bool) -> Vec<ReplyEvent> {
        while let Some(mut syntax) = self.syntax.take() {
            if syntax.finish(&self.held, ended, &mut self.writer) {
                self.settle(self.held.len());
                break;
            }
            if self.is_certain {
                self.is_fresh = true;
                self.is_behind_marker = true;
                let rest = std::mem::take(&mut self.held);
                self.feed_all(rest.into());
            } else {
                let rest = self.fail();
                self.feed_all(rest);
            }
        }
        let held = std::mem::take(&mut self.held);
        self.text(&held);
        self.release_blanks();
        std::mem::take(&mut self.writer.events)
    }

    /// How many calls are complete.
    pub fn calls(&self) -> usize {
        self.writer.calls()
    }

    fn feed(&mut self, symbols: impl Iterator<Item = Symbol>) -> Vec<ReplyEvent> {
        self.feed_all(symbols.collect());
        std::mem::take(&mut self.writer.events)
    }

    fn feed_all(&mut self, mut queue: VecDeque<Symbol>) {
        while let Some(symbol) = queue.pop_front() {
            #[cfg(test)]
            {
                self.steps += 1;
            }
            let again = match self.syntax.take() {
                Some(syntax) => self.in_syntax(syntax, symbol),
                None => self.in_text(symbol),
            };
            // What is read again comes before what is not read yet.
            for symbol in again.into_iter().rev() {
                queue.push_front(symbol);
            }
        }
    }

    /// Returns what is to be read again.
    fn in_syntax(&mut self, mut syntax: Box<dyn Syntax>, symbol: Symbol) -> VecDeque<Symbol> {
        self.held.push(symbol);
        let flow = match syntax.push(&self.held, &mut self.writer) {
            Flow::Held => Flow::Kept(self.held.len()),
            flow => flow,
        };
        let (kept, is_over) = match flow {
            Flow::Kept(count) if count <= MAX_HELD => (count, false),
            Flow::Over(count) => (count, true),
            Flow::Kept(_) | Flow::Held | Flow::Failed if self.is_certain => (self.held.len(), true),
            Flow::Kept(_) | Flow::Held | Flow::Failed => return self.fail(),
        };
        self.is_certain |= kept < self.held.len();
        self.settle(self.held.len() - kept);
        if !is_over {
            self.syntax = Some(syntax);
            return VecDeque::new();
        }
        self.is_fresh = true;
        self.is_behind_marker = true;
        std::mem::take(&mut self.held).into()
    }

    fn in_text(&mut self, symbol: Symbol) -> VecDeque<Symbol> {
        if self.held.is_empty() && self.is_fresh && is_blank(symbol) {
            if self.is_behind_marker {
                self.held.push(symbol);
                self.settle(1);
            } else {
                self.blanks.push(symbol);
                if self.blanks.len() == MAX_BLANKS {
                    self.release_blanks();
                }
            }
            return VecDeque::new();
        }
        if self.held.is_empty() && !self.openings.iter().any(|(marker, _)| marker.starts_with(symbol.character)) {
            self.text(&[symbol]);
            return VecDeque::new();
        }
        self.held.push(symbol);
        let possible = self.openings.iter().filter(|(_, opening)| self.is_fresh || !opening.is_at_beginning());
        let (markers, kinds): (Vec<&str>, Vec<Opening>) = possible.copied().unzip();
        match beginning(&self.held, &markers) {
            Beginning::Partial => VecDeque::new(),
            Beginning::Whole(number) => {
                self.open(kinds[number], markers[number]);
                VecDeque::new()
            }
            Beginning::Other => self.fail(),
        }
    }

    fn open(&mut self, opening: Opening, marker: &str) {
        self.is_certain = opening.is_certain();
        if self.is_certain {
            self.settle(self.held.len());
        }
        self.syntax = Some(opening.syntax(marker));
    }

    /// The first symbol held is text, and the others are to be read again.
    fn fail(&mut self) -> VecDeque<Symbol> {
        let held = std::mem::take(&mut self.held);
        let Some((first, rest)) = held.split_first() else { return VecDeque::new() };
        self.text(&[*first]);
        rest.to_vec().into()
    }

    fn text(&mut self, symbols: &[Symbol]) {
        if symbols.is_empty() {
            return;
        }
        self.release_blanks();
        self.is_fresh &= symbols.iter().all(|symbol| symbol.is_special);
        self.writer.text(symbols);
        self.note(symbols);
    }

    fn release_blanks(&mut self) {
        if !self.blanks.is_empty() {
            let blanks = std::mem::take(&mut self.blanks);
            self.is_fresh = false;
            self.writer.text(&blanks);
            self.note(&blanks);
        }
    }

    /// The oldest symbols held, so many, are part of what is read.
    fn settle(&mut self, count: usize) {
        if count > 0 {
            // White space in front of a marker is no text.
            let blanks = std::mem::take(&mut self.blanks);
            self.note(&blanks);
            let rest = self.held.split_off(count);
            let settled = std::mem::replace(&mut self.held, rest);
            self.note(&settled);
        }
    }

    #[cfg(test)]
    fn note(&mut self, symbols: &[Symbol]) {
        self.trace.extend(symbols.iter().map(|symbol| symbol.character));
    }

    #[cfg(not(test))]
    fn note(&mut self, _: &[Symbol]) {}
}
