//! Whether mistralrs 0.8.1 can run what a GGUF header describes.
//!
//! Must hold: a header that passes makes none of mistralrs's GGUF loaders panic, divide by zero or index out of range
//! while loading. They take some keys in one integer type only, unwrap others, and trust every shape; so the keys,
//! their types and the shapes are checked here as those loaders use them.

use std::collections::HashMap;

use super::tensor::Tensor;
use super::value::Value;

/// The architectures mistralrs 0.8.1 runs from GGUF.
pub(crate) const ARCHITECTURES: [&str; 8] =
    ["llama", "mistral3", "phi2", "phi3", "starcoder2", "qwen2", "qwen3", "qwen3moe"];

/// The engine makes position tables of this many rows while loading: 2 GB at the usual width. The longest context
/// of a known model is a quarter of it.
const MAX_CONTEXT: u64 = 1 << 22;
const MAX_EXPERTS: u64 = 4096;

/// Why a header cannot be used.
#[derive(Debug)]
pub(crate) enum Refusal {
    Invalid(String),
    Unsupported(String),
}

type Checked<T> = Result<T, Refusal>;

fn invalid<T>(message: impl Into<String>) -> Checked<T> {
    Err(Refusal::Invalid(message.into()))
}

fn unsupported<T>(message: impl Into<String>) -> Checked<T> {
    Err(Refusal::Unsupported(message.into()))
}

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

struct Checker<'a> {
    architecture: &'a str,
    metadata: &'a HashMap<String, Value>,
    tensors: HashMap<&'a str, &'a [u64]>,
}

impl Checker<'_> {
    fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.architecture)
    }

    fn optional_u32(&self, name: &str) -> Checked<Option<u64>> {
        let key = self.key(name);
        match self.metadata.get(&key) {
            None => Ok(None),
            Some(Value::U32(value)) => Ok(Some((*value).into())),
            Some(Value::Array(_)) => {
                unsupported(format!("the model has a different {key} in each layer; the engine needs one for all"))
            }
            Some(other) => invalid(format!("{key} is {}, not UINT32", other.type_name())),
        }
    }

    fn positive_u32(&self, name: &str) -> Checked<u64> {
        match self.optional_u32(name)? {
            Some(0) => invalid(format!("{} is 0", self.key(name))),
            Some(value) => Ok(value),
            None => invalid(format!("{} is missing", self.key(name))),
        }
    }

    fn epsilon(&self, name: &str) -> Checked<()> {
        let key = self.key(name);
        match self.metadata.get(&key) {
            Some(Value::F32(value)) if value.is_finite() && *value >= 0.0 => Ok(()),
            Some(Value::F32(value)) => invalid(format!("{key} is {value}")),
            Some(other) => invalid(format!("{key} is {}, not FLOAT32", other.type_name())),
            None => invalid(format!("{key} is missing")),
        }
    }

    fn shape(&self, name: &str) -> Checked<&[u64]> {
        match self.tensors.get(name) {
            Some(shape) => Ok(shape),
            None => invalid(format!("tensor {name} is missing, which a {} model needs", self.architecture)),
        }
    }

    fn tensor(&self, name: &str, expected: &[u64]) -> Checked<()> {
        let shape = self.shape(name)?;
        if shape != expected {
            return invalid(format!("tensor {name} has shape {shape:?}; the metadata asks for {expected:?}"));
        }
        Ok(())
    }

    fn optional(&self, name: &str, expected: &[u64]) -> Checked<()> {
        if self.tensors.contains_key(name) { self.tensor(name, expected) } else { Ok(()) }
    }

    /// A weight matrix and its bias.
    fn linear(&self, name: &str, input: u64, output: u64) -> Checked<()> {
        self.tensor(&format!("{name}.weight"), &[input, output])?;
        self.tensor(&format!("{name}.bias"), &[output])
    }

    /// The second dimension of a matrix with `input` columns.
    fn rows(&self, name: &str, input: u64) -> Checked<u64> {
        match *self.shape(name)? {
            [columns, rows] if columns == input && rows > 0 => Ok(rows),
            ref shape => invalid(format!("tensor {name} has shape {shape:?}; its first dimension should be {input}")),
        }
    }
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

