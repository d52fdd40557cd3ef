//! What a GGUF file says of its model.

use std::collections::BTreeMap;
use std::path::Path;

use tramontane_error::Error;

use crate::gguf::{GgufContents, TensorType};
use crate::gguf_tokenizer::build_tokenizer_of;
use crate::listed_file::ListedFile;
use crate::model_description::{ModelDescription, ModelKind, Sizes, TypeOfTensors, listed_types, quotient};
use crate::tensor_count::TensorCount;

/// Describes the model in `file`; `wanted` is the context to estimate memory for.
pub(crate) fn describe_gguf(file: &Path, wanted: Option<u64>) -> Result<ModelDescription, Error> {
    let contents = GgufContents::read(file)?;
    let files = vec![ListedFile::of(file.to_owned())?];
    let vocabulary = contents.vocabulary.as_ref();
    let embedding_width = contents.number("embedding_length");
    let head_count = contents.number("attention.head_count");
    let key_value_head_count = contents.number("attention.head_count_kv").or(head_count);
    let layer_count = contents.number("block_count");
    let context_length = contents.number("context_length");
    let head_width = contents.number("attention.key_length").or_else(|| quotient(embedding_width, head_count));
    let problem = contents
        .check(file)
        .and_then(|_| build_tokenizer_of(file, &contents.architecture, vocabulary).map(|_| ()))
        .err();
    let has_output = contents.tensors.iter().any(|tensor| tensor.name == "output.weight");
    let weight_bytes = contents.tensors.iter().map(|tensor| match tensor.name.as_str() {
        // Held as numbers of 32 bits, and, where it is the output too, as it is in the file as well.
        "token_embd.weight" => {
            tensor.elements() * 4 + if has_output { 0 } else { held_bytes(tensor.kind, tensor.bytes) }
        }
        _ => held_bytes(tensor.kind, tensor.bytes),
    });
    let sizes = Sizes { layer_count, key_value_head_count, head_width, context_length };
    Ok(ModelDescription {
        model: String::new(),
        kind: if contents.makes_vectors() { ModelKind::Embedding } else { ModelKind::Text },
        format: "gguf",
        path: file.to_owned(),
        bytes: files[0].bytes,
        files,
        name: contents.text("general.name"),
        parameter_count: contents.parameter_count(),
        quantization: Some(contents.quantization().to_owned()),
        tensor_types: types_of_gguf(&contents),
        context_length,
        embedding_width,
        layer_count,
        head_count,
        key_value_head_count,
        expert_count: contents.number("expert_count").filter(|&count| count > 1).unwrap_or(0),
        vocabulary_size: vocabulary.map(|vocabulary| vocabulary.tokens.len() as u64),
        tokenizer: vocabulary.map(|vocabulary| gguf_tokenizer_kind(&vocabulary.model).to_owned()),
        chat_template: contents.text("tokenizer.chat_template"),
        problem,
        memory: sizes.estimate(weight_bytes.fold(0, u64::saturating_add), wanted),
        architecture: Some(contents.architecture),
    })
}

/// What is not quantised is held as numbers of 32 bits.
fn held_bytes(kind: TensorType, bytes: u64) -> u64 {
    match kind.name {
        "F16" | "BF16" => bytes.saturating_mul(2),
        _ => bytes,
    }
}

fn types_of_gguf(contents: &GgufContents) -> Vec<TypeOfTensors> {
    let mut types = BTreeMap::<String, TensorCount>::new();
    for tensor in &contents.tensors {
        types.entry(tensor.kind.name.to_owned()).or_default().add(tensor.elements(), tensor.bytes);
    }
    listed_types(types)
}

fn gguf_tokenizer_kind(model: &str) -> &str {
    match model {
        "gpt2" => "bpe",
        "llama" => "sentencepiece",
        "bert" => "wordpiece",
        "t5" => "unigram",
        other => other,
    }
}
