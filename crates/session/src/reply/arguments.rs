//! A call's arguments: one JSON value, or what a model wrote in its place.

use super::Symbol;
use super::json_scanner::{JsonScanner, Scan};
use super::syntax::{Ending, ending, is_blank};
use super::writer::Writer;

/// Passes arguments on as they come. Where they stop being JSON, they go on to one of the closing markers.
#[derive(Debug)]
pub(super) struct Arguments {
    scanner: JsonScanner,
    state: State,
    closing: &'static [&'static str],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Before,
    Json,
    Broken,
}

/// What became of the symbols held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ArgumentsFlow {
    /// All are settled, but for so many of the last.
    Kept(usize),
    /// The value is complete, and so is the call. So many of the last are none of it.
    Complete(usize),
    /// A closing marker ended it, and the call: so many symbols, the last of those held.
    Closed(usize),
}

impl Arguments {
    pub fn new(closing: &'static [&'static str]) -> Self {
        Self { scanner: JsonScanner::new(), state: State::Before, closing }
    }

    /// Arguments that are known not to be JSON.
    pub fn broken(closing: &'static [&'static str]) -> Self {
        Self { state: State::Broken, ..Self::new(closing) }
    }

    /// Takes the last symbol of `held`, the others being those kept.
    pub fn push(&mut self, held: &[Symbol], writer: &mut Writer) -> ArgumentsFlow {
        let Some((&symbol, _)) = held.split_last() else { return ArgumentsFlow::Kept(0) };
        if self.state == State::Before && is_blank(symbol) {
            return ArgumentsFlow::Kept(0);
        }
        if self.state != State::Broken {
            self.state = State::Json;
            // A marker that is a token of its own ends a string, too.
            let scan = if symbol.is_special { Scan::Invalid } else { self.scanner.push(symbol.character) };
            match scan {
                Scan::Inside | Scan::Last => writer.arguments(&[symbol]),
                Scan::Over | Scan::Invalid => {}
            }
            match scan {
                Scan::Inside => return ArgumentsFlow::Kept(0),
                Scan::Last | Scan::Over => {
                    writer.complete();
                    return ArgumentsFlow::Complete(usize::from(scan == Scan::Over));
                }
                Scan::Invalid => self.state = State::Broken,
            }
        }
        match ending(held, self.closing) {
            Ending::Whole { length, .. } => {
                writer.arguments(&held[..held.len() - length]);
                writer.complete();
                ArgumentsFlow::Closed(length)
            }
            Ending::Partial(length) => {
                writer.arguments(&held[..held.len() - length]);
                ArgumentsFlow::Kept(length)
            }
        }
    }

    /// The reply is over; the call is complete only where the model ended it.
    pub fn finish(&self, held: &[Symbol], ended: bool, writer: &mut Writer) {
        writer.arguments(held);
        if ended {
            writer.complete();
        }
    }
}
