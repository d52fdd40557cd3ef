use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tramontane_engine::LoadedModel;
use tramontane_session::{Next, Prompt, Run, Sampler, Sampling};

use crate::models::{greedy_tokens, load_model, real_model, write_tiny_llama};

/// Goes on from `tokens` for `count` tokens, and leaves the last of them for the next slice to compute.
fn slice(model: &LoadedModel, sequence: u64, tokens: &mut Vec<u32>, prompt_length: usize, count: usize) {
    let new = Arc::new(Mutex::new(Vec::new()));
    let taken = Arc::clone(&new);
    let mut sampler = Sampler::new(&Sampling { temperature: 0.0, ..Sampling::default() }, 0, &[]);
    let step = Box::new(move |logits: &[f32]| {
        let mut taken = taken.lock().unwrap();
        if taken.len() == count {
            return Next::End;
        }
        let token = sampler.sample(logits).unwrap().token;
        taken.push(token);
        if taken.len() == count { Next::End } else { Next::Token(token) }
    });
    model.backend.run(Run { sequence, tokens, prompt_length }, step).unwrap();
    tokens.extend(new.lock().unwrap().iter());
}

fn prompts(model: &LoadedModel, texts: &[&str]) -> Vec<Vec<u32>> {
    texts.iter().map(|text| model.text.tokenize(&Prompt::Text((*text).into())).unwrap()).collect()
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
        for (at, tokens) in sequences.iter_mut().enumerate() {
            slice(&model, at as u64, tokens, prompts[at].len(), slice_tokens);
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
