//! What reading a GGUF header finds, and what it refuses.

mod gguf_writer;

use std::path::Path;

use gguf_writer::*;
use tramontane_error::{Error, ErrorCode};
use tramontane_model_files::{Array, GgufHeader, Value};

const TOKENS: [&str; 4] = ["a", "b", "ab", "<|end|>"];

fn read(bytes: &[u8]) -> Result<GgufHeader, Error> {
    GgufHeader::parse(bytes, bytes.len() as u64, Path::new("tiny.gguf"))
}

fn changed(change: impl FnOnce(&mut GgufWriter)) -> Result<GgufHeader, Error> {
    let mut file = GgufWriter::llama(&TOKENS);
    change(&mut file);
    read(&file.bytes())
}

#[track_caller]
fn assert_refused(outcome: Result<GgufHeader, Error>, code: ErrorCode, part: &str) {
    let error = outcome.expect_err(part);
    assert_eq!(error.code, code, "{error}");
    assert_eq!(error.file.as_deref(), Some("tiny.gguf"));
    assert!(error.message.contains(part), "{part:?} is not in: {error}");
}

#[test]
fn a_sound_file_says_what_it_holds() {
    let header = changed(|file| {
        file.set("tokenizer.ggml.token_type", i32s_value(&[1, 1, 1, 3]));
        file.set("tokenizer.ggml.merges", strings_value(&["a b"]));
        file.set("tokenizer.ggml.eos_token_id", u32_value(3));
        file.set("tokenizer.ggml.padding_token_id", u32_value(u32::MAX));
        file.set("tokenizer.ggml.add_bos_token", bool_value(false));
        file.set("general.odd", array_value(9, 2, &[array(0, 2, &[1, 2]), array(7, 1, &[1])].concat()));
    })
    .unwrap();
    assert_eq!(header.architecture, "llama");
    assert_eq!(header.name.as_deref(), Some("Tiny"));
    assert_eq!(header.chat_template.as_deref(), Some("{{ messages }}"));
    assert_eq!(header.quantization, "Q8_0");
    assert_eq!(header.parameter_count, 4 * 32 + 3 * 32 + 2 * 1024 + 2 * 512 + 3 * 2048);
    let dimensions = &header.dimensions;
    assert_eq!((dimensions.context_length, dimensions.block_count, dimensions.embedding_length), (64, 1, 32));
    assert_eq!((dimensions.head_count, dimensions.head_count_kv, dimensions.head_length), (2, 1, 16));
    assert_eq!(dimensions.vocabulary_size, 4);
    let vocabulary = header.vocabulary.unwrap();
    assert_eq!(vocabulary.tokens.iter().collect::<Vec<_>>(), TOKENS);
    assert_eq!(vocabulary.tokens.get(4), None);
    assert_eq!((vocabulary.token_type(3), vocabulary.eos_token_id, vocabulary.padding_token_id), (3, Some(3), None));
    assert_eq!(vocabulary.add_bos_token, Some(false));
    let odd = Array::Array(vec![Array::U8(vec![1, 2]), Array::Bool(vec![true])]);
    assert_eq!(header.metadata["general.odd"], Value::Array(odd));
}

#[test]
fn a_file_that_is_no_gguf_is_named_for_what_it_is() {
    assert_refused(read(b""), ErrorCode::InvalidModel, "empty");
    assert_refused(read(b"PK\x03\x04 and so on"), ErrorCode::InvalidModel, "does not begin with");
    assert_refused(read(b"version https://git-lfs.github.com/spec/v1"), ErrorCode::InvalidModel, "git lfs pull");
    assert_refused(read(b"tjgg\x01\x00\x00\x00"), ErrorCode::InvalidModel, "GGML format");
    assert_refused(changed(|file| file.version = 1), ErrorCode::InvalidModel, "version 1");
    assert_refused(changed(|file| file.version = 4), ErrorCode::InvalidModel, "version 4");
    assert_refused(changed(|file| file.version = 3_u32.swap_bytes()), ErrorCode::InvalidModel, "big-endian");
    assert!(changed(|file| file.version = 2).is_ok());
    let missing = GgufHeader::read(Path::new("/no/such.gguf")).unwrap_err();
    assert_eq!((missing.code, missing.file.as_deref()), (ErrorCode::ModelNotFound, Some("/no/such.gguf")));
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let (bytes, data_start) = GgufWriter::llama(&TOKENS).bytes_and_data_start();
    // Every byte of the header, and places all over the weights.
    for length in (0..data_start).chain((data_start..bytes.len()).step_by(61)) {
        let error = read(&bytes[..length]).expect_err("a part of a file passed for the whole");
        assert_eq!(error.code, ErrorCode::InvalidModel);
        if length >= 8 {
            let told = format!("cut short: {length} bytes are there, at least ");
            assert!(error.message.contains(&told), "{error}");
        }
    }
    assert!(read(&bytes).is_ok());
}

