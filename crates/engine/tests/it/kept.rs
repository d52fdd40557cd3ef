use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use tramontane_engine::LoadedModel;
use tramontane_session::{ErrorCode, Next, Run};

use crate::models::{greedy_tokens, load_model, write_tiny_llama};

const PROMPT: &[u8] = b"Once upon a time there was a dragon who lived on a mountain";

fn tiny_llama(folder: &Path, prefix_cache_bytes: u64) -> LoadedModel {
    load_model(json!({ "model": write_tiny_llama(folder), "prefixCacheBytes": prefix_cache_bytes })).unwrap()
}

fn prompt() -> Vec<u32> {
    PROMPT.iter().copied().map(u32::from).collect()
}

/// How many of `tokens` the engine had kept.
fn kept(model: &LoadedModel, tokens: &[u32]) -> usize {
    let run = Run { sequence: 0, tokens, prompt_length: tokens.len(), computed: 0 };
    model.backend.run(run, Box::new(|_| Next::End)).unwrap()
}

#[test]
fn the_engine_tells_how_much_it_had_kept() {
    let temporary = tempfile::tempdir().unwrap();
    let model = tiny_llama(temporary.path(), 64 << 20);
    let mut tokens = prompt();
    assert_eq!(kept(&model, &tokens), 0);
    assert_eq!(kept(&model, &tokens), tokens.len() - 1, "the last one gives the logits");
    let half = tokens.len() / 2;
    assert_eq!(kept(&model, &tokens[..half]), half - 1);
    let known = tokens.len();
    tokens.extend(b" and was bored.".iter().copied().map(u32::from));
    assert_eq!(kept(&model, &tokens), known);
    assert_eq!(kept(&model, b"Something else".map(u32::from).as_slice()), 0);
}

#[test]
fn without_a_cache_nothing_is_kept() {
    let temporary = tempfile::tempdir().unwrap();
    let model = tiny_llama(temporary.path(), 0);
    assert_eq!([kept(&model, &prompt()), kept(&model, &prompt())], [0, 0]);
}

#[test]
fn an_engine_that_was_killed_starts_anew_and_goes_on_as_before() {
    let temporary = tempfile::tempdir().unwrap();
    for prefix_cache_bytes in [0, 64 << 20] {
        let folder = temporary.path().join(prefix_cache_bytes.to_string());
        let model = Arc::new(tiny_llama(&folder, prefix_cache_bytes));
        let tokens = prompt();
        let expected = greedy_tokens(&model, &tokens, 24);
        for last_step in [1, 5] {
            let (killer, mut steps) = (Arc::clone(&model), 0);
            let step = Box::new(move |_: &[f32]| {
                steps += 1;
                if steps == last_step {
                    killer.backend.kill();
                }
                Next::Token(97)
            });
            let run = Run { sequence: 0, tokens: &tokens, prompt_length: tokens.len(), computed: 0 };
            assert_eq!(model.backend.run(run, step).unwrap_err().code, ErrorCode::EngineFailed);
            assert_eq!(greedy_tokens(&model, &tokens, 24), expected, "after it died in step {last_step}");
        }
    }
}
