//! A tokenizer built from what a GGUF file says.
//!
//! Must hold: it encodes as the `tokenizer.json` the file was made from. Where that cannot be known (a pre-tokenizer
//! that is not listed), the result says so in its warnings.
//!
//! Special tokens are found in text wherever they are spelled out; a caller who must not let them through asks the
//! tokenizer for `encode_special_tokens`.

use std::collections::HashSet;
use std::path::Path;

use serde_json::json;
use tokenizers::decoders::byte_level::ByteLevel;
use tokenizers::models::bpe::{BPE, Merges, Vocab};
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::processors::template::TemplateProcessing;
use tokenizers::{AddedToken, SplitDelimiterBehavior, Tokenizer};
use tramontane_error::{Error, ErrorCode};

use crate::gguf::{GgufHeader, GgufVocabulary, token_type};
use crate::pre_tokenizer::{GPT2_RULE, SplitRule, split_rule, split_rule_of_architecture};
use crate::sentencepiece::sentencepiece_tokenizer;

/// A tokenizer, and what is doubtful about it.
#[derive(Debug, Clone)]
pub struct GgufTokenizer {
    /// Encodes with BOS and EOS as the file asks for when special tokens are to be added.
    pub tokenizer: Tokenizer,
    /// Whether encoding with special tokens puts BOS first.
    pub adds_bos: bool,
    /// Sentences for a log: what had to be guessed or left out.
    pub warnings: Vec<String>,
}

/// Builds the tokenizer of a GGUF file. None: of a kind that only the engine's own reading covers (`replit`).
///
/// # Errors
/// `invalid-model`: no tokens, or tokens that contradict themselves. `unsupported-model`: a kind of tokenizer that
/// nothing here reads; a `tokenizer.json` can stand in for it.
pub fn build_tokenizer(header: &GgufHeader) -> Result<Option<GgufTokenizer>, Error> {
    build_tokenizer_of(&header.file, &header.architecture, header.vocabulary.as_ref())
}

pub(crate) fn build_tokenizer_of(
    file: &Path,
    architecture: &str,
    vocabulary: Option<&GgufVocabulary>,
) -> Result<Option<GgufTokenizer>, Error> {
    let Some(vocabulary) = vocabulary else {
        let message = format!("{} holds no tokens; give it a tokenizer.json", file.display());
        return Err(Error::invalid_model(file, message));
    };
    let mut warnings = Vec::new();
    let built = match vocabulary.model.as_str() {
        "gpt2" => byte_level_tokenizer(architecture, vocabulary, &mut warnings),
        "llama" => sentencepiece_tokenizer(architecture, vocabulary),
        "replit" => return Ok(None),
        other => {
            let message = format!(
                "{} has a tokenizer of kind {other:?}, which cannot be read; give it a tokenizer.json",
                file.display()
            );
            return Err(Error::new(ErrorCode::UnsupportedModel, message).with_file(file));
        }
    };
    let (tokenizer, adds_bos) = built.map_err(|message| {
        Error::invalid_model(file, format!("{} has an unusable tokenizer: {message}", file.display()))
    })?;
    Ok(Some(GgufTokenizer { tokenizer, adds_bos, warnings }))
}

fn byte_level_tokenizer(
    architecture: &str,
    vocabulary: &GgufVocabulary,
    warnings: &mut Vec<String>,
) -> Result<(Tokenizer, bool), String> {
    let rule = choose_rule(architecture, vocabulary.pre.as_deref(), warnings);
    if vocabulary.merges.is_empty() {
        return Err("tokenizer.ggml.merges is missing".to_owned());
    }
    let tokens: Vocab = vocabulary.tokens.iter().zip(0..).map(|(token, id)| (token.to_owned(), id)).collect();
    let mut merges: Merges = Vec::with_capacity(vocabulary.merges.len());
    let mut joined = String::new();
    for merge in vocabulary.merges.iter() {
        let Some((left, right)) = merge.split_once(' ') else { continue };
        joined.clear();
        joined.push_str(left);
        joined.push_str(right);
        if tokens.contains_key(left) && tokens.contains_key(right) && tokens.contains_key(&joined) {
            merges.push((left.to_owned(), right.to_owned()));
        }
    }
    let dropped = vocabulary.merges.len() - merges.len();
    if dropped > 0 {
        warnings.push(format!("{dropped} merges name tokens that the vocabulary does not have; they are left out"));
    }
    let bpe = BPE::builder().vocab_and_merges(tokens, merges).ignore_merges(rule.ignore_merges);
    let mut tokenizer = Tokenizer::new(bpe.build().map_err(|error| error.to_string())?);

    let mut steps = Vec::new();
    for pattern in rule.patterns {
        let pattern = SplitPattern::Regex((*pattern).to_owned());
        let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false).map_err(|error| error.to_string())?;
        steps.push(PreTokenizerWrapper::Split(split));
    }
    steps.push(PreTokenizerWrapper::ByteLevel(ByteLevel::new(false, false, false)));
    tokenizer.with_pre_tokenizer(Some(Sequence::new(steps)));
    tokenizer.with_decoder(Some(ByteLevel::new(false, false, false)));
    tokenizer.add_tokens(&added_tokens(vocabulary, |_| false));
    let adds_bos = vocabulary.add_bos_token.unwrap_or(rule.add_bos);
    let adds_bos = frame_with_bos_and_eos(&mut tokenizer, vocabulary, adds_bos)?;
    Ok((tokenizer, adds_bos))
}

