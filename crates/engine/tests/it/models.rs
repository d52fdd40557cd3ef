//! Models to test with, and reading tokens from them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use candle_core::{DType, Device, Tensor};
use serde_json::json;
use tramontane_engine::{LoadOptions, LoadedModel, load, set_threads};
use tramontane_error::Error;
use tramontane_session::{Next, Run, Sampler, Sampling, byte_tokenizer};

/// The real model.
pub fn real_model() -> PathBuf {
    std::env::var_os("TRAMONTANE_TEST_MODEL")
        .expect("TRAMONTANE_TEST_MODEL must name a GGUF file; `npm test` gets one and sets it")
        .into()
}

pub fn load_model(options: serde_json::Value) -> Result<LoadedModel, Error> {
    let options = LoadOptions::from_json(options)?;
    load(&options, set_threads(None)?, &mut |_| {}, &|| false)
}

/// What the model says to `prompt`, each token the most probable one.
pub fn greedy_tokens(model: &LoadedModel, prompt: &[u32], count: usize) -> Vec<u32> {
    let tokens = Arc::new(Mutex::new(Vec::new()));
    let taken = Arc::clone(&tokens);
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
    let run = Run { sequence: 0, tokens: prompt, prompt_length: prompt.len(), computed: 0 };
    model.backend.run(run, step).unwrap();
    let tokens = tokens.lock().unwrap();
    tokens.clone()
}

const LAYERS: usize = 2;
const HEADS: usize = 4;
const KV_HEADS: usize = 2;
const VOCABULARY: usize = 288;

/// Writes a Hugging Face folder with a tiny llama of random weights, and returns it.
pub fn write_tiny_llama(folder: &Path) -> PathBuf {
    write_llama(folder, 64)
}

/// The same with rows of `hidden` and twice as many numbers: K-quants take multiples of 256.
pub fn write_llama(folder: &Path, hidden: usize) -> PathBuf {
    write_model(folder, Family::Llama, hidden)
}

/// Architectures of nearly the same tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    Llama,
    /// Adds numbers to queries, keys and values.
    Qwen2,
    /// Normalises queries and keys.
    Qwen3,
}

/// The same for other architectures.
pub fn write_model(folder: &Path, family: Family, hidden: usize) -> PathBuf {
    let feed_forward = 2 * hidden;
    std::fs::create_dir_all(folder).unwrap();
    let device = Device::Cpu;
    let mut seed = 7u64;
    let mut random = |rows: usize, columns: usize| {
        let values: Vec<f32> = (0..rows * columns)
            .map(|_| {
                // An LCG is random enough for weights (Knuth's MMIX constants).
                seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                ((seed >> 40) as f32 / (1u64 << 24) as f32 - 0.5) * 0.6
            })
            .collect();
        Tensor::from_vec(values, (rows, columns), &device).unwrap()
    };
    let head = hidden / HEADS;
    let mut tensors = HashMap::from([
        ("model.embed_tokens.weight".to_string(), random(VOCABULARY, hidden)),
        ("lm_head.weight".to_string(), random(VOCABULARY, hidden)),
        ("model.norm.weight".to_string(), Tensor::ones(hidden, DType::F32, &device).unwrap()),
    ]);
    for layer in 0..LAYERS {
        let name = |part: &str| format!("model.layers.{layer}.{part}.weight");
        for (part, rows, columns) in [
            ("self_attn.q_proj", hidden, hidden),
            ("self_attn.k_proj", KV_HEADS * head, hidden),
            ("self_attn.v_proj", KV_HEADS * head, hidden),
            ("self_attn.o_proj", hidden, hidden),
            ("mlp.gate_proj", feed_forward, hidden),
            ("mlp.up_proj", feed_forward, hidden),
            ("mlp.down_proj", hidden, feed_forward),
        ] {
            tensors.insert(name(part), random(rows, columns));
        }
        for part in ["input_layernorm", "post_attention_layernorm"] {
            tensors.insert(name(part), Tensor::ones(hidden, DType::F32, &device).unwrap());
        }
        for (part, columns) in [("q", hidden), ("k", KV_HEADS * head), ("v", KV_HEADS * head)] {
            if family == Family::Qwen2 {
                let bias = format!("model.layers.{layer}.self_attn.{part}_proj.bias");
                tensors.insert(bias, random(1, columns).flatten_all().unwrap());
            }
            if family == Family::Qwen3 && part != "v" {
                let norm = name(&format!("self_attn.{part}_norm"));
                tensors.insert(norm, Tensor::ones(head, DType::F32, &device).unwrap());
            }
        }
    }
    candle_core::safetensors::save(&tensors, folder.join("model.safetensors")).unwrap();
    byte_tokenizer().save(folder.join("tokenizer.json"), false).unwrap();
    let (architecture, model_type) = match family {
        Family::Llama => ("LlamaForCausalLM", "llama"),
        Family::Qwen2 => ("Qwen2ForCausalLM", "qwen2"),
        Family::Qwen3 => ("Qwen3ForCausalLM", "qwen3"),
    };
    let config = json!({
        "architectures": [architecture], "model_type": model_type, "hidden_act": "silu", "head_dim": head,
        "sliding_window": null, "use_sliding_window": false, "max_window_layers": LAYERS,
        "hidden_size": hidden, "intermediate_size": feed_forward, "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS, "num_key_value_heads": KV_HEADS, "vocab_size": VOCABULARY,
        "max_position_embeddings": 512, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
        "tie_word_embeddings": false, "torch_dtype": "float32", "bos_token_id": 256, "eos_token_id": 256,
    });
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    let tokenizer_config = json!({ "eos_token": "<|endoftext|>", "chat_template": "{{ messages[0].content }}" });
    std::fs::write(folder.join("tokenizer_config.json"), tokenizer_config.to_string()).unwrap();
    folder.into()
}
