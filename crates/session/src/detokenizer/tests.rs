use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use serde_json::{Value, json};
use tokenizers::Tokenizer;

use super::Detokenizer;
use crate::byte_tokenizer::{byte_symbol, byte_tokenizer};

static BYTES: LazyLock<Arc<Tokenizer>> = LazyLock::new(|| Arc::new(byte_tokenizer()));

/// Byte-level with merges, some of which end inside a character or reach over the end of one.
static BYTE_LEVEL: LazyLock<Arc<Tokenizer>> = LazyLock::new(|| {
    let merges = ["Ġ t", "h e", "Ġt he", "ð Ł", "ðŁ ĳ", "ä ¸", "ä¸ Ń", "o Ã", "¿ ½", "½ ï", "Ø §", "â Ģ"];
    let mut vocabulary: serde_json::Map<String, Value> =
        (0..=255).map(|byte| (byte_symbol(byte).to_string(), json!(byte))).collect();
    for merge in merges {
        vocabulary.insert(merge.replace(' ', ""), json!(vocabulary.len()));
    }
    let end = vocabulary.len();
    build(json!({
        "added_tokens": [added(end, "<|end|>", true), added(end + 1, "<tool call>", false)],
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "model": {"type": "BPE", "vocab": vocabulary, "merges": merges},
    }))
});

/// As Llama 2 has it: spaces are ▁, one is put in front of the text and taken away again, unknown characters are bytes.
static FALLBACK: LazyLock<Arc<Tokenizer>> = LazyLock::new(|| {
    let (vocabulary, merges) = fallback_vocabulary();
    build(json!({
        "added_tokens": [added(0, "<unk>", true), added(1, "<s>", true), added(2, "</s>", true)],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "▁"},
            {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
        ]},
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
            {"type": "ByteFallback"}, {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0},
        ]},
        "model": {"type": "BPE", "unk_token": "<unk>", "byte_fallback": true, "fuse_unk": true,
            "vocab": vocabulary, "merges": merges},
    }))
});

/// As newer conversions of SentencePiece vocabularies have it.
static METASPACE: LazyLock<Arc<Tokenizer>> = LazyLock::new(|| {
    let (vocabulary, merges) = fallback_vocabulary();
    let metaspace = json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false});
    build(json!({
        "added_tokens": [added(0, "<unk>", true), added(1, "<s>", true), added(2, "</s>", true)],
        "pre_tokenizer": metaspace,
        "decoder": {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, metaspace]},
        "model": {"type": "BPE", "unk_token": "<unk>", "byte_fallback": true, "fuse_unk": true,
            "vocab": vocabulary, "merges": merges},
    }))
});

fn fallback_vocabulary() -> (serde_json::Map<String, Value>, Vec<String>) {
    let merges = ["▁ t", "h e", "▁t he", "▁ ▁", "م ر"];
    let tokens = ["<unk>", "<s>", "</s>"].map(str::to_owned).into_iter();
    let tokens = tokens.chain((0..=255).map(|byte| format!("<0x{byte:02X}>")));
    let tokens = tokens.chain("▁abcdehtor,.مر中".chars().map(String::from));
    let tokens = tokens.chain(merges.iter().map(|merge| merge.replace(' ', "")));
    (tokens.enumerate().map(|(id, token)| (token, json!(id))).collect(), merges.map(str::to_owned).to_vec())
}

fn added(id: usize, content: &str, special: bool) -> Value {
    json!({"id": id, "content": content, "special": special,
        "single_word": false, "lstrip": false, "rstrip": false, "normalized": false})
}

fn build(json: Value) -> Arc<Tokenizer> {
    Arc::new(Tokenizer::from_bytes(json.to_string()).unwrap())
}

fn stream(tokenizer: &Arc<Tokenizer>, tokens: &[u32], skip_special_tokens: bool) -> String {
    let mut detokenizer = Detokenizer::new(tokenizer.clone(), skip_special_tokens);
    let mut text: String = tokens.iter().map(|&token| detokenizer.push(token).unwrap()).collect();
    text.push_str(&detokenizer.finish().unwrap());
    text
}

fn encode(tokenizer: &Arc<Tokenizer>, text: &str) -> Vec<u32> {
    tokenizer.encode(text, false).unwrap().get_ids().to_vec()
}

fn id(tokenizer: &Arc<Tokenizer>, token: &str) -> u32 {
    tokenizer.token_to_id(token).unwrap()
}

