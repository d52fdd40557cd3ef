//! A tokenizer without a vocabulary file: one token per byte.
//!
//! What must hold: every string is encoded to its UTF-8 bytes and decoded back unchanged, except that the text of a
//! special token is that one token.

use std::sync::LazyLock;

use tokenizers::models::bpe::BPE;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{AddedToken, Tokenizer};

/// The tokens behind the 256 bytes, which end a text and frame the messages of a ChatML chat: 256, 257 and 258.
const SPECIAL_TOKENS: [&str; 3] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

/// The tokenizer of the scripted backend: token `b` is the byte `b`, 256 is `<|endoftext|>`, 257 `<|im_start|>` and
/// 258 `<|im_end|>`. There is no unknown token, and nothing is added in front or behind.
pub fn byte_tokenizer() -> Tokenizer {
    let vocabulary: [(String, u32); 256] =
        std::array::from_fn(|byte| (byte_symbol(byte as u8).to_string(), byte as u32));
    let mut model = BPE::new(vocabulary.into(), Vec::new());
    // A cache of words is of no use where a whole text is one word.
    model.resize_cache(0);
    let bytes = ByteLevel::new(false, false, false);
    let mut tokenizer = Tokenizer::new(model);
    tokenizer.with_pre_tokenizer(Some(bytes)).with_decoder(Some(bytes));
    tokenizer.add_special_tokens(&SPECIAL_TOKENS.map(|token| AddedToken::from(token, true)));
    tokenizer
}

/// The character that stands for a byte in the vocabularies of byte-level tokenizers.
///
/// Such vocabularies hold printable characters only: printable Latin-1 stands for itself, the other 68 bytes are
/// counted up from U+0100 (Radford et al. 2019, "Language Models are Unsupervised Multitask Learners").
pub(crate) fn byte_symbol(byte: u8) -> char {
    if is_printable(byte) {
        return char::from(byte);
    }
    let before = (0..byte).filter(|&other| !is_printable(other)).count();
    char::from_u32(256 + before as u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The byte that a character of a byte-level vocabulary stands for; none for a character that is in no such vocabulary.
pub(crate) fn symbol_byte(symbol: char) -> Option<u8> {
    static OTHERS: LazyLock<Vec<u8>> = LazyLock::new(|| (0..=255).filter(|&byte| !is_printable(byte)).collect());
    match u32::from(symbol) {
        code @ 0..=255 => Some(code as u8).filter(|&byte| is_printable(byte)),
        code => OTHERS.get(code as usize - 256).copied(),
    }
}

fn is_printable(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encode(text: &str) -> Vec<u32> {
        byte_tokenizer().encode(text, true).unwrap().get_ids().to_vec()
    }

    fn bytes(text: &str) -> Vec<u32> {
        text.bytes().map(u32::from).collect()
    }

    #[test]
    fn tokens_are_the_bytes_of_the_text() {
        assert_eq!(encode("héllo 👋"), bytes("héllo 👋"));
        assert_eq!(encode(" \n\t\0 <|x|>  "), bytes(" \n\t\0 <|x|>  "));
        assert!(encode("").is_empty());
    }

    #[test]
    fn special_tokens_come_after_the_bytes() {
        let ids = encode("<|im_start|>a<|im_end|>\n<|endoftext|>");
        assert_eq!(ids, [257, u32::from(b'a'), 258, u32::from(b'\n'), 256]);
        let tokenizer = byte_tokenizer();
        assert_eq!(tokenizer.get_vocab_size(true), 259);
        assert_eq!(tokenizer.decode(&ids, true).unwrap(), "a\n");
        assert_eq!(tokenizer.decode(&ids, false).unwrap(), "<|im_start|>a<|im_end|>\n<|endoftext|>");
    }

    #[test]
    fn every_byte_has_a_symbol_of_its_own() {
        for byte in 0..=255 {
            assert_eq!(symbol_byte(byte_symbol(byte)), Some(byte));
        }
        assert_eq!(byte_symbol(b' '), 'Ġ');
        assert_eq!(symbol_byte(' '), None);
        assert_eq!(symbol_byte('中'), None);
    }

    proptest! {
        #[test]
        fn any_text_comes_back_unchanged(text: String) {
            let tokenizer = byte_tokenizer();
            let ids = tokenizer.encode(text.as_str(), false).unwrap().get_ids().to_vec();
            prop_assert_eq!(&ids, &bytes(&text));
            prop_assert_eq!(tokenizer.decode(&ids, true).unwrap(), text);
        }
    }
}
