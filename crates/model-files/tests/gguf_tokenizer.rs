//! Tokenizers built from GGUF files.

mod gguf_writer;

use std::path::Path;

use gguf_writer::*;
use tramontane_error::ErrorCode;
use tramontane_model_files::{GgufHeader, GgufTokenizer, build_tokenizer};

fn header(file: &GgufWriter) -> GgufHeader {
    let bytes = file.bytes();
    GgufHeader::parse(&bytes[..], bytes.len() as u64, Path::new("tiny.gguf")).unwrap()
}

fn build(file: &GgufWriter) -> GgufTokenizer {
    build_tokenizer(&header(file)).unwrap().unwrap()
}

fn tokens(built: &GgufTokenizer, text: &str) -> Vec<String> {
    built.tokenizer.encode(text, true).unwrap().get_tokens().to_vec()
}

/// Byte-level BPE. `Ġ` is how GPT-2's alphabet writes a space.
fn byte_level(pre: &str) -> GgufWriter {
    let mut file = GgufWriter::llama(&["<s>", "</s>", "<tool>", "1", "2", "12", "Ġ", "a", "Ġa", "aa", "aaa", "Ċ"]);
    file.set("tokenizer.ggml.pre", string_value(pre));
    file.set("tokenizer.ggml.merges", strings_value(&["1 2", "Ġ a", "a a"]));
    file.set("tokenizer.ggml.token_type", i32s_value(&[3, 3, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1]));
    file.set("tokenizer.ggml.bos_token_id", u32_value(0));
    file.set("tokenizer.ggml.eos_token_id", u32_value(1));
    file
}

#[test]
fn the_pre_tokenizer_decides_how_digits_are_split() {
    assert_eq!(tokens(&build(&byte_level("gpt-2")), "12 a"), ["12", "Ġa"]);
    assert_eq!(tokens(&build(&byte_level("smollm")), "12 a"), ["1", "2", "Ġa"]);
    assert_eq!(tokens(&build(&byte_level("qwen2")), "12\n"), ["1", "2", "Ċ"]);
}

#[test]
fn whole_pieces_are_taken_as_tokens_where_merges_are_to_be_ignored() {
    assert_eq!(tokens(&build(&byte_level("gpt-2")), "aaa"), ["aa", "a"]);
    assert_eq!(tokens(&build(&byte_level("llama-bpe")), "aaa"), ["<s>", "aaa"]);
}

#[test]
fn special_and_user_defined_tokens_are_found_in_text() {
    let built = build(&byte_level("smollm"));
    assert_eq!(tokens(&built, "a</s>12<tool>"), ["a", "</s>", "1", "2", "<tool>"]);
    let ids = built.tokenizer.encode("a</s><tool>", false).unwrap().get_ids().to_vec();
    assert_eq!(ids, [7, 1, 2]);
    assert_eq!(built.tokenizer.decode(&ids, true).unwrap(), "a<tool>");
    assert_eq!(built.tokenizer.decode(&ids, false).unwrap(), "a</s><tool>");
}

#[test]
fn bos_and_eos_are_put_where_the_file_says_so() {
    let mut file = byte_level("gpt-2");
    assert!(!build(&file).adds_bos);
    file.set("tokenizer.ggml.add_bos_token", bool_value(true));
    file.set("tokenizer.ggml.add_eos_token", bool_value(true));
    let built = build(&file);
    assert!(built.adds_bos);
    assert_eq!(tokens(&built, "a"), ["<s>", "a", "</s>"]);
    assert_eq!(built.tokenizer.encode("a", false).unwrap().get_tokens(), ["a"]);

    let mut file = byte_level("llama-bpe");
    assert!(build(&file).adds_bos);
    file.set("tokenizer.ggml.add_bos_token", bool_value(false));
    assert_eq!(tokens(&build(&file), "a"), ["a"]);
    file.unset("tokenizer.ggml.add_bos_token");
    file.unset("tokenizer.ggml.bos_token_id");
    assert!(!build(&file).adds_bos);
}

#[test]
fn what_is_guessed_is_said() {
    assert_eq!(build(&byte_level("smollm")).warnings, [] as [&str; 0]);
    let guessed = build(&byte_level("brand-new"));
    assert!(guessed.warnings[0].contains("\"brand-new\""), "{:?}", guessed.warnings);
    assert_eq!(tokens(&guessed, "12 a"), ["12", "Ġa"]);
    let mut file = byte_level("default");
    assert!(build(&file).warnings[0].contains("does not name"));
    file.set("tokenizer.ggml.merges", strings_value(&["1 2", "a b"]));
    assert!(build(&file).warnings[1].contains("1 merges"));
}

