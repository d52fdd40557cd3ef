//! Whether mistralrs 0.8.1 can run what a GGUF header describes.
//!
//! Must hold: a header that passes makes none of mistralrs's GGUF loaders panic, divide by zero or index out of range
//! while loading. They take some keys in one integer type only, unwrap others, and trust every shape; so the keys,
//! their types and the shapes are checked here as those loaders use them.

use std::collections::HashMap;

use super::blocks::check_block;
use super::checker::{Checked, Checker, invalid, unsupported};
use super::tensor::Tensor;
use super::value::Value;

/// The architectures mistralrs 0.8.1 runs from GGUF.
pub(crate) const ARCHITECTURES: [&str; 8] =
    ["llama", "mistral3", "phi2", "phi3", "starcoder2", "qwen2", "qwen3", "qwen3moe"];

/// The engine makes position tables of this many rows while loading: 2 GB at the usual width. The longest context
/// of a known model is a quarter of it.
const MAX_CONTEXT: u64 = 1 << 22;
const MAX_EXPERTS: u64 = 4096;

/// The sizes of a transformer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GgufDimensions {
    /// Positions the model was trained for.
    pub context_length: usize,
    /// Layers.
    pub block_count: usize,
    /// Width of the residual stream.
    pub embedding_length: usize,
    /// Attention heads.
    pub head_count: usize,
    /// Heads of keys and values.
    pub head_count_kv: usize,
    /// Width of a head.
    pub head_length: usize,
    /// Rows of the embedding: at least the number of tokens.
    pub vocabulary_size: usize,
    /// Experts of a mixture; 0 for a dense model.
    pub expert_count: usize,
}

/// Checks keys and shapes as the loader of `architecture` uses them. `tokens` is the length of the vocabulary.
pub(crate) fn check_architecture(
    architecture: &str,
    metadata: &HashMap<String, Value>,
    tensors: &[Tensor],
    tokens: Option<usize>,
) -> Checked<GgufDimensions> {
    if !ARCHITECTURES.contains(&architecture) {
        return unsupported(format!(
            "the model's architecture is {architecture:?}; from GGUF files the engine runs {}",
            ARCHITECTURES.join(", ")
        ));
    }
    match metadata.get("split.count") {
        None | Some(Value::U16(0 | 1)) => {}
        Some(Value::U16(count)) => {
            return unsupported(format!(
                "the file is one of {count} parts of a split model; join the parts with `llama-gguf-split --merge`"
            ));
        }
        Some(other) => return invalid(format!("split.count is {}, not UINT16", other.type_name())),
    }
    let tensors = tensors.iter().map(|tensor| (tensor.name.as_str(), tensor.dimensions.as_slice())).collect();
    let checker = Checker { architecture, metadata, tensors };
    let dimensions = check_dimensions(&checker, tokens)?;
    for block in 0..dimensions.block_count {
        check_block(&checker, &format!("blk.{block}"), &dimensions)?;
    }
    Ok(dimensions)
}

