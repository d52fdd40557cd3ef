//! A context is filled to its last token.

use std::fs;

use serde_json::{Value, json};

use crate::exact_pieces::logits;
use crate::models::{load_model, write_tiny_llama};

/// No multiple of what the engine's caches grow by.
const CONTEXT: usize = 700;

#[test]
fn a_sequence_may_have_as_many_tokens_as_the_model_was_trained_for() {
    let folder = tempfile::tempdir().unwrap();
    let model = write_tiny_llama(folder.path());
    let config = model.join("config.json");
    let mut settings: Value = serde_json::from_slice(&fs::read(&config).unwrap()).unwrap();
    settings["max_position_embeddings"] = json!(CONTEXT);
    fs::write(&config, settings.to_string()).unwrap();
    let model = load_model(json!({ "model": model })).unwrap();
    assert_eq!(model.info.context_length, CONTEXT);
    let prompt: Vec<u32> = (0..CONTEXT as u32).map(|at| at * 7 % 250).collect();
    let whole = logits(&model, &prompt, 0);
    // The last places, taken one by one.
    let decoded = logits(&model, &prompt[..CONTEXT - 20], 20);
    assert_eq!((whole.len(), decoded.len()), (1, 21));
    assert!(whole.iter().chain(&decoded).flatten().all(|logit| logit.is_finite()));
}
