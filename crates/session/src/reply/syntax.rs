//! What the formats have in common: a marker opens something, and what follows is read by rules of its own.

use super::Symbol;
use super::writer::Writer;

/// What became of the symbols held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// All of them are settled, but for so many of the last.
    Kept(usize),
    /// Nothing is certain yet.
    Held,
    /// This is over. So many of the last are none of it.
    Over(usize),
    /// It was not what it looked like: all that is held is none of it.
    Failed,
}

/// What follows an opening marker.
pub(super) trait Syntax: Send {
    /// Takes the next symbol, the last of `held`. The others are those that were not settled before, the marker
    /// included.
    fn push(&mut self, held: &[Symbol], writer: &mut Writer) -> Flow;

    /// The reply is over. `ended` says that the model ended it. True when what is held was part of this, and is written;
    /// otherwise it is text.
    fn finish(&mut self, held: &[Symbol], ended: bool, writer: &mut Writer) -> bool;
}

/// How the end of what is held stands to some markers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The last symbols, so many, are the marker with this number.
    Whole { marker: usize, length: usize },
    /// The last symbols, so many, may become one. 0 when they cannot.
    Partial(usize),
}

pub(super) fn ending(held: &[Symbol], markers: &[&str]) -> Ending {
    let ends_with = |marker: &str, length: usize| {
        held.len() >= length
            && held[held.len() - length..].iter().map(|symbol| symbol.character).eq(marker.chars().take(length))
    };
    let mut partial = 0;
    for (number, marker) in markers.iter().enumerate() {
        let whole = marker.chars().count();
        if ends_with(marker, whole) {
            return Ending::Whole { marker: number, length: whole };
        }
        partial = (1..whole).rev().find(|&length| ends_with(marker, length)).unwrap_or(0).max(partial);
    }
    Ending::Partial(partial)
}

/// How what is held, from `from` on, stands to some markers that may come next.
pub(super) enum Beginning {
    Whole(usize),
    Partial,
    Other,
}

pub(super) fn beginning(held: &[Symbol], markers: &[&str]) -> Beginning {
    let mut partial = false;
    for (number, marker) in markers.iter().enumerate() {
        let mut expected = marker.chars();
        if held.iter().all(|symbol| expected.next() == Some(symbol.character)) {
            if expected.next().is_none() {
                return Beginning::Whole(number);
            }
            partial = true;
        }
    }
    if partial { Beginning::Partial } else { Beginning::Other }
}

/// White space as templates write it around markers. Other white space, such as the ideographic space that a paragraph
/// begins with, is the model's own.
pub(super) fn is_blank(symbol: Symbol) -> bool {
    !symbol.is_special && symbol.character.is_ascii_whitespace()
}
