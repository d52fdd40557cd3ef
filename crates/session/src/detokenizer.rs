//! Turning tokens into text as they come.
//!
//! What must hold:
//! - For tokens of a valid text the outputs, joined, are what decoding all tokens at once gives, byte for byte.
//! - No output ends inside a character, and none is held back longer than until its last byte: not even U+FFFD, be it
//!   part of the text or what became of invalid bytes. A model that emits nothing but invalid bytes makes progress.
//! - The work per token does not grow with the text.
//!
//! The stream decoder of the tokenizers library waits while a text ends in U+FFFD, which it takes for a sign of an
//! incomplete character. A real one, or a model stuck in invalid bytes, makes it wait for ever, decoding more tokens
//! every time. Here the bytes of the tokens themselves tell whether a character is incomplete.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokenizers::{DecoderWrapper, Tokenizer};
use tramontane_error::{Error, ErrorCode};

use crate::byte_tokenizer::symbol_byte;

#[cfg(test)]
mod tests;

/// Tokens that are held at most. An incomplete character has at most three bytes, so only tokens without any bytes
/// among them ever get this far.
const MAX_HELD_TOKENS: usize = 16;

/// Detokenises one sequence.
pub struct Detokenizer {
    tokenizer: Arc<Tokenizer>,
    skip_special_tokens: bool,
    spelling: Spelling,
    /// The tokens emitted last. Decoding new tokens behind them shows what the new ones add: the first token of a
    /// text loses its leading space in many vocabularies, and later ones must not.
    context: Vec<u32>,
    /// What `context` decodes to.
    context_text: String,
    /// Tokens not emitted yet, because they end inside a character.
    held: Vec<u32>,
    /// The bytes of `held`, as far as the spelling tells them.
    held_bytes: Vec<u8>,
}

/// How a vocabulary writes bytes that are not characters, and so whether a token can end inside one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// Every byte is one character from a fixed list (GPT-2, Llama 3, Qwen).
    ByteLevel,
    /// Bytes outside the vocabulary are tokens such as `<0xE4>` (Llama 2, Mistral, Gemma).
    ByteFallback,
    /// Not at all: every token is whole characters.
    Characters,
}

impl Detokenizer {
    /// A detokenizer at the start of a text.
    ///
    /// With `skip_special_tokens`, tokens that the tokenizer calls special (end of text, roles) give no text.
    pub fn new(tokenizer: Arc<Tokenizer>, skip_special_tokens: bool) -> Self {
        let spelling = tokenizer.get_decoder().map_or(Spelling::Characters, spelling);
        Self {
            tokenizer,
            skip_special_tokens,
            spelling,
            context: Vec::new(),
            context_text: String::new(),
            held: Vec::new(),
            held_bytes: Vec::new(),
        }
    }

    /// The text that the token completes; empty while a character is incomplete, for a skipped special token, and for
    /// a token that is not in the vocabulary (models often have more outputs than their tokenizer has tokens).
    ///
    /// # Errors
    /// `engine-failed` when the tokenizer's decoder fails.
    pub fn push(&mut self, token: u32) -> Result<String, Error> {
        let Some(spelled) = self.tokenizer.id_to_token(token) else {
            return Ok(String::new());
        };
        if self.skip_special_tokens && self.tokenizer.get_added_vocabulary().is_special_token(&spelled) {
            return Ok(String::new());
        }
        let bytes = self.spelling.bytes(&spelled);
        let mut text = if self.can_continue(&bytes) { String::new() } else { self.release()? };
        self.held.push(token);
        self.held_bytes.extend(bytes);
        if !ends_inside_character(&self.held_bytes) || self.held.len() == MAX_HELD_TOKENS {
            text.push_str(&self.release()?);
        }
        Ok(text)
    }

    /// The text is over: what is still held, with U+FFFD for the bytes of an incomplete character. The next token
    /// pushed begins a new text.
    ///
    /// # Errors
    /// `engine-failed` when the tokenizer's decoder fails.
    pub fn finish(&mut self) -> Result<String, Error> {
        let rest = self.interrupt();
        self.context.clear();
        self.context_text.clear();
        rest
    }

    /// The text of a single token, apart from this sequence, as it is where it does not begin a text: with its leading
    /// space, and U+FFFD for the bytes of an incomplete character. A special token is what the vocabulary calls it.
    pub fn alone(&self, token: u32) -> String {
        let Some(spelled) = self.tokenizer.id_to_token(token) else { return String::new() };
        if self.tokenizer.get_added_vocabulary().is_special_token(&spelled) {
            return spelled;
        }
        if self.spelling == Spelling::ByteLevel {
            return String::from_utf8_lossy(&self.spelling.bytes(&spelled)).into_owned();
        }
        // Of two in a row the second is not at the beginning.
        let once = self.decode(&[token]).unwrap_or_default();
        let twice = self.decode(&[token, token]).unwrap_or_default();
        twice.strip_prefix(&once).map(str::to_owned).unwrap_or(once)
    }

