//! The tokens that a grammar allows at one place.

use llguidance::toktrie::SimpleVob;

/// How many tokens share a word of the mask.
const WORD: usize = u32::BITS as usize;

/// One bit for every token of the vocabulary. What is outside of it is not allowed.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenMask(SimpleVob);

impl TokenMask {
    pub(super) fn new(allowed: SimpleVob) -> Self {
        Self(allowed)
    }

    /// Whether the token may come next.
    pub fn allows(&self, token: u32) -> bool {
        (token as usize) < self.0.len() && self.0.is_allowed(token)
    }

    /// Makes every token impossible that may not come next.
    pub fn apply(&self, logits: &mut [f32]) {
        let (known, unknown) = logits.split_at_mut(logits.len().min(self.0.len()));
        unknown.fill(f32::NEG_INFINITY);
        for (logits, &word) in known.chunks_mut(WORD).zip(self.0.as_slice()) {
            match word {
                0 => logits.fill(f32::NEG_INFINITY),
                u32::MAX => {}
                _ => {
                    for (bit, logit) in logits.iter_mut().enumerate() {
                        if word & (1 << bit) == 0 {
                            *logit = f32::NEG_INFINITY;
                        }
                    }
                }
            }
        }
    }
}