fn check_block(checker: &Checker<'_>, block: &str, dimensions: &GgufDimensions) -> Checked<()> {
    let architecture = checker.architecture;
    let embedding = dimensions.embedding_length as u64;
    let head = dimensions.head_length as u64;
    let queries = dimensions.head_count as u64 * head;
    let keys = dimensions.head_count_kv as u64 * head;
    let name = |part: &str| format!("{block}.{part}");

    checker.tensor(&name("attn_norm.weight"), &[embedding])?;
    match architecture {
        "phi2" => {
            checker.tensor(&name("attn_norm.bias"), &[embedding])?;
            checker.linear(&name("attn_qkv"), embedding, queries + 2 * keys)?;
            checker.linear(&name("attn_output"), queries, embedding)?;
            let inner = checker.rows(&name("ffn_up.weight"), embedding)?;
            checker.linear(&name("ffn_up"), embedding, inner)?;
            checker.linear(&name("ffn_down"), inner, embedding)
        }
        "phi3" => {
            checker.tensor(&name("ffn_norm.weight"), &[embedding])?;
            checker.tensor(&name("attn_qkv.weight"), &[embedding, queries + 2 * keys])?;
            checker.tensor(&name("attn_output.weight"), &[queries, embedding])?;
            let inner = checker.positive_u32("feed_forward_length")?;
            checker.tensor(&name("ffn_up.weight"), &[embedding, 2 * inner])?;
            checker.tensor(&name("ffn_down.weight"), &[inner, embedding])
        }
        "starcoder2" => {
            checker.tensor(&name("attn_norm.bias"), &[embedding])?;
            checker.tensor(&name("ffn_norm.weight"), &[embedding])?;
            checker.tensor(&name("ffn_norm.bias"), &[embedding])?;
            checker.linear(&name("attn_q"), embedding, queries)?;
            checker.linear(&name("attn_k"), embedding, keys)?;
            checker.linear(&name("attn_v"), embedding, keys)?;
            checker.linear(&name("attn_output"), queries, embedding)?;
            let inner = checker.rows(&name("ffn_up.weight"), embedding)?;
            checker.linear(&name("ffn_up"), embedding, inner)?;
            checker.linear(&name("ffn_down"), inner, embedding)
        }
        _ => {
            checker.tensor(&name("ffn_norm.weight"), &[embedding])?;
            checker.tensor(&name("attn_q.weight"), &[embedding, queries])?;
            checker.tensor(&name("attn_k.weight"), &[embedding, keys])?;
            checker.tensor(&name("attn_v.weight"), &[embedding, keys])?;
            checker.tensor(&name("attn_output.weight"), &[queries, embedding])?;
            if architecture == "qwen2" {
                checker.optional(&name("attn_q.bias"), &[queries])?;
                checker.optional(&name("attn_k.bias"), &[keys])?;
                checker.optional(&name("attn_v.bias"), &[keys])?;
            }
            match architecture {
                "qwen2" => {
                    checker.optional(&name("attn_q_norm.weight"), &[head])?;
                    checker.optional(&name("attn_k_norm.weight"), &[head])?;
                }
                "qwen3" | "qwen3moe" => {
                    checker.tensor(&name("attn_q_norm.weight"), &[head])?;
                    checker.tensor(&name("attn_k_norm.weight"), &[head])?;
                }
                _ => {}
            }
            if dimensions.expert_count > 0 {
                check_experts(checker, block, embedding, dimensions.expert_count as u64)
            } else {
                let inner = checker.rows(&name("ffn_gate.weight"), embedding)?;
                checker.tensor(&name("ffn_up.weight"), &[embedding, inner])?;
                checker.tensor(&name("ffn_down.weight"), &[inner, embedding])
            }
        }
    }
}

fn check_experts(checker: &Checker<'_>, block: &str, embedding: u64, experts: u64) -> Checked<()> {
    checker.tensor(&format!("{block}.ffn_gate_inp.weight"), &[embedding, experts])?;
    let gate = format!("{block}.ffn_gate_exps.weight");
    if checker.architecture == "qwen3moe" || checker.tensors.contains_key(gate.as_str()) {
        let inner = match *checker.shape(&gate)? {
            [columns, inner, count] if columns == embedding && inner > 0 && count == experts => inner,
            ref shape => {
                return invalid(format!("tensor {gate} has shape {shape:?}; [{embedding}, _, {experts}] is expected"));
            }
        };
        checker.tensor(&format!("{block}.ffn_up_exps.weight"), &[embedding, inner, experts])?;
        return checker.tensor(&format!("{block}.ffn_down_exps.weight"), &[inner, embedding, experts]);
    }
    for expert in 0..experts {
        let inner = checker.rows(&format!("{block}.ffn_gate.{expert}.weight"), embedding)?;
        checker.tensor(&format!("{block}.ffn_up.{expert}.weight"), &[embedding, inner])?;
        checker.tensor(&format!("{block}.ffn_down.{expert}.weight"), &[inner, embedding])?;
    }
    Ok(())
}
