//! Which tokens complete a sequence breaker of DRY.

use std::sync::Arc;

use tokenizers::Tokenizer;

use crate::detokenizer::Detokenizer;

/// Reads a sequence's text as its tokens come, since a breaker may be a part of a token, or spread over several.
pub(super) struct SequenceBreakers {
    breakers: Vec<String>,
    detokenizer: Detokenizer,
    /// The end of the text so far: less than the longest breaker, in bytes.
    tail: Vec<u8>,
}

impl SequenceBreakers {
    /// Nothing where there is nothing to look for.
    pub fn new(breakers: &[String], tokenizer: &Arc<Tokenizer>) -> Option<Self> {
        let breakers: Vec<_> = breakers.iter().filter(|breaker| !breaker.is_empty()).cloned().collect();
        let detokenizer = Detokenizer::new(Arc::clone(tokenizer), false);
        (!breakers.is_empty()).then_some(Self { breakers, detokenizer, tail: Vec::new() })
    }

    /// Whether a breaker ends in the text that this token adds.
    pub fn push(&mut self, token: u32) -> bool {
        // A token that cannot be decoded has no text; the sequence itself fails at it.
        let added = self.detokenizer.push(token).unwrap_or_default();
        if added.is_empty() {
            return false;
        }
        let before = self.tail.len();
        self.tail.extend(added.bytes());
        let ends_here = self.breakers.iter().any(|breaker| {
            // At least its last byte must be new.
            let start = (before + 1).saturating_sub(breaker.len());
            self.tail[start..].windows(breaker.len()).any(|window| window == breaker.as_bytes())
        });
        let longest = self.breakers.iter().map(String::len).max().unwrap_or(1);
        let old = self.tail.len().saturating_sub(longest - 1);
        self.tail.drain(..old);
        ends_here
    }
}