#[test]
fn a_character_comes_when_its_last_byte_does() {
    let mut detokenizer = Detokenizer::new(BYTES.clone(), true);
    let outputs: Vec<String> = "a👋é".bytes().map(|byte| detokenizer.push(byte.into()).unwrap()).collect();
    assert_eq!(outputs, ["a", "", "", "", "👋", "", "é"]);
    assert_eq!(detokenizer.finish().unwrap(), "");
}

#[test]
fn a_real_replacement_character_is_not_held_back() {
    for tokenizer in [&BYTES, &BYTE_LEVEL, &FALLBACK, &METASPACE] {
        let mut detokenizer = Detokenizer::new((*tokenizer).clone(), true);
        let tokens = encode(tokenizer, "a\u{FFFD}\u{FFFD}");
        let text: String = tokens.iter().map(|&token| detokenizer.push(token).unwrap()).collect();
        assert_eq!(text, "a\u{FFFD}\u{FFFD}");
    }
}

#[test]
fn endless_invalid_bytes_make_progress_in_bounded_memory() {
    let invalid =
        [(&BYTES, 0x80), (&BYTES, 0xF0), (&FALLBACK, id(&FALLBACK, "<0x80>")), (&METASPACE, id(&METASPACE, "<0xF0>"))];
    for (tokenizer, token) in invalid {
        let mut detokenizer = Detokenizer::new((*tokenizer).clone(), true);
        let mut characters = 0;
        for pushed in 1..=1000 {
            characters += detokenizer.push(token).unwrap().chars().count();
            assert!(characters + 16 >= pushed);
            assert!(detokenizer.context.len() + detokenizer.held.len() <= 32);
        }
    }
}

#[test]
fn invalid_bytes_do_not_spoil_what_follows() {
    let byte = |byte: u8| id(&FALLBACK, &format!("<0x{byte:02X}>"));
    let mut tokens = vec![id(&FALLBACK, "a"), byte(0xE6)];
    tokens.extend("é".bytes().map(byte));
    tokens.push(id(&FALLBACK, "▁t"));
    assert_eq!(stream(&FALLBACK, &tokens, true), "a\u{FFFD}é t");
    // A valid character before: decoded together with the invalid byte, the tokenizer would lose both.
    let mut tokens: Vec<u32> = "文".bytes().map(byte).collect();
    tokens.extend([byte(0xE6), id(&FALLBACK, "▁t")]);
    assert_eq!(stream(&FALLBACK, &tokens, true), "文\u{FFFD} t");
}

#[test]
fn an_incomplete_character_ends_as_replacement_characters() {
    let mut detokenizer = Detokenizer::new(BYTES.clone(), true);
    assert_eq!(detokenizer.push(0xF0).unwrap(), "");
    assert_eq!(detokenizer.push(0x9F).unwrap(), "");
    assert_eq!(detokenizer.finish().unwrap(), "\u{FFFD}");
    assert_eq!(detokenizer.finish().unwrap(), "");
}

#[test]
fn only_the_space_in_front_of_the_text_goes() {
    for tokenizer in [&FALLBACK, &METASPACE] {
        let tokens = ["▁the", "▁", "▁", "b", "▁▁", "▁t", "</s>", "▁the"].map(|token| id(tokenizer, token));
        assert_eq!(stream(tokenizer, &tokens, true), "the  b   t the");
        assert_eq!(stream(tokenizer, &tokens, false), "the  b   t</s> the");
    }
}

#[test]
fn a_token_alone_keeps_its_space_and_its_broken_bytes() {
    let alone = |tokenizer: &Arc<Tokenizer>, token: &str| {
        Detokenizer::new(Arc::clone(tokenizer), true).alone(id(tokenizer, token))
    };
    for tokenizer in [&FALLBACK, &METASPACE] {
        assert_eq!(alone(tokenizer, "▁the"), " the");
        assert_eq!(alone(tokenizer, "<0xC3>"), "\u{fffd}");
    }
    assert_eq!(alone(&BYTES, "Ġ"), " ");
    assert_eq!(alone(&BYTES, "Ã"), "\u{fffd}");
    assert_eq!(alone(&BYTES, "<|im_end|>"), "<|im_end|>");
    assert_eq!(Detokenizer::new(Arc::clone(&BYTES), true).alone(9999), "");
}