    /// Something that is no text comes in between: what is still held, as in [`Detokenizer::finish`]. The text goes on
    /// behind it.
    ///
    /// # Errors
    /// `engine-failed` when the tokenizer's decoder fails.
    pub fn interrupt(&mut self) -> Result<String, Error> {
        if self.held.is_empty() { Ok(String::new()) } else { self.release() }
    }

    /// Whether the token goes together with those held. A byte token that ends a character before it is complete does
    /// not: decoded together, the character that the token begins would be taken for invalid too.
    fn can_continue(&self, bytes: &[u8]) -> bool {
        if self.spelling != Spelling::ByteFallback {
            return true;
        }
        match str::from_utf8(&[&self.held_bytes[..], bytes].concat()) {
            Ok(_) => true,
            Err(error) => error.valid_up_to() >= self.held_bytes.len() || error.error_len().is_none(),
        }
    }

    /// The text of the held tokens, which become the context.
    fn release(&mut self) -> Result<String, Error> {
        let held = std::mem::take(&mut self.held);
        let bytes = std::mem::take(&mut self.held_bytes);
        let text = match self.decode(&[&self.context[..], &held].concat())?.strip_prefix(&self.context_text) {
            Some(added) if !self.is_spoilt(added, &bytes) => added.to_owned(),
            // Byte tokens in a row are decoded together, so a context can be read in another way behind invalid ones,
            // and take valid ones with it. They are better off by themselves then.
            _ => self.decode(&held)?,
        };
        // A token that adds nothing may not stand for what is before it, and invalid bytes would spoil what follows:
        // the earlier context remains, if there is one.
        let is_good_context = !text.is_empty() && str::from_utf8(&bytes).is_ok();
        if is_good_context || self.context.is_empty() {
            self.context_text = self.decode(&held)?;
            self.context = held;
        }
        Ok(text)
    }

    /// Whether valid bytes came out as U+FFFD.
    fn is_spoilt(&self, text: &str, bytes: &[u8]) -> bool {
        self.spelling != Spelling::Characters
            && text.contains(char::REPLACEMENT_CHARACTER)
            && str::from_utf8(bytes).is_ok_and(|text| !text.contains(char::REPLACEMENT_CHARACTER))
    }

    fn decode(&self, tokens: &[u32]) -> Result<String, Error> {
        let failed = |reason| Error::new(ErrorCode::EngineFailed, format!("the tokenizer cannot decode: {reason}"));
        // Some decoders index without looking when their settings make no sense, and those come from the model's files.
        catch_unwind(AssertUnwindSafe(|| self.tokenizer.decode(tokens, self.skip_special_tokens)))
            .map_err(|_| failed("its decoder panicked; check the decoder in tokenizer.json".to_owned()))?
            .map_err(|error| failed(error.to_string()))
    }
}

fn spelling(decoder: &DecoderWrapper) -> Spelling {
    match decoder {
        DecoderWrapper::ByteLevel(_) => Spelling::ByteLevel,
        DecoderWrapper::ByteFallback(_) => Spelling::ByteFallback,
        DecoderWrapper::Sequence(sequence) => sequence
            .get_decoders()
            .iter()
            .map(spelling)
            .find(|&spelling| spelling != Spelling::Characters)
            .unwrap_or(Spelling::Characters),
        _ => Spelling::Characters,
    }
}

impl Spelling {
    /// The bytes that a token stands for; none where that does not matter.
    fn bytes(self, token: &str) -> Vec<u8> {
        let plain = || token.as_bytes().to_vec();
        match self {
            // A token with other characters is an added one, which is written as it is.
            Self::ByteLevel => token.chars().map(symbol_byte).collect::<Option<_>>().unwrap_or_else(plain),
            Self::ByteFallback => fallback_byte(token).map_or_else(plain, |byte| vec![byte]),
            Self::Characters => Vec::new(),
        }
    }
}

/// The byte of a token such as `<0xE4>`.
fn fallback_byte(token: &str) -> Option<u8> {
    let digits = token.strip_prefix("<0x")?.strip_suffix('>')?;
    if digits.len() == 2 { u8::from_str_radix(digits, 16).ok() } else { None }
}

/// Whether more bytes could make the end a whole character.
fn ends_inside_character(bytes: &[u8]) -> bool {
    let end = &bytes[bytes.len().saturating_sub(3)..];
    let is_first_of_character = |&byte: &u8| byte & 0b1100_0000 != 0b1000_0000;
    end.iter().rposition(is_first_of_character).is_some_and(|first| {
        // The error has a length when the bytes are wrong whatever follows.
        str::from_utf8(&end[first..]).is_err_and(|error| error.error_len().is_none())
    })
}