#[test]
fn a_cut_in_the_weights_is_told_with_the_whole_length() {
    let bytes = GgufWriter::llama(&TOKENS).bytes();
    let told = format!("at least {} are needed", bytes.len());
    assert_refused(read(&bytes[..bytes.len() - 1]), ErrorCode::InvalidModel, &told);
}

#[test]
fn absurd_counts_and_lengths_are_refused() {
    for (count, at) in [(u64::MAX, 8), (1 << 40, 8), (u64::MAX, 16), (1 << 40, 16)] {
        let mut bytes = GgufWriter::llama(&TOKENS).bytes();
        bytes[at..at + 8].copy_from_slice(&count.to_le_bytes());
        assert!(read(&bytes).is_err());
    }
    for count in [u64::MAX, u64::MAX / 8, 1 << 60, 1 << 32] {
        for kind in 0..=12 {
            let value = array_value(kind, count, &[]);
            assert!(changed(|file| file.set("general.array", value)).is_err(), "{count} of type {kind}");
        }
        let value = [&8_u32.to_le_bytes()[..], &count.to_le_bytes()].concat();
        assert!(changed(|file| file.set("general.string", value)).is_err());
    }
    assert_refused(changed(|file| file.set("x", 13_u32.to_le_bytes().to_vec())), ErrorCode::InvalidModel, "type 13");
    let two = [&7_u32.to_le_bytes()[..], &[2]].concat();
    assert_refused(changed(|file| file.set("x", two)), ErrorCode::InvalidModel, "boolean");
}

#[test]
fn arrays_nested_too_deep_are_refused() {
    let nested = |depth: usize| {
        let mut inner = array(0, 0, &[]);
        for _ in 0..depth {
            inner = array(9, 1, &inner);
        }
        [&9_u32.to_le_bytes()[..], &inner].concat()
    };
    assert!(changed(|file| file.set("x", nested(10))).is_ok());
    assert_refused(changed(|file| file.set("x", nested(17))), ErrorCode::InvalidModel, "nested");
    assert_refused(changed(|file| file.set("x", nested(2_000))), ErrorCode::InvalidModel, "nested");
}

#[test]
fn names_that_are_there_twice_are_refused() {
    assert_refused(
        changed(|file| file.keys.push(("general.name".into(), string_value("x")))),
        ErrorCode::InvalidModel,
        "general.name is there twice",
    );
    assert_refused(
        changed(|file| file.tensors.push(("output_norm.weight".into(), vec![32], F32, 128))),
        ErrorCode::InvalidModel,
        "output_norm.weight is there twice",
    );
}

#[test]
fn tensors_that_cannot_be_are_refused() {
    let with = |dimensions: Vec<u64>, kind: u32| changed(|file| file.tensors.push(("x".into(), dimensions, kind, 0)));
    assert_refused(with(vec![], F32), ErrorCode::InvalidModel, "0 dimensions");
    assert_refused(with(vec![1; 5], F32), ErrorCode::InvalidModel, "5 dimensions");
    assert_refused(with(vec![0, 4], F32), ErrorCode::InvalidModel, "impossible shape");
    assert_refused(with(vec![u64::MAX, 2], F32), ErrorCode::InvalidModel, "impossible shape");
    assert_refused(with(vec![u64::MAX], F32), ErrorCode::InvalidModel, "impossible shape");
    assert_refused(with(vec![1 << 61], F32), ErrorCode::InvalidModel, "impossible shape");
    assert_refused(with(vec![33], Q8_0), ErrorCode::InvalidModel, "multiple of");
    assert_refused(with(vec![4], 4), ErrorCode::InvalidModel, "number type 4");
    assert_refused(with(vec![1 << 40], F32), ErrorCode::InvalidModel, "cut short");
    assert_refused(changed(|file| file.alignment = 8), ErrorCode::InvalidModel, "not a multiple of 32");
    assert_refused(changed(|file| file.set("general.alignment", u32_value(0))), ErrorCode::InvalidModel, "alignment");
    let aligned = changed(|file| {
        file.alignment = 64;
        file.set("general.alignment", u32_value(64));
    });
    assert!(aligned.is_ok());
}