fn check_dimensions(checker: &Checker<'_>, tokens: Option<usize>) -> Checked<GgufDimensions> {
    let architecture = checker.architecture;
    let embedding = checker.positive_u32("embedding_length")?;
    let heads = checker.positive_u32("attention.head_count")?;
    // GGUF lets these two be left out; the engine does not.
    for (name, architectures) in
        [("attention.head_count_kv", &ARCHITECTURES[..]), ("attention.layer_norm_rms_epsilon", &["phi2"])]
    {
        if architectures.contains(&architecture) && !checker.metadata.contains_key(&checker.key(name)) {
            return unsupported(format!("{} is missing, which the engine needs", checker.key(name)));
        }
    }
    let kv_heads = checker.positive_u32("attention.head_count_kv")?;
    let blocks = checker.positive_u32("block_count")?;
    if heads % kv_heads != 0 {
        return invalid(format!(
            "{} is {heads}, not a multiple of {} ({kv_heads})",
            checker.key("attention.head_count"),
            checker.key("attention.head_count_kv")
        ));
    }
    let context_key = checker.key("context_length");
    let context = match (architecture, checker.metadata.get(&context_key)) {
        (_, None) => return invalid(format!("{context_key} is missing")),
        (_, Some(Value::U32(context))) => u64::from(*context),
        ("phi3" | "starcoder2", Some(other)) => {
            return invalid(format!("{context_key} is {}, not UINT32", other.type_name()));
        }
        (_, Some(Value::U8(_) | Value::U16(_) | Value::U64(_))) => {
            checker.metadata.get(&context_key).and_then(Value::as_u64).unwrap_or_default()
        }
        (_, Some(other)) => return invalid(format!("{context_key} is {}, not UINT32", other.type_name())),
    };
    if context == 0 || context > MAX_CONTEXT {
        return invalid(format!("{context_key} is {context}; between 1 and {MAX_CONTEXT} can be used"));
    }
    checker.epsilon(match architecture {
        "starcoder2" => "attention.layer_norm_epsilon",
        _ => "attention.layer_norm_rms_epsilon",
    })?;

    let key_length = checker.optional_u32("attention.key_length")?;
    let value_length = checker.optional_u32("attention.value_length")?;
    let fused = matches!(architecture, "phi2" | "phi3" | "starcoder2");
    let head = if fused || key_length.is_none() {
        if embedding % heads != 0 {
            return invalid(format!("the embedding length {embedding} is not a multiple of the {heads} heads"));
        }
        embedding / heads
    } else {
        key_length.unwrap_or_default()
    };
    if head == 0 || head % 2 != 0 || head > 65_536 {
        return invalid(format!("an attention head is {head} wide; it must be an even number"));
    }
    if !fused && value_length.unwrap_or(embedding / heads) != head {
        return unsupported("keys and values have different widths, which the engine does not run");
    }
    if !matches!(architecture, "starcoder2" | "qwen2" | "qwen3" | "qwen3moe") {
        let rotated = checker.positive_u32("rope.dimension_count")?;
        if rotated > head || rotated % 2 != 0 {
            return invalid(format!("{} is {rotated}, but a head is {head} wide", checker.key("rope.dimension_count")));
        }
        if rotated != head && architecture != "phi2" {
            return unsupported(format!(
                "only {rotated} of a head's {head} dimensions are rotated; the engine rotates all"
            ));
        }
    }

    let vocabulary = checker.rows("token_embd.weight", embedding)?;
    if tokens.is_some_and(|tokens| tokens as u64 > vocabulary) {
        return invalid(format!("there are {} tokens, but only {vocabulary} embeddings", tokens.unwrap_or_default()));
    }
    checker.tensor("output_norm.weight", &[embedding])?;
    let output = [embedding, vocabulary];
    match architecture {
        "phi2" => {
            checker.tensor("output_norm.bias", &[embedding])?;
            checker.linear("output", embedding, vocabulary)?;
        }
        "starcoder2" => {
            checker.tensor("output_norm.bias", &[embedding])?;
            checker.tensor("output.weight", &output)?;
        }
        "phi3" => checker.tensor("output.weight", &output)?,
        _ => checker.optional("output.weight", &output)?,
    }
    let experts = match architecture {
        "qwen3moe" => checker.positive_u32("expert_count")?,
        "llama" | "mistral3" => checker.optional_u32("expert_count")?.filter(|&count| count > 1).unwrap_or(0),
        _ => 0,
    };
    if experts > 0 {
        let used = checker.positive_u32("expert_used_count")?;
        if used > experts || experts > MAX_EXPERTS {
            return invalid(format!("the model uses {used} of {experts} experts"));
        }
        if architecture == "qwen3moe" {
            checker.positive_u32("expert_feed_forward_length")?;
        }
    }
    Ok(GgufDimensions {
        context_length: context as usize,
        block_count: blocks as usize,
        embedding_length: embedding as usize,
        head_count: heads as usize,
        head_count_kv: kv_heads as usize,
        head_length: head as usize,
        vocabulary_size: vocabulary as usize,
        expert_count: experts as usize,
    })
}
