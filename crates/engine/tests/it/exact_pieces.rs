//! What is computed in pieces is, bit for bit, what is computed at once.

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tramontane_engine::LoadedModel;
use tramontane_session::{Next, Run};

use crate::models::{load_model, real_model, write_llama, write_tiny_llama};

/// How many tokens are decoded after the prompt.
const DECODED: usize = 4;

/// The logits after the prompt, and after each token that is decoded: the largest of the logits before.
pub fn logits(model: &LoadedModel, prompt: &[u32], decoded: usize) -> Vec<Vec<f32>> {
    let all = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&all);
    let step = Box::new(move |logits: &[f32]| {
        let mut seen = seen.lock().unwrap();
        if seen.len() > decoded {
            return Next::End;
        }
        seen.push(logits.to_vec());
        if seen.len() > decoded {
            return Next::End;
        }
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        Next::Token(logits.iter().position(|&logit| logit == largest).unwrap() as u32)
    });
    model.backend.run(Run { sequence: 0, tokens: prompt, prompt_length: prompt.len(), computed: 0 }, step).unwrap();
    let all = all.lock().unwrap();
    all.clone()
}

fn check(path: &Path, options: &[(&str, Value)], prompt: &[u32]) {
    let load = |cache: u64| {
        let mut all = json!({ "model": path, "prefixCacheBytes": cache });
        for (name, value) in options {
            all[name] = value.clone();
        }
        load_model(all).unwrap()
    };
    // Tokens that no other run has, as one would go on from what another left.
    let prompt_of = |variant: usize| {
        let mut prompt = prompt.to_vec();
        prompt[0] = prompt[0] + 1 + variant as u32;
        prompt
    };
    let pieces = [1, 7, 32, 128];
    let whole = load(0);
    let expected: Vec<_> = (0..pieces.len()).map(|at| logits(&whole, &prompt_of(at), DECODED)).collect();
    drop(whole);
    let model = load(512 << 20);
    for (at, &length) in pieces.iter().enumerate() {
        let prompt = prompt_of(at);
        for end in (length..prompt.len()).step_by(length) {
            logits(&model, &prompt[..end], 0);
        }
        let found = logits(&model, &prompt, DECODED);
        for (step, (found, expected)) in found.iter().zip(&expected[at]).enumerate() {
            let differ = found.iter().zip(expected).filter(|(a, b)| a.to_bits() != b.to_bits()).count();
            assert_eq!(differ, 0, "logits that differ after {step} tokens, in pieces of {length}, with {options:?}");
        }
        assert_eq!(found.len(), expected[at].len());
    }
}

/// Tokens of the tiny models.
fn random_prompt() -> Vec<u32> {
    (0..180u32).map(|i| (i * i * 31 + i * 7) % 250).collect()
}

#[test]
fn the_real_model_in_pieces_is_the_real_model() {
    let prompt: Vec<u32> = (0..150u32).map(|i| 500 + (i * i * 31 + i * 7) % 20_000).collect();
    check(&real_model(), &[], &prompt);
}

#[test]
fn unquantised_weights_in_pieces_are_exact() {
    let temporary = tempfile::tempdir().unwrap();
    check(&write_tiny_llama(&temporary.path().join("64")), &[], &random_prompt());
    check(&write_llama(&temporary.path().join("256"), 256), &[], &random_prompt());
}

#[test]
fn quantised_weights_in_pieces_are_exact() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = write_llama(&temporary.path().join("256"), 256);
    for isq in ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2K", "Q3K", "Q4K", "Q5K", "Q6K"] {
        check(&folder, &[("isq", json!(isq))], &random_prompt());
    }
    let narrow = write_tiny_llama(&temporary.path().join("64"));
    for isq in ["Q8_0", "Q4_1"] {
        check(&narrow, &[("isq", json!(isq))], &random_prompt());
    }
}
