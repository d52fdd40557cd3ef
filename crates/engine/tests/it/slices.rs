use std::path::Path;

use serde_json::json;
use tramontane_engine::LoadedModel;
use tramontane_session::{GenerationRequest, Prompt};

use crate::models::{greedy_tokens, load_model, real_model, write_tiny_llama};

fn prompts(model: &LoadedModel, texts: &[&str]) -> Vec<Vec<u32>> {
    texts
        .iter()
        .map(|text| model.text.tokenize(&GenerationRequest::new(Prompt::Text((*text).into()))).unwrap())
        .collect()
}

/// `path` in slices, taking turns, against itself without interruption and without anything kept.
fn check(path: &Path, texts: &[&str], slice_tokens: usize) {
    const COUNT: usize = 48;
    let model = load_model(json!({ "model": path })).unwrap();
    let prompts = prompts(&model, texts);
    let alone: Vec<Vec<u32>> = prompts.iter().map(|prompt| greedy_tokens(&model, prompt, COUNT)).collect();
    drop(model);
    let model = load_model(json!({ "model": path, "prefixCacheBytes": 512 << 20 })).unwrap();
    let mut sequences = prompts.clone();
    for _ in 0..COUNT / slice_tokens {
        for tokens in &mut sequences {
            // The last token is left for the next slice to compute.
            tokens.extend(greedy_tokens(&model, tokens, slice_tokens));
        }
    }
    for (at, tokens) in sequences.iter().enumerate() {
        assert_eq!(tokens[prompts[at].len()..], alone[at][..], "sequence {at} in slices of {slice_tokens}");
    }
}

#[test]
fn sequences_in_turn_are_each_what_it_is_alone() {
    let texts = ["Once upon a time there was a dragon", "The sea is", "In the beginning of the year"];
    check(&real_model(), &texts, 16);
}

#[test]
fn sequences_with_a_common_beginning_are_each_what_it_is_alone() {
    let texts =
        ["Write a story about a dragon. Number one.", "Write a story about a dragon. Number two. Please be kind."];
    check(&real_model(), &texts, 16);
}

#[test]
fn tiny_sequences_in_turn_are_each_what_it_is_alone() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = write_tiny_llama(&temporary.path().join("tiny"));
    let texts = ["abcdefg", "hello world", "abcdxyz and more", "0123456789 0123456789 0123456789"];
    check(&folder, &texts, 8);
}
