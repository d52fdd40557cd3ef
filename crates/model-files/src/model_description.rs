//! What a model is, read off its files without its weights.
//!
//! Must hold: a model that the engine cannot run is described all the same, with the reason; only files that are damaged
//! or missing are an error.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use tramontane_error::{Error, ErrorCode};

use crate::describe_folder::describe_folder;
use crate::describe_gguf::describe_gguf;
use crate::file_choice::Choice;
use crate::hub_settings::HubSettings;
use crate::listed_file::ListedFile;
use crate::locate::{Location, locate};
use crate::model_reference::ModelReference;
use crate::progress::Tally;
use crate::resolve::find;
use crate::tensor_count::TensorCount;

/// What there is to know about a model.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelDescription {
    /// The name that was asked for.
    pub model: String,
    /// What it is for.
    pub kind: ModelKind,
    /// `gguf`, `safetensors` or `uqff`.
    pub format: &'static str,
    /// What a load can be given in place of the name: a file, or the folder.
    pub path: PathBuf,
    /// The files that were looked at, weights included.
    pub files: Vec<ListedFile>,
    /// Bytes of these files.
    pub bytes: u64,
    /// What the model calls itself.
    pub name: Option<String>,
    /// The architecture, as its files name it.
    pub architecture: Option<String>,
    /// Weights in the model; 0 where the format does not tell.
    pub parameter_count: u64,
    /// The type of most weights.
    pub quantization: Option<String>,
    /// What there is of each type, most bytes first.
    pub tensor_types: Vec<TypeOfTensors>,
    /// Tokens that it was trained for.
    pub context_length: Option<u64>,
    /// Width of the residual stream.
    pub embedding_width: Option<u64>,
    /// Layers.
    pub layer_count: Option<u64>,
    /// Attention heads.
    pub head_count: Option<u64>,
    /// Heads of keys and values.
    pub key_value_head_count: Option<u64>,
    /// Experts of a mixture; 0 for a dense model.
    pub expert_count: u64,
    /// Tokens in the vocabulary.
    pub vocabulary_size: Option<u64>,
    /// The kind of tokenizer: `bpe`, `sentencepiece`, `unigram`, `wordpiece`, ...
    pub tokenizer: Option<String>,
    /// The chat template, as Jinja.
    pub chat_template: Option<String>,
    /// Why the engine cannot run it; None where it can.
    pub problem: Option<Error>,
    /// Memory that it would take on the CPU; None where sizes are missing.
    pub memory: Option<MemoryEstimate>,
}

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelKind {
    /// Generates text.
    Text,
    /// Turns texts into vectors.
    Embedding,
}

/// Tensors of one type, added up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TypeOfTensors {
    /// `Q4_K`, `BF16`, ...
    #[serde(rename = "type")]
    pub name: String,
    /// Tensors.
    pub tensors: u64,
    /// Numbers in them.
    pub parameters: u64,
    /// Their bytes in the files.
    pub bytes: u64,
}

/// What a model would take, computed with activations in 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MemoryEstimate {
    /// Tokens of context that are counted on.
    pub context_length: u64,
    /// The weights, as they are held for computing.
    pub weight_bytes: u64,
    /// Keys and values of a full context.
    pub context_bytes: u64,
    /// Both.
    pub total_bytes: u64,
}

/// Describes the model that `reference` means. A name on the hub is looked for in the cache, and nowhere else. Blocks.
///
/// `context_length` is for the estimate of memory; by default, what the model was trained for.
///
/// # Errors
/// As [`resolve`](crate::resolve), but that what the engine cannot run is no error.
pub fn describe(reference: &ModelReference, context_length: Option<u64>) -> Result<ModelDescription, Error> {
    let cached = ModelReference { offline: Some(true), ..reference.clone() };
    let (root, choice) = find(&cached, &mut Tally::new(&mut |_| {}), &|| false).map_err(|error| {
        let absent = error.code == ErrorCode::ModelNotFound && matches!(locate(&reference.model), Ok(Location::Hub(_)));
        if absent { not_in_cache(reference, error) } else { error }
    })?;
    let mut description = match choice {
        Choice::Gguf(name) => describe_gguf(&root.join(name), context_length)?,
        Choice::Safetensors => describe_folder(&root, &[], context_length)?,
        Choice::Uqff(parts) => describe_folder(&root, &parts, context_length)?,
    };
    description.model.clone_from(&reference.model);
    Ok(description)
}

fn not_in_cache(reference: &ModelReference, error: Error) -> Error {
    let place = HubSettings::new(reference, &|name| std::env::var(name).ok()).map(|settings| settings.cache);
    let place = place.map(|cache| format!(" {}", cache.display())).unwrap_or_default();
    let message = format!("{} is not in the cache{place}, or not all of it; download it first", reference.model);
    Error { message, ..error }
}

/// In the order of their bytes.
pub(crate) fn listed_types(types: BTreeMap<String, TensorCount>) -> Vec<TypeOfTensors> {
    let mut types: Vec<_> = types
        .into_iter()
        .map(|(name, of)| TypeOfTensors { name, tensors: of.tensors, parameters: of.elements, bytes: of.bytes })
        .collect();
    types.sort_by_key(|of| std::cmp::Reverse(of.bytes));
    types
}

/// A head's width, where the files leave it out.
pub(crate) fn quotient(width: Option<u64>, heads: Option<u64>) -> Option<u64> {
    width?.checked_div(heads?)
}

/// What the memory of a context goes by.
pub(crate) struct Sizes {
    pub(crate) layer_count: Option<u64>,
    pub(crate) key_value_head_count: Option<u64>,
    pub(crate) head_width: Option<u64>,
    pub(crate) context_length: Option<u64>,
}

impl Sizes {
    pub(crate) fn estimate(&self, weight_bytes: u64, wanted: Option<u64>) -> Option<MemoryEstimate> {
        let context_length = wanted.or(self.context_length)?;
        let numbers = [2, self.layer_count?, self.key_value_head_count?, self.head_width?, context_length, 4];
        let context_bytes = numbers.into_iter().fold(1, u64::saturating_mul);
        let total_bytes = weight_bytes.saturating_add(context_bytes);
        Some(MemoryEstimate { context_length, weight_bytes, context_bytes, total_bytes })
    }
}
