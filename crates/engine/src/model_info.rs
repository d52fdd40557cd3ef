//! What there is to know about a loaded model.

use serde::Serialize;

/// A loaded model, as `model.info` shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelInfo {
    /// The file, folder or hub repository that was asked for.
    pub model: String,
    /// `gguf`, `safetensors`, `uqff` or `scripted`.
    pub format: String,
    /// The architecture, as the model's files name it.
    pub architecture: String,
    /// Weights in the model.
    pub parameter_count: u64,
    /// The type of most weights, as they are computed with: `Q4_1`, `Q4K`, `F32`.
    pub quantization: String,
    /// The most tokens of prompt and reply together.
    pub context_length: usize,
    /// The most that the model was trained for.
    pub trained_context_length: usize,
    /// Tokens in the vocabulary.
    pub vocabulary_size: usize,
    /// The chat template in use.
    pub chat_template: Option<String>,
    /// `cpu`, `cuda:N` or `metal`.
    pub device: String,
    /// What activations are computed in.
    pub dtype: String,
    /// Threads that compute.
    pub threads: usize,
    /// Resident memory that loading added to the process; where the system does not tell, the size of the weights.
    pub memory_bytes: u64,
}