#[test]
fn special_tokens_are_skipped_on_request_even_inside_a_character() {
    let tokens = [0xC3, 256, 0xA9, 257];
    assert_eq!(stream(&BYTES, &tokens, true), "é");
    assert_eq!(stream(&BYTES, &tokens, false), "\u{FFFD}<|endoftext|>\u{FFFD}<|im_start|>");
    let call = id(&BYTE_LEVEL, "<tool call>");
    assert_eq!(stream(&BYTE_LEVEL, &[call, id(&BYTE_LEVEL, "<|end|>")], true), "<tool call>");
}

#[test]
fn tokens_outside_the_vocabulary_give_nothing() {
    assert_eq!(stream(&BYTES, &[0xC3, 259, 0xA9, u32::MAX], true), "é");
}

#[test]
fn without_a_byte_decoder_every_token_comes_at_once() {
    let words = |decoder: Value| {
        build(json!({
            "added_tokens": [], "decoder": decoder,
            "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "new": 1, "##er": 2, "\u{FFFD}": 3}, "unk_token": "[UNK]"},
        }))
    };
    assert_eq!(stream(&words(Value::Null), &[1, 3, 1], true), "new \u{FFFD} new");
    let word_piece = words(json!({"type": "WordPiece", "prefix": "##", "cleanup": true}));
    assert_eq!(stream(&word_piece, &[1, 2, 3, 1], true), "newer \u{FFFD} new");
}

#[test]
fn a_decoder_that_panics_is_an_error() {
    let tokenizer = build(json!({
        "added_tokens": [], "decoder": {"type": "Strip", "content": " ", "start": 0, "stop": 9},
        "model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"},
    }));
    let error = Detokenizer::new(tokenizer, true).push(0);
    // Without overflow checks the library may get away with it.
    assert!(error.is_ok() || error.unwrap_err().message.contains("tokenizer.json"));
}

fn any_text() -> impl Strategy<Value = String> {
    let pieces = [
        " ",
        "  ",
        "the",
        " the",
        "o",
        "é",
        "e\u{301}",
        "中",
        "文",
        "\u{FFFD}",
        "👋",
        "👩\u{200D}👩\u{200D}👧",
        "🏳️\u{200D}🌈",
        "م",
        "رحبا",
        "नि",
        "\n",
        "▁",
        ",",
        "<0x41>",
        "\0",
        "ß",
        "𝄞",
    ];
    prop::collection::vec(
        prop_oneof![4 => prop::sample::select(pieces.to_vec()).prop_map(str::to_owned), 1 => any::<String>()],
        0..12,
    )
    .prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_outputs_joined_are_the_text_decoded_at_once(text in any_text()) {
        for tokenizer in [&BYTES, &BYTE_LEVEL, &FALLBACK, &METASPACE] {
            let tokens = encode(tokenizer, &text);
            prop_assert_eq!(stream(tokenizer, &tokens, true), tokenizer.decode(&tokens, true).unwrap());
        }
        prop_assert_eq!(stream(&BYTES, &encode(&BYTES, &text), false), text);
    }

    #[test]
    fn nothing_is_held_but_an_incomplete_character(text in any_text()) {
        for tokenizer in [&BYTES, &BYTE_LEVEL] {
            let mut detokenizer = Detokenizer::new((*tokenizer).clone(), false);
            let mut emitted = String::new();
            let tokens = encode(tokenizer, &text);
            for (pushed, &token) in tokens.iter().enumerate() {
                emitted.push_str(&detokenizer.push(token).unwrap());
                prop_assert!(text.starts_with(&emitted));
                let so_far = tokenizer.decode(&tokens[..=pushed], false).unwrap();
                prop_assert!(so_far.len() <= emitted.len() + 8, "{:?} of {:?}", emitted, so_far);
            }
        }
    }

    #[test]
    fn byte_level_tokens_of_no_text_at_all_are_decoded_alike(tokens in prop::collection::vec(0u32..290, 0..60)) {
        for tokenizer in [&BYTES, &BYTE_LEVEL] {
            for skip_special_tokens in [true, false] {
                let at_once = tokenizer.decode(&tokens, skip_special_tokens).unwrap();
                prop_assert_eq!(stream(tokenizer, &tokens, skip_special_tokens), at_once);
            }
        }
    }

    #[test]
    fn any_tokens_of_a_byte_fallback_vocabulary_are_taken(tokens in prop::collection::vec(0u32..300, 0..60)) {
        for tokenizer in [&FALLBACK, &METASPACE] {
            stream(tokenizer, &tokens, true);
        }
    }
}
