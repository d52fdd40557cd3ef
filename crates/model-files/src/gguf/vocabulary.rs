//! The tokenizer's data in a GGUF header.
//!
//! Must hold: lists that run beside the tokens are as long as the tokens, ids point into them, and every merge is a
//! pair. The engine's own tokenizer code indexes and unwraps on all of these.

use std::collections::HashMap;

use super::reader::{Damage, invalid};
use super::value::{Array, StringList, Value};

/// The kinds of token in `tokenizer.ggml.token_type`.
pub(crate) mod token_type {
    pub(crate) const UNKNOWN: i32 = 2;
    pub(crate) const CONTROL: i32 = 3;
    pub(crate) const USER_DEFINED: i32 = 4;
}

/// What the keys under `tokenizer.ggml` say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GgufVocabulary {
    /// The kind of tokenizer: `gpt2` (byte-level BPE), `llama` (SentencePiece BPE), ...
    pub model: String,
    /// How text is split before BPE: `llama-bpe`, `qwen2`, ... Older files do not say.
    pub pre: Option<String>,
    /// The tokens; the index is the id.
    pub tokens: StringList,
    /// One score per token, or none at all.
    pub scores: Vec<f32>,
    /// One type per token (1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte), or none at all.
    pub token_types: Vec<i32>,
    /// Pairs to merge, each `left right`, first ones first.
    pub merges: StringList,
    /// Beginning of sequence.
    pub bos_token_id: Option<u32>,
    /// End of sequence.
    pub eos_token_id: Option<u32>,
    /// End of turn, where it differs from the end of the sequence.
    pub eot_token_id: Option<u32>,
    /// Stands for text that has no token.
    pub unknown_token_id: Option<u32>,
    /// Padding.
    pub padding_token_id: Option<u32>,
    /// Whether a prompt begins with the BOS token; None where the file does not say.
    pub add_bos_token: Option<bool>,
    /// Whether a prompt ends with the EOS token; None where the file does not say.
    pub add_eos_token: Option<bool>,
    /// Whether SentencePiece puts a space before the text; None where the file does not say.
    pub add_space_prefix: Option<bool>,
}

impl GgufVocabulary {
    /// Moves the vocabulary out of the metadata. None: the file has no tokens.
    pub(crate) fn take(metadata: &mut HashMap<String, Value>) -> Result<Option<Self>, Damage> {
        let tokens = match metadata.remove("tokenizer.ggml.tokens") {
            None => return Ok(None),
            Some(Value::Array(Array::String(tokens))) if !tokens.is_empty() => tokens,
            Some(_) => return invalid("tokenizer.ggml.tokens is not a list of strings"),
        };
        let scores = match metadata.remove("tokenizer.ggml.scores") {
            None => Vec::new(),
            Some(Value::Array(Array::F32(scores))) if scores.len() == tokens.len() => scores,
            Some(_) => return invalid("tokenizer.ggml.scores is not one FLOAT32 per token"),
        };
        let token_types = match metadata.remove("tokenizer.ggml.token_type") {
            None => Vec::new(),
            Some(Value::Array(Array::I32(types))) if types.len() == tokens.len() => types,
            Some(_) => return invalid("tokenizer.ggml.token_type is not one INT32 per token"),
        };
        let merges = match metadata.remove("tokenizer.ggml.merges") {
            None => StringList::default(),
            Some(Value::Array(Array::String(merges))) => merges,
            Some(_) => return invalid("tokenizer.ggml.merges is not a list of strings"),
        };
        if let Some(merge) = merges.iter().find(|merge| !merge.contains(' ')) {
            return invalid(format!("tokenizer.ggml.merges holds {merge:?}, which is not a pair"));
        }
        let id = |name: &str| match metadata.get(&format!("tokenizer.ggml.{name}")) {
            None => Ok(None),
            // Written by some converters for "there is none".
            Some(Value::U32(u32::MAX) | Value::I32(-1)) => Ok(None),
            Some(value) => match value.as_u64() {
                Some(id) if id < tokens.len() as u64 => Ok(Some(id as u32)),
                Some(id) => invalid(format!("tokenizer.ggml.{name} is {id}, but there are {} tokens", tokens.len())),
                None => invalid(format!("tokenizer.ggml.{name} is not a number")),
            },
        };
        let flag = |name: &str| match metadata.get(&format!("tokenizer.ggml.{name}")) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => invalid(format!("tokenizer.ggml.{name} is not true or false")),
        };
        let text = |name: &str| match metadata.get(&format!("tokenizer.ggml.{name}")) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => invalid(format!("tokenizer.ggml.{name} is not a string")),
        };
        Ok(Some(Self {
            model: text("model")?.unwrap_or_default(),
            pre: text("pre")?,
            bos_token_id: id("bos_token_id")?,
            eos_token_id: id("eos_token_id")?,
            eot_token_id: id("eot_token_id")?,
            unknown_token_id: id("unknown_token_id")?,
            padding_token_id: id("padding_token_id")?,
            add_bos_token: flag("add_bos_token")?,
            add_eos_token: flag("add_eos_token")?,
            add_space_prefix: flag("add_space_prefix")?,
            tokens,
            scores,
            token_types,
            merges,
        }))
    }

    /// The type of token `id`; 1 (normal) where the file does not say.
    pub fn token_type(&self, id: usize) -> i32 {
        self.token_types.get(id).copied().unwrap_or(1)
    }
}
