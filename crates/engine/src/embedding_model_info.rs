//! What there is to know about a loaded embedding model.

use std::collections::BTreeMap;

use serde::Serialize;

/// A loaded embedding model, as `model.info` shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EmbeddingModelInfo {
    /// The file, folder or hub repository that was asked for.
    pub model: String,
    /// `safetensors`.
    pub format: String,
    /// The architecture, as the model's files name it.
    pub architecture: String,
    /// Weights in the model.
    pub parameter_count: u64,
    /// The type of most weights, as they are computed with.
    pub quantization: String,
    /// The most tokens of a text.
    pub context_length: usize,
    /// The most that the model was trained for.
    pub trained_context_length: usize,
    /// Tokens in the vocabulary.
    pub vocabulary_size: usize,
    /// Numbers in a vector.
    pub embedding_width: usize,
    /// How the vectors of a text's tokens become one: `last-token` or `mean`.
    pub pooling: &'static str,
    /// Whether vectors have length 1.
    pub normalised: bool,
    /// What the model was trained to see before texts, by what they are for.
    pub prompts: BTreeMap<String, String>,
    /// `cpu`, `cuda:N` or `metal`.
    pub device: String,
    /// What activations are computed in.
    pub dtype: String,
    /// Threads that compute.
    pub threads: usize,
    /// Resident memory that loading added to the process; where the system does not tell, the size of the weights.
    pub memory_bytes: u64,
}