#[test]
fn an_architecture_the_engine_does_not_run_is_named_with_those_it_runs() {
    let outcome = changed(|file| file.set("general.architecture", string_value("gemma3")));
    assert_refused(
        outcome,
        ErrorCode::UnsupportedModel,
        "\"gemma3\"; from GGUF files the engine runs llama, mistral3,",
    );
    // The engine's loaders compare the name as it is.
    let outcome = changed(|file| file.set("general.architecture", string_value("LLaMA")));
    assert_refused(outcome, ErrorCode::UnsupportedModel, "LLaMA");
    assert_refused(changed(|file| file.unset("general.architecture")), ErrorCode::InvalidModel, "is missing");
    assert_refused(
        changed(|file| file.set("general.architecture", u32_value(1))),
        ErrorCode::InvalidModel,
        "general.architecture",
    );
}

#[test]
fn number_types_the_engine_does_not_read_are_named() {
    for (id, name) in [(20, "IQ4_NL"), (39, "MXFP4"), (26, "I32"), (34, "TQ1_0")] {
        let outcome = changed(|file| file.tensors.push(("x".into(), vec![256], id, 1024)));
        assert_refused(outcome, ErrorCode::UnsupportedModel, &format!("the tensor x is {name}"));
    }
}

#[test]
fn a_split_model_is_refused_with_the_way_out() {
    let two = [&2_u32.to_le_bytes()[..], &2_u16.to_le_bytes()].concat();
    assert_refused(changed(|file| file.set("split.count", two)), ErrorCode::UnsupportedModel, "--merge");
    let one = [&2_u32.to_le_bytes()[..], &1_u16.to_le_bytes()].concat();
    assert!(changed(|file| file.set("split.count", one)).is_ok());
}

#[test]
fn every_key_the_engine_unwraps_must_be_there_and_of_its_type() {
    for key in [
        "block_count",
        "context_length",
        "embedding_length",
        "attention.head_count",
        "attention.head_count_kv",
        "rope.dimension_count",
        "attention.layer_norm_rms_epsilon",
    ] {
        let key = format!("llama.{key}");
        let code = if key.ends_with("kv") { ErrorCode::UnsupportedModel } else { ErrorCode::InvalidModel };
        assert_refused(changed(|file| file.unset(&key)), code, &format!("{key} is missing"));
        assert_refused(changed(|file| file.set(&key, string_value("2"))), ErrorCode::InvalidModel, &key);
        if !key.ends_with("epsilon") {
            assert_refused(changed(|file| file.set(&key, u32_value(0))), ErrorCode::InvalidModel, &key);
            assert_refused(changed(|file| file.set(&key, u32_value(u32::MAX))), ErrorCode::InvalidModel, "");
        }
    }
    let per_layer = |file: &mut GgufWriter| file.set("llama.attention.head_count_kv", i32s_value(&[1]));
    assert_refused(changed(per_layer), ErrorCode::UnsupportedModel, "different");
    let wide = |file: &mut GgufWriter| file.set("llama.attention.key_length", u32_value(24));
    assert_refused(changed(wide), ErrorCode::UnsupportedModel, "different widths");
    let partial = |file: &mut GgufWriter| file.set("llama.rope.dimension_count", u32_value(8));
    assert_refused(changed(partial), ErrorCode::UnsupportedModel, "rotated");
    let nan = |file: &mut GgufWriter| file.set("llama.attention.layer_norm_rms_epsilon", f32_value(f32::NAN));
    assert_refused(changed(nan), ErrorCode::InvalidModel, "NaN");
}

