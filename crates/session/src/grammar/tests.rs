use std::sync::{Arc, LazyLock};

use llguidance::ParserFactory;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use serde_json::{Value, json};
use tokenizers::{AddedToken, Tokenizer};
use toktrie_hf_tokenizers::{ByteTokenizer, ByteTokenizerEnv};
use tramontane_error::{Error, ErrorCode};

use super::{Grammar, GrammarFactory, GrammarSource};
use crate::byte_tokenizer::byte_tokenizer;
use crate::detokenizer::Detokenizer;
use crate::sampler::{Sampler, Sampling};

mod hostile;
mod requests;
mod schemas;

const VOCABULARY_SIZE: usize = 259;
const END: u32 = 256;

static FACTORY: LazyLock<GrammarFactory> = LazyLock::new(|| GrammarFactory::new(Arc::new(byte_tokenizer()), vec![END]));

fn grammar(source: Result<GrammarSource, Error>) -> Grammar {
    FACTORY.grammar(&source.unwrap()).unwrap_or_else(|error| panic!("{}", error.message))
}

/// A reply to logits that know nothing, except that what closes and ends is likelier than the rest.
fn random_reply(grammar: Grammar, seed: u64) -> String {
    let settings = Sampling { temperature: 1.0, ..Sampling::default() };
    let mut sampler = Sampler::new(&settings, seed, &[]).constrained_by(grammar).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut reply = Vec::new();
    for _ in 0..20_000 {
        let mut logits: Vec<f32> = (0..VOCABULARY_SIZE).map(|_| (random.next_u32() % 2000) as f32 / 1000.0).collect();
        for token in [u32::from(b'"'), u32::from(b']'), u32::from(b'}'), u32::from(b')'), END] {
            logits[token as usize] += 4.0;
        }
        let sampled = sampler.sample(&logits).unwrap();
        if sampled.token == END {
            return String::from_utf8(reply).unwrap();
        }
        reply.push(sampled.token as u8);
        if sampled.is_last {
            return String::from_utf8(reply).unwrap();
        }
    }
    panic!("no end: {}", String::from_utf8_lossy(&reply));
}

/// Every token that may come next.
fn allowed(grammar: &mut Grammar) -> Vec<u32> {
    let mask = grammar.mask().unwrap();
    (0..VOCABULARY_SIZE as u32 + 50).filter(|&token| mask.allows(token)).collect()
}

fn commit(grammar: &mut Grammar, text: &str) {
    text.bytes().for_each(|byte| grammar.commit(u32::from(byte)).unwrap());
}

#[test]
fn the_end_is_allowed_exactly_where_the_grammar_accepts() {
    let mut grammar = grammar(GrammarSource::regex("a(bc)*"));
    let (a, b, c) = (97, 98, 99);
    assert_eq!(allowed(&mut grammar), [a]);
    for (text, next, accepts) in [("a", vec![b, END], true), ("b", vec![c], false), ("c", vec![b, END], true)] {
        commit(&mut grammar, text);
        assert_eq!(allowed(&mut grammar), next);
        assert_eq!(grammar.accepts_end(), accepts);
        assert!(!grammar.is_complete());
    }
    grammar.commit(END).unwrap();
    assert!(grammar.is_complete());
}

#[test]
fn a_grammar_is_complete_with_the_last_token_that_it_has() {
    let mut grammar = grammar(GrammarSource::regex("ab"));
    commit(&mut grammar, "a");
    assert!(!grammar.is_complete() && !grammar.accepts_end());
    commit(&mut grammar, "b");
    assert!(grammar.is_complete() && grammar.accepts_end());
    assert_eq!(allowed(&mut grammar), [END]);
    let error = grammar.commit(97).unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidArgument, Some("grammar.pattern")));
}

