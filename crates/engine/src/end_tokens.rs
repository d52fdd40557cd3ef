//! Which tokens end a reply.

use tokenizers::Tokenizer;

/// Tokens that end a turn in the model families that do not name them in their files.
const TURN_ENDS: [&str; 12] = [
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end_of_text|>",
    "<|endoftext|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<end_of_turn>",
    "<|EOT|>",
    "<｜end▁of▁sentence｜>",
    "</s>",
];

/// The tokens that `declared` names, and those special tokens of `tokenizer` that are known to end a turn.
///
/// Many files name only one of the tokens that their model ends with: a base model's, where the chat model that was made
/// of it ends its turns with another. Never empty: where nothing else is known it is the last token of the vocabulary, as
/// mistralrs needs one to end sequences at, and that one is the least likely to be meant as text.
pub(crate) fn end_tokens(tokenizer: &Tokenizer, declared: impl IntoIterator<Item = u32>) -> Vec<u32> {
    let special = tokenizer.get_added_tokens_decoder();
    let known = TURN_ENDS
        .iter()
        .filter_map(|name| tokenizer.token_to_id(name))
        .filter(|id| special.get(id).is_some_and(|token| token.special));
    let mut tokens: Vec<u32> = declared.into_iter().chain(known).collect();
    tokens.sort_unstable();
    tokens.dedup();
    if tokens.is_empty() {
        tokens.push((tokenizer.get_vocab_size(true) as u32).saturating_sub(1));
    }
    tokens
}