#[test]
fn every_tensor_the_engine_needs_must_be_there_in_shape() {
    let names: Vec<_> = GgufWriter::llama(&TOKENS).tensors.into_iter().map(|(name, ..)| name).collect();
    for name in names {
        assert_refused(changed(|file| file.remove_tensor(&name)), ErrorCode::InvalidModel, &name);
        assert_refused(changed(|file| file.tensor(&name, &[64, 1], F32)), ErrorCode::InvalidModel, &name);
    }
    assert_refused(changed(|file| file.set("llama.block_count", u32_value(2))), ErrorCode::InvalidModel, "blk.1.");
    assert!(changed(|file| file.tensor("output.weight", &[32, 4], Q8_0)).is_ok());
    assert_refused(
        changed(|file| file.tensor("output.weight", &[32, 5], Q8_0)),
        ErrorCode::InvalidModel,
        "output.weight",
    );
    let few = |file: &mut GgufWriter| file.tensor("token_embd.weight", &[32, 3], Q8_0);
    assert_refused(changed(few), ErrorCode::InvalidModel, "4 tokens, but only 3 embeddings");
}

#[test]
fn a_mixture_of_experts_needs_all_its_experts() {
    let mixture = |file: &mut GgufWriter| {
        file.set("llama.expert_count", u32_value(2));
        file.set("llama.expert_used_count", u32_value(1));
        file.tensor("blk.0.ffn_gate_inp.weight", &[32, 2], F32);
        file.tensor("blk.0.ffn_gate_exps.weight", &[32, 64, 2], Q8_0);
        file.tensor("blk.0.ffn_up_exps.weight", &[32, 64, 2], Q8_0);
        file.tensor("blk.0.ffn_down_exps.weight", &[64, 32, 2], Q8_0);
    };
    assert_eq!(changed(mixture).unwrap().dimensions.expert_count, 2);
    let changed_mixture = |change: &dyn Fn(&mut GgufWriter)| {
        changed(|file| {
            mixture(file);
            change(file);
        })
    };
    let three = changed_mixture(&|file| file.set("llama.expert_used_count", u32_value(3)));
    assert_refused(three, ErrorCode::InvalidModel, "3 of 2 experts");
    let none = changed_mixture(&|file| file.unset("llama.expert_used_count"));
    assert_refused(none, ErrorCode::InvalidModel, "expert_used_count is missing");
    let thin = changed_mixture(&|file| file.tensor("blk.0.ffn_up_exps.weight", &[32, 64, 1], Q8_0));
    assert_refused(thin, ErrorCode::InvalidModel, "ffn_up_exps");
}

#[test]
fn a_vocabulary_that_contradicts_itself_is_refused() {
    let with = |key: &str, value: Vec<u8>| changed(|file| file.set(&format!("tokenizer.ggml.{key}"), value));
    assert_refused(with("token_type", i32s_value(&[1])), ErrorCode::InvalidModel, "token_type");
    assert_refused(with("scores", f32s_value(&[1.0; 5])), ErrorCode::InvalidModel, "scores");
    assert_refused(with("merges", strings_value(&["ab"])), ErrorCode::InvalidModel, "not a pair");
    assert_refused(with("eos_token_id", u32_value(4)), ErrorCode::InvalidModel, "eos_token_id is 4");
    assert_refused(with("bos_token_id", string_value("a")), ErrorCode::InvalidModel, "bos_token_id");
    assert_refused(with("add_bos_token", u32_value(1)), ErrorCode::InvalidModel, "add_bos_token");
    assert_refused(with("tokens", i32s_value(&[1])), ErrorCode::InvalidModel, "tokens");
    assert!(changed(|file| file.unset("tokenizer.ggml.tokens")).unwrap().vocabulary.is_none());
}