#[test]
fn a_tokenizer_that_cannot_be_built_is_refused() {
    let mut file = byte_level("gpt-2");
    file.set("tokenizer.ggml.model", string_value("bert"));
    assert_eq!(build_tokenizer(&header(&file)).unwrap_err().code, ErrorCode::UnsupportedModel);
    file.set("tokenizer.ggml.model", string_value("replit"));
    assert!(build_tokenizer(&header(&file)).unwrap().is_none());
    file.set("tokenizer.ggml.model", string_value("llama"));
    assert!(build_tokenizer(&header(&file)).unwrap_err().message.contains("scores is missing"));
    file.set("tokenizer.ggml.model", string_value("gpt2"));
    file.unset("tokenizer.ggml.merges");
    assert!(build_tokenizer(&header(&file)).unwrap_err().message.contains("merges is missing"));
    file.unset("tokenizer.ggml.tokens");
    file.unset("tokenizer.ggml.token_type");
    assert_eq!(build_tokenizer(&header(&file)).unwrap_err().code, ErrorCode::InvalidModel);
}

/// SentencePiece BPE: the joined token's score decides what is merged first. `▁` is how it writes a space.
fn sentencepiece() -> GgufWriter {
    let tokens = ["<unk>", "<s>", "</s>", "<0x0A>", "<0xC3>", "<0xA9>", "▁a", "bc", "ab", "▁", "a", "b", "c"];
    let scores = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0, -2.0, -3.0, -4.0, -5.0, -6.0, -7.0];
    let mut file = GgufWriter::llama(&tokens);
    file.set("tokenizer.ggml.model", string_value("llama"));
    file.set("tokenizer.ggml.scores", f32s_value(&scores));
    file.set("tokenizer.ggml.token_type", i32s_value(&[2, 3, 3, 6, 6, 6, 1, 1, 1, 1, 1, 1, 1]));
    file.set("tokenizer.ggml.unknown_token_id", u32_value(0));
    file.set("tokenizer.ggml.bos_token_id", u32_value(1));
    file.set("tokenizer.ggml.eos_token_id", u32_value(2));
    file
}

#[test]
fn sentencepiece_merges_by_score_and_spells_the_rest_in_bytes() {
    let built = build(&sentencepiece());
    assert_eq!(tokens(&built, "abc"), ["<s>", "▁a", "bc"]);
    assert_eq!(tokens(&built, "a\né"), ["<s>", "▁a", "<0x0A>", "<0xC3>", "<0xA9>"]);
    let ids = built.tokenizer.encode("a bc\né</s>", true).unwrap().get_ids().to_vec();
    assert_eq!(built.tokenizer.decode(&ids, true).unwrap(), "a bc\né");

    let mut file = sentencepiece();
    file.set("tokenizer.ggml.add_space_prefix", bool_value(false));
    file.set("tokenizer.ggml.add_bos_token", bool_value(false));
    assert_eq!(tokens(&build(&file), "abc"), ["a", "bc"]);
}

#[test]
fn a_score_that_is_no_number_does_no_harm() {
    let mut file = sentencepiece();
    file.set("tokenizer.ggml.scores", f32s_value(&[f32::NAN; 13]));
    assert!(!tokens(&build(&file), "abc").is_empty());
}

/// SmolLM2's own file, where it has been fetched: expectations from its published tokenizer.json.
#[test]
fn smollm2_encodes_as_published() {
    let Some(home) = std::env::home_dir() else { return };
    let Ok(entries) = std::fs::read_dir(home.join(".cache/tramontane/models")) else { return };
    let is_smollm2 =
        |path: &Path| path.to_string_lossy().contains("SmolLM2") && path.extension() == Some("gguf".as_ref());
    let Some(path) = entries.flatten().map(|entry| entry.path()).find(|path| is_smollm2(path)) else { return };
    let header = GgufHeader::read(&path).unwrap();
    let built = build_tokenizer(&header).unwrap().unwrap();
    assert_eq!(built.warnings, [] as [&str; 0]);
    assert!(!built.adds_bos);
    let ids = |text: &str| built.tokenizer.encode(text, true).unwrap().get_ids().to_vec();
    assert_eq!(ids("Hello 12345 world"), [19556, 216, 33, 34, 35, 36, 37, 905]);
    let chat = "<|im_start|>user\nhi<|im_end|>";
    assert_eq!(ids(chat), [1, 4093, 198, 6004, 2]);
    assert_eq!(built.tokenizer.decode(&ids(chat), false).unwrap(), chat);
}