#[test]
fn a_model_that_wants_nothing_but_the_end_must_finish_first() {
    for temperature in [0.0, 0.01] {
        let settings = Sampling { temperature, ..Sampling::default() };
        let schema = json!({"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"],
            "additionalProperties": false});
        let mut sampler =
            Sampler::new(&settings, 1, &[]).constrained_by(grammar(GrammarSource::json_schema(schema))).unwrap();
        let mut logits = vec![f32::NEG_INFINITY; VOCABULARY_SIZE];
        logits[END as usize] = 100.0;
        let mut reply = String::new();
        loop {
            let sampled = sampler.sample(&logits).unwrap();
            assert_ne!(sampled.token, END);
            reply.push(char::from(sampled.token as u8));
            if sampled.is_last {
                break;
            }
        }
        // Where the model holds nothing possible it is the first token that the grammar allows: white space, once.
        let value: Value = serde_json::from_str(&reply).unwrap();
        assert!(value["ok"].is_boolean(), "{reply}");
    }
}

#[test]
fn a_grammar_that_asks_for_what_is_banned_is_refused() {
    let settings = Sampling { banned_tokens: vec![98], ..Sampling::default() };
    let mut sampler = Sampler::new(&settings, 1, &[]).constrained_by(grammar(GrammarSource::regex("a(b|c)b"))).unwrap();
    let logits = [0.0; VOCABULARY_SIZE];
    assert_eq!(sampler.sample(&logits).unwrap().token, 97);
    assert_eq!(sampler.sample(&logits).unwrap().token, 99);
    assert_eq!(sampler.sample(&logits).unwrap_err().field.as_deref(), Some("bannedTokens"));
}