/// The tensors of one layer that an architecture's loader asks for beside the norms: name and shape, with 32 the
/// width, two heads of 16, one for keys, and 64 inside the feed-forward part.
fn of_architecture(architecture: &str) -> GgufWriter {
    let mut file = GgufWriter::llama(&TOKENS);
    for (key, _) in &mut file.keys {
        *key = key.replace("llama.", &format!("{architecture}."));
    }
    file.set("general.architecture", string_value(architecture));
    if matches!(architecture, "llama" | "mistral3") {
        return file;
    }
    let mut linear = |names: &[(&str, u64, u64)], bias: bool| {
        for &(name, input, output) in names {
            file.tensor(&format!("blk.0.{name}.weight"), &[input, output], Q8_0);
            if bias {
                file.tensor(&format!("blk.0.{name}.bias"), &[output], F32);
            }
        }
    };
    let fused: [(&str, u64, u64); 4] =
        [("attn_qkv", 32, 64), ("attn_output", 32, 32), ("ffn_up", 32, 64), ("ffn_down", 64, 32)];
    match architecture {
        "phi2" => linear(&fused, true),
        "phi3" => linear(&[fused[0], fused[1], ("ffn_up", 32, 128), fused[3]], false),
        "starcoder2" => {
            linear(&[("attn_q", 32, 32), ("attn_k", 32, 16), ("attn_v", 32, 16), fused[1], fused[2], fused[3]], true);
        }
        _ => linear(&[("attn_q", 32, 32), ("attn_k", 32, 16), ("attn_v", 32, 16)], architecture == "qwen2"),
    }
    let unused: &[&str] = match architecture {
        "phi2" | "phi3" => &["attn_q", "attn_k", "attn_v", "ffn_gate"],
        "starcoder2" => &["ffn_gate"],
        "qwen3moe" => &["ffn_gate", "ffn_up", "ffn_down"],
        _ => &[],
    };
    unused.iter().for_each(|name| file.remove_tensor(&format!("blk.0.{name}.weight")));
    let norms: &[(&str, u64)] = match architecture {
        "phi2" => &[("output_norm.bias", 32), ("blk.0.attn_norm.bias", 32)],
        "starcoder2" => &[("output_norm.bias", 32), ("blk.0.attn_norm.bias", 32), ("blk.0.ffn_norm.bias", 32)],
        "qwen3" | "qwen3moe" => &[("blk.0.attn_q_norm.weight", 16), ("blk.0.attn_k_norm.weight", 16)],
        _ => &[],
    };
    norms.iter().for_each(|&(name, size)| file.tensor(name, &[size], F32));
    if matches!(architecture, "phi2" | "phi3" | "starcoder2") {
        file.tensor("output.weight", &[32, 4], Q8_0);
    }
    if architecture == "phi2" {
        file.tensor("output.bias", &[4], F32);
        file.remove_tensor("blk.0.ffn_norm.weight");
    }
    if architecture == "starcoder2" {
        file.set("starcoder2.attention.layer_norm_epsilon", f32_value(1e-5));
    }
    if architecture == "qwen3moe" {
        for (key, value) in [("expert_count", 2), ("expert_used_count", 1), ("expert_feed_forward_length", 64)] {
            file.set(&format!("qwen3moe.{key}"), u32_value(value));
        }
        file.tensor("blk.0.ffn_gate_inp.weight", &[32, 2], F32);
        file.tensor("blk.0.ffn_gate_exps.weight", &[32, 64, 2], Q8_0);
        file.tensor("blk.0.ffn_up_exps.weight", &[32, 64, 2], Q8_0);
        file.tensor("blk.0.ffn_down_exps.weight", &[64, 32, 2], Q8_0);
    }
    file
}

#[test]
fn each_architecture_is_accepted_with_the_tensors_its_loader_asks_for() {
    for architecture in ["llama", "mistral3", "phi2", "phi3", "starcoder2", "qwen2", "qwen3", "qwen3moe"] {
        let file = of_architecture(architecture);
        let header = read(&file.bytes()).unwrap_or_else(|error| panic!("{architecture}: {error}"));
        assert_eq!(header.architecture, architecture);
        for (name, ..) in &file.tensors {
            let mut without = file.clone();
            without.remove_tensor(name);
            let optional = architecture == "qwen2" && name.ends_with(".bias");
            assert_eq!(read(&without.bytes()).is_ok(), optional, "{architecture} without {name}");
        }
    }
    let mut file = of_architecture("phi2");
    file.unset("phi2.attention.layer_norm_rms_epsilon");
    assert_refused(read(&file.bytes()), ErrorCode::UnsupportedModel, "layer_norm_rms_epsilon is missing");
}
