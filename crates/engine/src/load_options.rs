//! What a caller asks of a load, as it crosses from TypeScript.

use serde::Deserialize;
use serde_json::Value;
use tramontane_error::Error;
use tramontane_model_files::ModelReference;

/// Options of [`load`](crate::load); the names are those of the TypeScript API.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LoadOptions {
    /// Which model, and where from.
    #[serde(flatten)]
    pub reference: ModelReference,
    /// `auto`, `cpu`, `cuda`, `cuda:N` or `metal`; `auto` takes the best that this build and machine have.
    pub device: Option<String>,
    /// Quantise the weights while loading: one of mistralrs's type names, or a number of bits.
    pub isq: Option<IsqOption>,
    /// `auto`, `f32`, `f16` or `bf16`: what activations are computed in, and weights that are not quantised.
    pub dtype: Option<String>,
    /// The most tokens of prompt and reply together; by default, what the model was trained for.
    pub context_length: Option<usize>,
    /// Threads to compute with, for the whole process.
    pub threads: Option<usize>,
    /// Memory for the keys and values of prompts and replies that are over or wait for their turn; 0, none, by default.
    pub prefix_cache_bytes: Option<u64>,
    /// A Jinja template, or the path of a file that holds one, instead of the model's own.
    pub chat_template: Option<String>,
    /// How replies write reasoning: `auto`, `none`, `think`, `mistral` or `harmony`. `auto`, the default, goes by the
    /// chat template and the vocabulary.
    pub reasoning_format: Option<String>,
    /// How replies write tool calls: `auto`, `none`, `hermes`, `qwen-coder`, `llama3`, `mistral`, `deepseek`,
    /// `deepseek-v3.1`, `gemma`, `function-gemma` or `harmony`. `auto`, the default, goes by the chat template.
    pub tool_call_format: Option<String>,
    /// The path of a `tokenizer.json` instead of the model's own.
    pub tokenizer: Option<String>,
}

/// How the caller names a quantisation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum IsqOption {
    /// That many bits a weight, by the type that suits the device best.
    Bits(u32),
    /// A type's name.
    Type(String),
}

impl LoadOptions {
    /// Reads options from a JSON object; what is not among them is left alone.
    pub fn from_json(options: Value) -> Result<Self, Error> {
        Self::deserialize(options)
            .map_err(|e| Error::invalid_argument("options", format!("the load options cannot be read: {e}")))
    }
}
