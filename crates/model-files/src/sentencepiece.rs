//! SentencePiece BPE, as Llama 2, Mistral and Phi-3 files carry it: tokens with scores, no merges.
//!
//! Must hold: the pair that is merged first is the one whose joined token has the highest score, as SentencePiece
//! does it. BPE here wants merges in order, so every way to cut a token into two tokens becomes a merge, in the order
//! of the joined token's score. Text that no token covers is spelled in byte tokens (`<0x0A>`).

use std::collections::HashMap;

use serde_json::json;
use tokenizers::models::bpe::{BPE, Merges, Vocab};
use tokenizers::{DecoderWrapper, NormalizerWrapper, Tokenizer};

use crate::gguf::{GgufVocabulary, token_type};
use crate::gguf_tokenizer::{added_tokens, frame_with_bos_and_eos};

/// Stands for a space in tokens.
const SPACE: &str = "\u{2581}";

/// Builds the tokenizer; also returns whether encoding puts BOS first.
pub(crate) fn sentencepiece_tokenizer(
    architecture: &str,
    vocabulary: &GgufVocabulary,
) -> Result<(Tokenizer, bool), String> {
    if vocabulary.scores.is_empty() {
        return Err("tokenizer.ggml.scores is missing".to_owned());
    }
    let tokens: Vocab = vocabulary.tokens.iter().zip(0..).map(|(token, id)| (token.to_owned(), id)).collect();
    let mut bpe = BPE::builder().byte_fallback(true).fuse_unk(true);
    if let Some(unknown) = vocabulary.unknown_token_id.and_then(|id| vocabulary.tokens.get(id as usize)) {
        bpe = bpe.unk_token(unknown.to_owned());
    }
    let bpe = bpe.vocab_and_merges(tokens, merges_by_score(vocabulary));
    let mut tokenizer = Tokenizer::new(bpe.build().map_err(|error| error.to_string())?);

    let prefix = vocabulary.add_space_prefix.unwrap_or(true);
    let mut normalizers = Vec::new();
    if prefix {
        normalizers.push(json!({"type": "Prepend", "prepend": SPACE}));
    }
    normalizers.push(json!({"type": "Replace", "pattern": {"String": " "}, "content": SPACE}));
    let normalizer = json!({"type": "Sequence", "normalizers": normalizers});
    let normalizer: NormalizerWrapper = serde_json::from_value(normalizer).map_err(|error| error.to_string())?;
    tokenizer.with_normalizer(Some(normalizer));

    let mut decoders = vec![
        json!({"type": "Replace", "pattern": {"String": SPACE}, "content": " "}),
        json!({"type": "ByteFallback"}),
        json!({"type": "Fuse"}),
    ];
    if prefix {
        decoders.push(json!({"type": "Strip", "content": " ", "start": 1, "stop": 0}));
    }
    let decoder = json!({"type": "Sequence", "decoders": decoders});
    let decoder: DecoderWrapper = serde_json::from_value(decoder).map_err(|error| error.to_string())?;
    tokenizer.with_decoder(Some(decoder));

    // Phi-3's chat markers swallow the line break after them; GGUF has no field for that.
    let strips_right = |token: &str| {
        architecture == "phi3" && (token == "</s>" || token.starts_with("<|")) && token != "<|endoftext|>"
    };
    tokenizer.add_tokens(&added_tokens(vocabulary, strips_right));
    let adds_bos = vocabulary.add_bos_token.unwrap_or(true);
    let adds_bos = frame_with_bos_and_eos(&mut tokenizer, vocabulary, adds_bos)?;
    Ok((tokenizer, adds_bos))
}

fn merges_by_score(vocabulary: &GgufVocabulary) -> Merges {
    let ids: HashMap<&str, usize> = vocabulary.tokens.iter().zip(0..).collect();
    let mut merges = Vec::new();
    for (&token, &id) in &ids {
        // Special tokens are found before BPE; BPE must not put them together from ordinary text.
        if matches!(vocabulary.token_type(id), token_type::UNKNOWN | token_type::CONTROL) {
            continue;
        }
        let score = vocabulary.scores.get(id).copied().unwrap_or(f32::MIN);
        for (cut, _) in token.char_indices().skip(1) {
            let (left, right) = token.split_at(cut);
            if let (Some(&left_id), Some(&right_id)) = (ids.get(left), ids.get(right)) {
                merges.push((score, id, left_id, right_id, left, right));
            }
        }
    }
    merges.sort_unstable_by(|a, b| {
        // total_cmp: a score may be NaN in a damaged file.
        b.0.total_cmp(&a.0).then_with(|| (a.1, a.2, a.3).cmp(&(b.1, b.2, b.3)))
    });
    merges.into_iter().map(|(.., left, right)| (left.to_owned(), right.to_owned())).collect()
}