#[test]
fn forced_tokens_begin_what_the_grammar_is_about() {
    let settings =
        |forced: &str| Sampling { forced_tokens: forced.bytes().map(u32::from).collect(), ..Sampling::default() };
    let start = |forced| Sampler::new(&settings(forced), 1, &[]).constrained_by(grammar(GrammarSource::regex("abc")));
    let mut sampler = start("ab").unwrap();
    let sampled: Vec<_> = (0..3).map(|_| sampler.sample(&[0.0; VOCABULARY_SIZE]).unwrap()).collect();
    assert_eq!(sampled.iter().map(|sampled| sampled.token).collect::<Vec<_>>(), [97, 98, 99]);
    assert_eq!(sampled.iter().map(|sampled| sampled.is_last).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!(start("ax").err().unwrap().field.as_deref(), Some("forcedTokens[1]"));
    assert_eq!(start("abcd").err().unwrap().field.as_deref(), Some("forcedTokens[3]"));
    let mut whole = start("abc").unwrap();
    let last: Vec<_> = (0..3).map(|_| whole.sample(&[0.0; VOCABULARY_SIZE]).unwrap().is_last).collect();
    assert_eq!(last, [false, false, true]);
}

#[test]
fn the_same_seed_gives_the_same_reply_however_it_is_interrupted() {
    let source = || GrammarSource::regex("[a-z]{40}");
    let reply = |seed| random_reply(grammar(source()), seed);
    assert_eq!(reply(3), reply(3));
    assert_ne!(reply(3), reply(4));
    // Two at once, a token at a time.
    let settings = Sampling { temperature: 1.0, ..Sampling::default() };
    let start = |seed| Sampler::new(&settings, seed, &[]).constrained_by(grammar(source())).unwrap();
    let logits: Vec<f32> = (0..VOCABULARY_SIZE).map(|i| (i as f32).sin()).collect();
    let run = |sampler: &mut Sampler| sampler.sample(&logits).unwrap().token;
    let (mut alone, mut first, mut second) = (start(3), start(3), start(9));
    let expected: Vec<_> = (0..40).map(|_| run(&mut alone)).collect();
    let interleaved: Vec<_> = (0..40).map(|_| (run(&mut first), run(&mut second)).0).collect();
    assert_eq!(interleaved, expected);
}

#[test]
fn a_grammar_that_forbids_nothing_changes_no_token() {
    let settings = Sampling { temperature: 1.0, top_p: 0.9, ..Sampling::default() };
    let anything = grammar(GrammarSource::regex(r"[\x00-\x7F]*"));
    let mut held = Sampler::new(&settings, 5, &[]).constrained_by(anything).unwrap();
    let mut free = Sampler::new(&settings, 5, &[]);
    let logits: Vec<f32> = (0..VOCABULARY_SIZE).map(|i| if i < 128 { (i as f32).sin() } else { -20.0 }).collect();
    for _ in 0..50 {
        assert_eq!(held.sample(&logits).unwrap(), free.sample(&logits).unwrap());
    }
}

#[test]
fn replies_match_regular_expressions() {
    for seed in 0..20 {
        let reply = random_reply(grammar(GrammarSource::regex(r"\d{4}-(0[1-9]|1[0-2])( (äö|/)+)?")), seed);
        let (date, rest) = reply.split_at(7);
        assert!(date[..4].bytes().all(|byte| byte.is_ascii_digit()), "{reply}");
        assert!(rest.is_empty() || rest[1..].replace("äö", "").replace('/', "").is_empty(), "{reply}");
    }
}

#[test]
fn anchors_may_stand_where_they_change_nothing() {
    assert_eq!(random_reply(grammar(GrammarSource::regex("^ab$")), 1), "ab");
    let error = FACTORY.grammar(&GrammarSource::regex("a^b").unwrap()).err().unwrap();
    assert_eq!(error.field.as_deref(), Some("grammar.pattern"));
}

#[test]
fn replies_follow_lark_grammars() {
    let source = r#"
        start: sum
        sum: product | sum "+" product
        product: NUMBER | "(" sum ")"
        NUMBER: /[0-9]{1,3}/
    "#;
    for seed in 0..30 {
        let reply = random_reply(grammar(GrammarSource::lark(source)), seed);
        let mut rest = reply.as_bytes();
        assert!(reads_sum(&mut rest) && rest.is_empty(), "{reply}");
    }
}

fn reads_sum(rest: &mut &[u8]) -> bool {
    loop {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits > 3 {
            return false;
        }
        *rest = &rest[digits..];
        if digits == 0 {
            let Some(inner) = rest.strip_prefix(b"(") else { return false };
            *rest = inner;
            if !reads_sum(rest) {
                return false;
            }
            let Some(behind) = rest.strip_prefix(b")") else { return false };
            *rest = behind;
        }
        match rest.strip_prefix(b"+") {
            Some(next) => *rest = next,
            None => return true,
        }
    }
}

#[test]
fn text_that_spells_a_special_token_is_written_as_text() {
    for text in ["<|im_end|>", "<|endoftext|>", "a <|im_start|> b"] {
        let reply = random_reply(grammar(GrammarSource::json_schema(json!({"const": text}))), 1);
        assert_eq!(serde_json::from_str::<Value>(&reply).unwrap(), json!(text));
    }
}

#[test]
fn any_token_can_be_the_end_and_any_number_of_them() {
    let tokenizer = Arc::new(byte_tokenizer());
    // mistralrs makes its factory like this; of these tokens it takes 256 for the end.
    let bytes = ByteTokenizer::from_tokenizer(byte_tokenizer()).unwrap();
    let env = ByteTokenizerEnv::new(bytes, None).unwrap().to_env();
    let shared = Arc::new(ParserFactory::new_simple(&env).unwrap());
    for ends in [vec![258], vec![256, 258], vec![257, 256, 258], vec![], vec![7, 4000]] {
        for factory in [
            GrammarFactory::new(tokenizer.clone(), ends.clone()),
            GrammarFactory::sharing(shared.clone(), ends.clone()),
        ] {
            let mut grammar = factory.grammar(&GrammarSource::regex("a*").unwrap()).unwrap();
            commit(&mut grammar, "a");
            let mut expected = [&[97], &ends[..]].concat();
            expected.retain(|&token| token < 4000);
            expected.sort();
            assert_eq!(allowed(&mut grammar), expected);
        }
    }
}

#[test]
fn an_end_token_is_no_text_even_if_it_is_a_common_word() {
    let mut tokenizer = byte_tokenizer();
    tokenizer.add_tokens(&[AddedToken::from("stop", false)]);
    let factory = GrammarFactory::new(Arc::new(tokenizer), vec![259]);
    let mut grammar = factory.grammar(&GrammarSource::regex("(stop)*").unwrap()).unwrap();
    commit(&mut grammar, "sto");
    assert_eq!(allowed(&mut grammar), [u32::from(b'p')]);
    commit(&mut grammar, "p");
    assert_eq!(allowed(&mut grammar), [u32::from(b's'), 259]);
}

#[test]
fn a_vocabulary_with_bytes_to_fall_back_on_is_held_to_its_text() {
    // As in Llama 2, Mistral and Gemma: spaces are written as U+2581, and what has no token as bytes.
    let mut vocabulary = json!({"<unk>": 0, "<s>": 1, "</s>": 2});
    (0..256).for_each(|byte| vocabulary[format!("<0x{byte:02X}>")] = json!(byte + 3));
    for (id, token) in (259..).zip(["\u{2581}", "a", "b", "\u{2581}a", "ab", "\"", "{", "}", ":", "\u{2581}b\""]) {
        vocabulary[token] = json!(id);
    }
    let special = ["<unk>", "<s>", "</s>"].iter().enumerate().map(|(id, content)| {
        json!({"id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true})
    });
    let special: Vec<Value> = special.collect();
    let tokenizer: Tokenizer = json!({
        "version": "1.0",
        "added_tokens": special,
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u{2581}"},
            {"type": "Replace", "pattern": {"String": " "}, "content": "\u{2581}"}]},
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "\u{2581}"}, "content": " "}, {"type": "ByteFallback"},
            {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
        "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true, "vocab": vocabulary,
            "merges": []},
    })
    .to_string()
    .parse()
    .unwrap();
    let tokenizer = Arc::new(tokenizer);
    let factory = GrammarFactory::new(Arc::clone(&tokenizer), vec![2]);
    let schema = json!({"type": "object", "properties": {"ä b": {"enum": ["a b", "b a", "ab"]}}, "required": ["ä b"],
        "additionalProperties": false});
    let source = GrammarSource::json_schema(schema).unwrap();
    for seed in 0..20 {
        let settings = Sampling { temperature: 1.0, ..Sampling::default() };
        let grammar = factory.grammar(&source).unwrap();
        let mut sampler = Sampler::new(&settings, seed, &[]).constrained_by(grammar).unwrap();
        let mut detokenizer = Detokenizer::new(Arc::clone(&tokenizer), true);
        let mut reply = String::new();
        for _ in 0..1000 {
            let sampled = sampler.sample(&[0.0; 269]).unwrap();
            if sampled.token == 2 {
                break;
            }
            reply += &detokenizer.push(sampled.token).unwrap();
            if sampled.is_last {
                break;
            }
        }
        let value: Value = serde_json::from_str(&reply).unwrap_or_else(|e| panic!("{e}: {reply:?}"));
        assert!(["a b", "b a", "ab"].contains(&value["ä b"].as_str().unwrap()), "{reply}");
    }
}

#[test]
fn a_tokenizer_that_hides_its_bytes_is_refused_as_such() {
    let tokenizer = Tokenizer::new(tokenizers::models::wordlevel::WordLevel::default());
    let factory = GrammarFactory::new(Arc::new(tokenizer), vec![0]);
    let error = factory.grammar(&GrammarSource::regex("a").unwrap()).err().unwrap();
    assert_eq!(error.code, ErrorCode::UnsupportedModel);
}
