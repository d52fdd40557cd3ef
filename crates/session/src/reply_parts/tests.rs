use std::sync::{Arc, Mutex};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use serde_json::json;
use tokenizers::{AddedToken, Tokenizer};

use super::*;
use crate::byte_tokenizer::byte_tokenizer;
use crate::grammar::GrammarFactory;
use crate::reply::{ReasoningFormat, ReplyFormat, ToolCallFormat};
use crate::request::GenerationRequest;
use crate::text_interface::TextInterface;

const MARKERS: [&str; 16] = [
    "<|channel|>",
    "<|start|>",
    "<|message|>",
    "<|constrain|>",
    "<|end|>",
    "<|call|>",
    "<think>",
    "</think>",
    "[TOOL_CALLS]",
    "[ARGS]",
    "<|python_tag|>",
    "<｜tool▁calls▁begin｜>",
    "<｜tool▁call▁begin｜>",
    "<｜tool▁sep｜>",
    "<｜tool▁call▁end｜>",
    "<｜tool▁calls▁end｜>",
];

/// Bytes, and every marker as a special token.
fn text_interface(format: ReplyFormat) -> TextInterface {
    let mut tokenizer = byte_tokenizer();
    tokenizer.add_special_tokens(&MARKERS.map(|marker| AddedToken::from(marker, true)));
    let tokenizer = Arc::new(tokenizer);
    let end_tokens = vec![256, token(&tokenizer, "<|call|>")];
    TextInterface {
        grammars: GrammarFactory::new(Arc::clone(&tokenizer), end_tokens.clone()),
        vocabulary_size: tokenizer.get_vocab_size(true),
        tokenizer,
        chat_template: None,
        reply_format: format,
        end_tokens,
        context_length: 4096,
    }
}

fn token(tokenizer: &Tokenizer, marker: &str) -> u32 {
    tokenizer.token_to_id(marker).unwrap()
}

fn request(choice: &str) -> GenerationRequest {
    let schema = json!({ "type": "object", "properties": { "n": { "enum": [1, 2] } }, "required": ["n"], "additionalProperties": false });
    let request = json!({
        "prompt": { "messages": [{}] },
        "temperature": 1,
        "tools": [{ "name": "a", "inputSchema": schema }, { "name": "b", "inputSchema": schema }],
        "toolChoice": choice,
    });
    GenerationRequest::from_json(&request.to_string()).unwrap()
}

fn collected(text: &TextInterface, request: &GenerationRequest) -> (ReplyParts, Arc<Mutex<Vec<StreamPart>>>) {
    let parts = Arc::new(Mutex::new(Vec::new()));
    let taken = Arc::clone(&parts);
    (text.reply_parts(request, &[104], Box::new(move |part| taken.lock().unwrap().push(part))), parts)
}

fn format(reasoning: Option<ReasoningFormat>, tool_calls: ToolCallFormat) -> ReplyFormat {
    ReplyFormat { reasoning, tool_calls: Some(tool_calls) }
}

#[test]
fn a_forced_call_is_written_with_the_tokens_that_its_markers_are() {
    for (tool_calls, marker) in [
        (ToolCallFormat::Harmony, "<|constrain|>"),
        (ToolCallFormat::Mistral, "[ARGS]"),
        (ToolCallFormat::DeepSeek, "<｜tool▁sep｜>"),
        (ToolCallFormat::DeepSeekV31, "<｜tool▁calls▁end｜>"),
    ] {
        let text = text_interface(format(None, tool_calls));
        let marker = token(&text.tokenizer, marker);
        for seed in 0..10 {
            let request = request("required");
            let mut sampler = text.sampler(&request, seed, &[104]).unwrap();
            let (mut reply, parts) = collected(&text, &request);
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let mut tokens = Vec::new();
            while tokens.len() < 300 {
                let logits: Vec<f32> =
                    (0..text.vocabulary_size).map(|_| (random.next_u32() % 1000) as f32 / 1000.0).collect();
                let sampled = sampler.sample(&logits).unwrap();
                if text.end_tokens.contains(&sampled.token) {
                    break;
                }
                tokens.push(sampled.token);
                assert!(!reply.push(sampled.token).unwrap());
                if sampled.is_last {
                    break;
                }
            }
            assert!(!reply.finish(true).unwrap());
            assert!(tokens.contains(&marker), "{tool_calls:?} {tokens:?}");
            let parts = parts.lock().unwrap();
            let Some(StreamPart::ToolCall { input: Some(input), .. }) = parts.last() else { panic!("{parts:?}") };
            assert!([1, 2].contains(&input["n"].as_i64().unwrap()), "{input}");
            assert!(!parts.iter().any(|part| matches!(part, StreamPart::TextDelta { .. })), "{parts:?}");
        }
    }
}

#[test]
fn markers_that_are_tokens_are_read_and_never_shown() {
    let text = text_interface(format(Some(ReasoningFormat::Think), ToolCallFormat::Llama3));
    let request = request("auto");
    let (mut reply, parts) = collected(&text, &request);
    let written = "<think>Hm é</think>A<|python_tag|>\"B<|constrain|> C";
    for &token in text.tokenizer.encode(written, false).unwrap().get_ids() {
        reply.push(token).unwrap();
    }
    reply.finish(true).unwrap();
    let (mut shown, mut thought) = (String::new(), String::new());
    for part in parts.lock().unwrap().iter() {
        match part {
            StreamPart::TextDelta { delta } => shown += delta,
            StreamPart::ReasoningDelta { delta } => thought += delta,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((thought.as_str(), shown.as_str()), ("Hm é", "A\"B C"));
}
