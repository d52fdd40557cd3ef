//! An embedding model's config.json as mistralrs takes it.
//!
//! mistralrs has few defaults here, and where it reads a key otherwise than transformers does, which the models were made
//! with, the value is put right. `sliding_window` is one: switched off, mistralrs masks by it all the same, and that of
//! EmbeddingGemma means both sides together.

use std::path::Path;

use serde_json::{Map, Value};
use tramontane_error::{Error, ErrorCode};

/// `config`, the contents of `path`, with what mistralrs misses or would take wrongly.
pub(crate) fn engine_config(config: Value, path: &Path) -> Result<Value, Error> {
    let Value::Object(mut fields) = config else { return Ok(config) };
    let gemma = fields.get("architectures").is_some_and(|names| names[0] == "Gemma3TextModel");
    let unsupported = if gemma { mend_gemma(&mut fields) } else { mend_qwen(&mut fields) };
    match unsupported {
        None => Ok(Value::Object(fields)),
        Some(what) => {
            let message = format!("{} {what}, which is not run", path.display());
            Err(Error::new(ErrorCode::UnsupportedModel, message).with_file(path))
        }
    }
}

/// Returns what cannot be put right.
fn mend_qwen(fields: &mut Map<String, Value>) -> Option<&'static str> {
    let is = |name: &str, value: Value| fields.get(name) == Some(&value);
    let windowed = is("use_sliding_window", true.into()) && number(fields, "sliding_window").is_some();
    if windowed && !is("max_window_layers", 0.into()) {
        return Some("gives a sliding window to some layers only");
    }
    if !windowed {
        fields.insert("sliding_window".into(), Value::Null);
        fields.insert("use_sliding_window".into(), false.into());
        fields.insert("max_window_layers".into(), fields.get("num_hidden_layers").cloned().unwrap_or_default());
    }
    let theta = fields.get("rope_parameters").map(|rope| rope["rope_theta"].clone());
    fill(fields, "rope_theta", theta);
    None
}

/// Returns what cannot be put right.
fn mend_gemma(fields: &mut Map<String, Value>) -> Option<&'static str> {
    if fields.get("use_bidirectional_attention") != Some(&Value::Bool(true)) {
        return Some("looks at the text before a token only (use_bidirectional_attention is not true)");
    }
    let window = number(fields, "sliding_window").unwrap_or(4096);
    fields.insert("sliding_window".into(), (window / 2 + 1).into());
    let Some(pattern) = pattern(fields) else {
        return Some("has its layers with and without a sliding window in no regular order");
    };
    fields.insert("sliding_window_pattern".into(), pattern.into());
    let rope = fields.get("rope_parameters").cloned().unwrap_or_default();
    fill(fields, "rope_theta", Some(rope["full_attention"]["rope_theta"].clone()));
    fill(fields, "rope_local_base_freq", Some(rope["sliding_attention"]["rope_theta"].clone()));
    None
}

/// Each how manieth layer has no sliding window.
fn pattern(fields: &Map<String, Value>) -> Option<u64> {
    let Some(types) = fields.get("layer_types").and_then(Value::as_array) else {
        return number(fields, "sliding_window_pattern")
            .or_else(|| number(fields, "_sliding_window_pattern"))
            .or(Some(6));
    };
    let fits = |pattern: &u64| {
        let kind = |layer: u64| if layer.is_multiple_of(*pattern) { "full_attention" } else { "sliding_attention" };
        types.iter().zip(1..).all(|(found, layer)| found == kind(layer))
    };
    (1..=types.len() as u64 + 1).find(fits)
}

fn number(fields: &Map<String, Value>, name: &str) -> Option<u64> {
    fields.get(name)?.as_u64()
}

/// Puts `value`, if it is one, where nothing is.
fn fill(fields: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value.filter(|value| !value.is_null())
        && fields.get(name).is_none_or(Value::is_null)
    {
        fields.insert(name.into(), value);
    }
}
