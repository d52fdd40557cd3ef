//! Ending a text at the first stop sequence, while it is still being written.
//!
//! What must hold: however the text is cut into deltas, what is emitted, joined, is the text up to its first stop
//! sequence, byte for byte. The first one is the one that is complete first; of several that end at the same
//! character, the one that starts first. Only text that may yet turn out to be part of a stop sequence is held back.

use std::borrow::Cow;

use tramontane_error::Error;

#[cfg(test)]
mod tests;

/// How many stop sequences a request may have.
const MAX_SEQUENCES: usize = 64;
/// How many bytes one of them may have.
const MAX_SEQUENCE_BYTES: usize = 4096;

/// Refuses stop sequences that cannot be meant.
///
/// # Errors
/// `invalid-argument`: field `stopSequences` when there are more than 64, `stopSequences[1]` (by position) when one is
/// empty or longer than 4096 bytes.
pub fn validate_stop_sequences(stop_sequences: &[String]) -> Result<(), Error> {
    if stop_sequences.len() > MAX_SEQUENCES {
        return Err(Error::invalid_argument(
            "stopSequences",
            format!("stopSequences may have at most {MAX_SEQUENCES} entries, not {}", stop_sequences.len()),
        ));
    }
    for (index, sequence) in stop_sequences.iter().enumerate() {
        let field = format!("stopSequences[{index}]");
        if sequence.is_empty() {
            let message = format!("{field} is empty and would stop every text at once: leave it out");
            return Err(Error::invalid_argument(field, message));
        }
        if sequence.len() > MAX_SEQUENCE_BYTES {
            let message = format!("{field} may have at most {MAX_SEQUENCE_BYTES} bytes, not {}", sequence.len());
            return Err(Error::invalid_argument(field, message));
        }
    }
    Ok(())
}

/// What became of a pushed delta.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopOutcome<'a> {
    /// Text that is certain now, the earlier held-back part included; often the delta itself. Empty is common.
    pub text: Cow<'a, str>,
    /// A stop sequence is complete. `text` ends before it, and there is nothing more to come.
    pub stopped: bool,
}

/// Watches one text for stop sequences.
///
/// An Aho-Corasick automaton (Aho and Corasick 1975, "Efficient string matching"): after every byte its state is the
/// longest end of the text that begins some stop sequence, which is just the part to hold back. The time per byte does
/// not depend on how long the stop sequences are.
#[derive(Debug)]
pub struct StopMatcher {
    /// The trie of the stop sequences; the root is node 0.
    nodes: Vec<Node>,
    state: u32,
    /// The text of `state`: as many bytes as the node is deep.
    held: String,
    stopped: bool,
}

/// In the links 0 is "none": no link ever needs to lead to the root, except `fallback`, where it means the same.
#[derive(Debug, Default)]
struct Node {
    byte: u8,
    first_child: u32,
    next_sibling: u32,
    /// The node of the longest proper end of this node's text that is in the trie.
    fallback: u32,
    depth: u32,
    /// Bytes of the longest stop sequence that ends here; 0 when none does.
    matched: u32,
}

impl StopMatcher {
    /// A matcher at the start of a text. Empty sequences are passed over; [`validate_stop_sequences`] refuses them.
    pub fn new(stop_sequences: Vec<String>) -> Self {
        let mut matcher = Self { nodes: vec![Node::default()], state: 0, held: String::new(), stopped: false };
        for sequence in &stop_sequences {
            matcher.insert(sequence);
        }
        matcher.link();
        matcher
    }

    /// Takes the next piece of the text. After a stop everything is swallowed.
    pub fn push<'a>(&mut self, delta: &'a str) -> StopOutcome<'a> {
        if self.stopped {
            return StopOutcome { text: Cow::Borrowed(""), stopped: true };
        }
        if self.nodes.len() == 1 {
            return StopOutcome { text: Cow::Borrowed(delta), stopped: false };
        }
        let held = self.held.len();
        for (index, byte) in delta.bytes().enumerate() {
            self.state = self.step(self.state, byte);
            let matched = self.nodes[self.state as usize].matched as usize;
            if matched > 0 {
                let text = self.release(delta, held + index + 1 - matched);
                self.held = String::new();
                self.stopped = true;
                return StopOutcome { text, stopped: true };
            }
        }
        let keep = self.nodes[self.state as usize].depth as usize;
        StopOutcome { text: self.release(delta, held + delta.len() - keep), stopped: false }
    }

    /// Something that is no text comes in between: what was held back belongs to the text after all, and no stop sequence
    /// spans the place.
    pub fn interrupt(&mut self) -> String {
        self.state = 0;
        std::mem::take(&mut self.held)
    }

    /// The text is over: what was held back belongs to it after all. Empty after a stop.
    pub fn finish(self) -> String {
        self.held
    }

    /// The first `count` bytes of the held text and the delta; holds the rest.
    ///
    /// Both cuts fall between characters: a stop sequence starts with a whole character and so does its match.
    fn release<'a>(&mut self, delta: &'a str, count: usize) -> Cow<'a, str> {
        match count.checked_sub(self.held.len()) {
            None => {
                let text = self.held[..count].to_owned();
                self.held.drain(..count);
                self.held.push_str(delta);
                Cow::Owned(text)
            }
            Some(from_delta) => {
                let (now, later) = delta.split_at(from_delta);
                if self.held.is_empty() {
                    self.held.push_str(later);
                    return Cow::Borrowed(now);
                }
                let mut text = std::mem::replace(&mut self.held, later.to_owned());
                text.push_str(now);
                Cow::Owned(text)
            }
        }
    }

    fn step(&self, mut state: u32, byte: u8) -> u32 {
        loop {
            match self.child(state, byte) {
                0 if state == 0 => return 0,
                0 => state = self.nodes[state as usize].fallback,
                child => return child,
            }
        }
    }

    fn child(&self, node: u32, byte: u8) -> u32 {
        let mut child = self.nodes[node as usize].first_child;
        while child != 0 && self.nodes[child as usize].byte != byte {
            child = self.nodes[child as usize].next_sibling;
        }
        child
    }

    fn insert(&mut self, sequence: &str) {
        let mut node = 0;
        for byte in sequence.bytes() {
            node = match self.child(node, byte) {
                0 => {
                    let added = self.nodes.len() as u32;
                    let parent = &mut self.nodes[node as usize];
                    let next_sibling = std::mem::replace(&mut parent.first_child, added);
                    let depth = parent.depth + 1;
                    self.nodes.push(Node { byte, next_sibling, depth, ..Node::default() });
                    added
                }
                child => child,
            };
        }
        self.nodes[node as usize].matched = self.nodes[node as usize].depth;
    }

    /// Sets the fallbacks, level by level: a node's fallback is always less deep than the node.
    fn link(&mut self) {
        let mut queue = std::collections::VecDeque::from([0]);
        while let Some(node) = queue.pop_front() {
            let mut child = self.nodes[node as usize].first_child;
            while child != 0 {
                let fallback = match node {
                    0 => 0,
                    _ => self.step(self.nodes[node as usize].fallback, self.nodes[child as usize].byte),
                };
                let inherited = self.nodes[fallback as usize].matched;
                let linked = &mut self.nodes[child as usize];
                linked.fallback = fallback;
                if linked.matched == 0 {
                    linked.matched = inherited;
                }
                queue.push_back(child);
                child = linked.next_sibling;
            }
        }
    }
}
