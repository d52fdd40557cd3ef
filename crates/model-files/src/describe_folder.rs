//! What a folder's files say of their model.

use std::path::Path;

use serde_json::Value;
use tramontane_error::{Error, ErrorCode};

use crate::chat_template::chat_template;
use crate::embedding_modules::MODULES;
use crate::file_choice::RESIDUAL;
use crate::listed_file::ListedFile;
use crate::model_config::{number, quantization, read_json};
use crate::model_description::{ModelDescription, ModelKind, Sizes, listed_types, quotient};
use crate::model_folder::{ModelFolder, commonest, tensor_types, total, weights};

/// Describes the model in `root`, whose weights are the files `uqff` where there are any; `wanted` is the context to
/// estimate memory for.
pub(crate) fn describe_folder(root: &Path, uqff: &[String], wanted: Option<u64>) -> Result<ModelDescription, Error> {
    let config_path = root.join("config.json");
    if !config_path.is_file() {
        let message = format!("{} has no config.json, without which its weights cannot be used", root.display());
        return Err(Error::new(ErrorCode::ModelNotFound, message).with_file(config_path));
    }
    let config = read_json(&config_path)?;
    let optional = |name: &str| Some(root.join(name)).filter(|path| path.is_file());
    let weights = if uqff.is_empty() { weights(root)? } else { optional(RESIDUAL).into_iter().collect() };
    let quantised: Vec<_> = uqff.iter().map(|name| root.join(name)).collect();
    let types = tensor_types(&weights)?;
    let opened = ModelFolder::open(root, uqff);
    let paths = match &opened {
        Ok((folder, uqff)) => [folder.paths(), uqff.clone()].concat(),
        Err(_) => [vec![config_path.clone()], weights, quantised.clone()].concat(),
    };
    let files = paths.into_iter().map(ListedFile::of).collect::<Result<Vec<_>, _>>()?;
    let multimodal = opened.as_ref().is_ok_and(|(folder, _)| folder.multimodal);
    let number = |name: &str| number(&config, name).map(|number| number as u64);
    let embedding_width = number("hidden_size");
    let layer_count = number("num_hidden_layers");
    let head_count = number("num_attention_heads");
    let key_value_head_count = number("num_key_value_heads").or(head_count);
    let context_length = number("max_position_embeddings");
    let head_width = number("head_dim").or_else(|| quotient(embedding_width, head_count));
    let experts = ["num_local_experts", "num_experts", "n_routed_experts"];
    let sizes = Sizes { layer_count, key_value_head_count, head_width, context_length };
    let uqff_bytes = quantised.iter().filter_map(|path| path.metadata().ok()).map(|metadata| metadata.len());
    let weight_bytes = types.iter().map(|(name, of)| match name.as_str() {
        "F16" | "BF16" => of.bytes.saturating_mul(2),
        _ => of.bytes,
    });
    let weight_bytes = weight_bytes.chain(uqff_bytes).fold(0, u64::saturating_add);
    let architecture = config.get("architectures").and_then(|names| names.get(0)).and_then(Value::as_str);
    let embedding = root.join(MODULES).is_file();
    let quantization = match uqff.first() {
        Some(name) => Path::new(name).file_stem().map(|stem| stem.to_string_lossy().into_owned()),
        None => quantization(&config).or_else(|| commonest(&types)),
    };
    Ok(ModelDescription {
        model: String::new(),
        kind: if embedding { ModelKind::Embedding } else { ModelKind::Text },
        format: if uqff.is_empty() { "safetensors" } else { "uqff" },
        path: quantised.first().cloned().unwrap_or_else(|| root.to_owned()),
        bytes: files.iter().map(|file| file.bytes).sum(),
        files,
        name: config.get("_name_or_path").and_then(Value::as_str).filter(|name| !name.is_empty()).map(str::to_owned),
        architecture: architecture.map(str::to_owned),
        parameter_count: if uqff.is_empty() { total(&types).elements } else { 0 },
        quantization,
        tensor_types: listed_types(types),
        context_length,
        embedding_width,
        layer_count,
        head_count,
        key_value_head_count,
        expert_count: experts.into_iter().find_map(number).unwrap_or(0),
        vocabulary_size: number("vocab_size"),
        tokenizer: folder_tokenizer_kind(root),
        chat_template: chat_template(
            optional("chat_template.jinja").or_else(|| optional("chat_template.json")).as_deref(),
            optional("tokenizer_config.json").as_deref(),
        )?,
        problem: opened.err().or_else(|| multimodal.then(|| takes_more_than_text(architecture, &config_path))),
        memory: sizes.estimate(weight_bytes, wanted),
    })
}

fn takes_more_than_text(architecture: Option<&str>, config: &Path) -> Error {
    let architecture = architecture.unwrap_or_default();
    let message = format!("{architecture} takes images or sound, which is not run yet; use a text model");
    Error::new(ErrorCode::UnsupportedModel, message).with_file(config)
}

fn folder_tokenizer_kind(root: &Path) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Tokenizer {
        model: Model,
    }
    #[derive(serde::Deserialize)]
    struct Model {
        // Left out in the oldest files, which are BPE.
        #[serde(rename = "type")]
        kind: Option<String>,
    }
    if let Ok(text) = std::fs::read(root.join("tokenizer.json")) {
        let tokenizer: Tokenizer = serde_json::from_slice(&text).ok()?;
        return Some(tokenizer.model.kind.map_or_else(|| "bpe".to_owned(), |kind| kind.to_ascii_lowercase()));
    }
    let others = [("tokenizer.model", "sentencepiece"), ("tekken.json", "tekken"), ("vocab.txt", "wordpiece")];
    others.into_iter().find(|(name, _)| root.join(name).is_file()).map(|(_, kind)| kind.to_owned())
}
