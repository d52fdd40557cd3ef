//! A model's vocabulary as llguidance sees it: the bytes of every token, and which tokens end a reply.

use std::sync::Arc;

use llguidance::toktrie::{INVALID_TOKEN, TokEnv, TokTrie, TokenId, TokenizerEnv};
use tokenizers::Tokenizer;
use toktrie_hf_tokenizers::{ByteTokenizer, ByteTokenizerEnv};

/// A tokenizer's tokens with our own end tokens: those that llguidance and mistralrs guess by their names are not the
/// ones that end a reply, and where no name fits they take token 0.
pub(super) struct Vocabulary {
    trie: TokTrie,
    tokenizer: TokEnv,
}

impl Vocabulary {
    /// Of the tokenizer itself. Panics where llguidance does, at tokens that it does not understand.
    pub fn of_tokenizer(tokenizer: &Tokenizer, end_tokens: &[u32]) -> Result<TokEnv, String> {
        let special: Vec<u32> = tokenizer
            .get_added_tokens_decoder()
            .into_iter()
            .filter_map(|(token, added)| added.special.then_some(token))
            .collect();
        let bytes = ByteTokenizer::from_tokenizer(tokenizer.clone()).map_err(|reason| reason.to_string())?;
        let base = ByteTokenizerEnv::new(bytes, None).map_err(|reason| reason.to_string())?.to_env();
        Ok(Self::over(base, &special, end_tokens))
    }

    /// Of what mistralrs has made of the tokenizer already.
    pub fn over(base: TokEnv, special: &[u32], end_tokens: &[u32]) -> TokEnv {
        let known = base.tok_trie();
        let mut words: Vec<Vec<u8>> = known.all_tokens();
        let end_tokens: Vec<u32> = end_tokens.iter().copied().filter(|&token| (token as usize) < words.len()).collect();
        // Neither kind is ever text, even if its name could be written: only the marked ones are kept out of it.
        for &token in special.iter().chain(&end_tokens) {
            if let Some(word) = words.get_mut(token as usize)
                && word.first() != Some(&TokTrie::SPECIAL_TOKEN_MARKER)
            {
                word.insert(0, TokTrie::SPECIAL_TOKEN_MARKER);
            }
        }
        let mut info = *known.info();
        info.tok_eos = end_tokens.first().copied().unwrap_or(INVALID_TOKEN);
        let trie = TokTrie::from(&info, &words);
        let trie = if end_tokens.len() > 1 { trie.with_eos_tokens(&end_tokens) } else { trie };
        Arc::new(Self { trie, tokenizer: base })
    }
}

impl TokenizerEnv for Vocabulary {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    fn tokenize_bytes(&self, text: &[u8]) -> Vec<TokenId> {
        let tokens = self.tokenizer.tokenize_bytes(text);
        // Text that a schema asks for may spell a special token, which the tokenizer then takes it for.
        if tokens.iter().any(|&token| self.trie.is_special_token(token)) {
            self.trie.greedy_tokenize(text)
        } else {
            tokens
        }
    }
}