fn choose_rule(architecture: &str, pre: Option<&str>, warnings: &mut Vec<String>) -> SplitRule {
    let named = pre.filter(|pre| !pre.is_empty() && *pre != "default");
    if let Some(rule) = named.and_then(split_rule) {
        return rule;
    }
    let found = split_rule_of_architecture(architecture);
    let instead = if found.is_some() { "the usual one of its architecture" } else { "GPT-2's" };
    warnings.push(match named {
        Some(name) => {
            format!("the pre-tokenizer {name:?} is not known; {instead} is used, some text may split wrongly")
        }
        None => format!("the file does not name a pre-tokenizer; {instead} is used, some text may split wrongly"),
    });
    found.unwrap_or(GPT2_RULE)
}

/// The tokens that are found in text before it is split. `strips_right` says which of them swallow the whitespace
/// that follows.
pub(crate) fn added_tokens(vocabulary: &GgufVocabulary, strips_right: impl Fn(&str) -> bool) -> Vec<AddedToken> {
    let mut seen = HashSet::new();
    let mut added = Vec::new();
    for (id, token) in vocabulary.tokens.iter().enumerate() {
        let special = match vocabulary.token_type(id) {
            token_type::CONTROL | token_type::UNKNOWN => true,
            token_type::USER_DEFINED => false,
            _ => continue,
        };
        if !token.is_empty() && seen.insert(token) {
            added.push(AddedToken::from(token, special).normalized(false).rstrip(strips_right(token)));
        }
    }
    added
}

/// Makes encoding put BOS first and EOS last where the file asks for it. Returns whether BOS is put.
pub(crate) fn frame_with_bos_and_eos(
    tokenizer: &mut Tokenizer,
    vocabulary: &GgufVocabulary,
    adds_bos: bool,
) -> Result<bool, String> {
    let token = |wanted: bool, id: Option<u32>| {
        let id = id.filter(|_| wanted)?;
        Some((vocabulary.tokens.get(id as usize)?.to_owned(), id))
    };
    let bos = token(adds_bos, vocabulary.bos_token_id);
    let eos = token(vocabulary.add_eos_token == Some(true), vocabulary.eos_token_id);
    if bos.is_none() && eos.is_none() {
        return Ok(false);
    }
    let special = |name: &String, type_id: u32| json!({"SpecialToken": {"id": name, "type_id": type_id}});
    let sequence = |id: &str, type_id: u32| {
        let bos = bos.iter().map(|(name, _)| special(name, type_id));
        let eos = eos.iter().map(|(name, _)| special(name, type_id));
        let text = std::iter::once(json!({"Sequence": {"id": id, "type_id": type_id}}));
        bos.chain(text).chain(eos).collect::<Vec<_>>()
    };
    let mut special_tokens = serde_json::Map::new();
    for (name, id) in bos.iter().chain(&eos) {
        special_tokens.insert(name.clone(), json!({"id": name, "ids": [id], "tokens": [name]}));
    }
    let pair = [sequence("A", 0), sequence("B", 1)].concat();
    let template = json!({
        "type": "TemplateProcessing", "single": sequence("A", 0), "pair": pair, "special_tokens": special_tokens,
    });
    let template: TemplateProcessing = serde_json::from_value(template).map_err(|error| error.to_string())?;
    tokenizer.with_post_processor(Some(template));
    Ok(bos.is_some())
}
