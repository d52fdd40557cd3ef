//! Sequences that share the engine's steps are, bit for bit, what each is alone.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::exact_pieces::logits;
use crate::models::{Family, load_model, real_model, write_model, write_tiny_llama};

/// Prompts of many lengths, each with a first token of its own: one, few and many tokens, around those for which there is
/// more room to be made, and more than others' prompts may be in a step.
const LENGTHS: [usize; 12] = [1, 2, 3, 5, 20, 33, 63, 64, 65, 128, 180, 300];

fn prompts(vocabulary: u32) -> Vec<Vec<u32>> {
    let prompt = |(at, &length): (usize, &usize)| {
        (0..length as u32).map(|i| (at as u32 * 17 + i * i * 31 + i * 7) % (vocabulary - 6) + 3).collect()
    };
    LENGTHS.iter().enumerate().map(prompt).collect()
}

/// Every prompt alone, and then all at once, in two rounds: in the second, what the first has kept is there.
fn check(options: &Value, vocabulary: u32) {
    let model = load_model(options.clone()).unwrap();
    assert!(model.backend.parallel_sequences() > 1, "{options} shares no steps");
    let prompts = prompts(vocabulary);
    let decoded = |at: usize| 3 + 5 * (at % 4);
    let alone: Vec<_> = prompts.iter().enumerate().map(|(at, prompt)| logits(&model, prompt, decoded(at))).collect();
    drop(model);
    let model = load_model(options.clone()).unwrap();
    for round in 0..2 {
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..model.backend.parallel_sequences().min(7) {
                scope.spawn(|| {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(prompt) = prompts.get(at) else { break };
                        let found = logits(&model, prompt, decoded(at));
                        assert_eq!(found.len(), alone[at].len());
                        for (step, (found, alone)) in found.iter().zip(&alone[at]).enumerate() {
                            let differ = found.iter().zip(alone).filter(|(a, b)| a.to_bits() != b.to_bits()).count();
                            let length = prompt.len();
                            assert_eq!(differ, 0, "logits of a prompt of {length} after {step} tokens, round {round}");
                        }
                    }
                });
            }
        });
    }
}

fn in_folder(test: impl FnOnce(&Path)) {
    test(tempfile::tempdir().unwrap().path());
}

#[test]
fn sequences_of_the_real_model_share_steps() {
    check(&json!({ "model": real_model() }), 20_000);
}

#[test]
fn sequences_of_each_family_share_steps() {
    for family in [Family::Llama, Family::Qwen2, Family::Qwen3] {
        in_folder(|folder| check(&json!({ "model": write_model(folder, family, 64) }), 256));
    }
}

#[test]
fn sequences_of_quantised_weights_share_steps() {
    in_folder(|folder| {
        let model = write_model(folder, Family::Llama, 256);
        for quantization in ["q4_0", "q5_1", "q8_0", "q4k", "q6k"] {
            check(&json!({ "model": model, "isq": quantization }), 256);
        }
    });
}

#[test]
fn sequences_share_steps_where_nothing_is_kept() {
    in_folder(|folder| check(&json!({ "model": write_tiny_llama(folder), "prefixCacheBytes": 0 }), 256));
}
