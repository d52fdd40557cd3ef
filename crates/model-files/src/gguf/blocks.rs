//! The tensors of one layer, by architecture.
//!
//! Must hold: every tensor that mistralrs 0.8.1's loader asks for is there, in the shape it computes with.

use super::architecture::GgufDimensions;
use super::checker::{Checked, Checker, invalid};

/// Checks the tensors under `block` (`blk.0`).
pub(crate) fn check_block(checker: &Checker<'_>, block: &str, dimensions: &GgufDimensions) -> Checked<()> {
    let architecture = checker.architecture;
    let embedding = dimensions.embedding_length as u64;
    let head = dimensions.head_length as u64;
    let queries = dimensions.head_count as u64 * head;
    let keys = dimensions.head_count_kv as u64 * head;
    let name = |part: &str| format!("{block}.{part}");

    checker.tensor(&name("attn_norm.weight"), &[embedding])?;
    match architecture {
        "phi2" => {
            checker.tensor(&name("attn_norm.bias"), &[embedding])?;
            checker.linear(&name("attn_qkv"), embedding, queries + 2 * keys)?;
            checker.linear(&name("attn_output"), queries, embedding)?;
            let inner = checker.rows(&name("ffn_up.weight"), embedding)?;
            checker.linear(&name("ffn_up"), embedding, inner)?;
            checker.linear(&name("ffn_down"), inner, embedding)
        }
        "phi3" => {
            checker.tensor(&name("ffn_norm.weight"), &[embedding])?;
            checker.tensor(&name("attn_qkv.weight"), &[embedding, queries + 2 * keys])?;
            checker.tensor(&name("attn_output.weight"), &[queries, embedding])?;
            let inner = checker.positive_u32("feed_forward_length")?;
            checker.tensor(&name("ffn_up.weight"), &[embedding, 2 * inner])?;
            checker.tensor(&name("ffn_down.weight"), &[inner, embedding])
        }
        "starcoder2" => {
            checker.tensor(&name("attn_norm.bias"), &[embedding])?;
            checker.tensor(&name("ffn_norm.weight"), &[embedding])?;
            checker.tensor(&name("ffn_norm.bias"), &[embedding])?;
            checker.linear(&name("attn_q"), embedding, queries)?;
            checker.linear(&name("attn_k"), embedding, keys)?;
            checker.linear(&name("attn_v"), embedding, keys)?;
            checker.linear(&name("attn_output"), queries, embedding)?;
            let inner = checker.rows(&name("ffn_up.weight"), embedding)?;
            checker.linear(&name("ffn_up"), embedding, inner)?;
            checker.linear(&name("ffn_down"), inner, embedding)
        }
        _ => {
            checker.tensor(&name("ffn_norm.weight"), &[embedding])?;
            checker.tensor(&name("attn_q.weight"), &[embedding, queries])?;
            checker.tensor(&name("attn_k.weight"), &[embedding, keys])?;
            checker.tensor(&name("attn_v.weight"), &[embedding, keys])?;
            checker.tensor(&name("attn_output.weight"), &[queries, embedding])?;
            if architecture == "qwen2" {
                checker.optional(&name("attn_q.bias"), &[queries])?;
                checker.optional(&name("attn_k.bias"), &[keys])?;
                checker.optional(&name("attn_v.bias"), &[keys])?;
            }
            match architecture {
                "qwen2" => {
                    checker.optional(&name("attn_q_norm.weight"), &[head])?;
                    checker.optional(&name("attn_k_norm.weight"), &[head])?;
                }
                "qwen3" | "qwen3moe" => {
                    checker.tensor(&name("attn_q_norm.weight"), &[head])?;
                    checker.tensor(&name("attn_k_norm.weight"), &[head])?;
                }
                _ => {}
            }
            if dimensions.expert_count > 0 {
                check_experts(checker, block, embedding, dimensions.expert_count as u64)
            } else {
                let inner = checker.rows(&name("ffn_gate.weight"), embedding)?;
                checker.tensor(&name("ffn_up.weight"), &[embedding, inner])?;
                checker.tensor(&name("ffn_down.weight"), &[inner, embedding])
            }
        }
    }
}

fn check_experts(checker: &Checker<'_>, block: &str, embedding: u64, experts: u64) -> Checked<()> {
    checker.tensor(&format!("{block}.ffn_gate_inp.weight"), &[embedding, experts])?;
    let gate = format!("{block}.ffn_gate_exps.weight");
    if checker.architecture == "qwen3moe" || checker.tensors.contains_key(gate.as_str()) {
        let inner = match *checker.shape(&gate)? {
            [columns, inner, count] if columns == embedding && inner > 0 && count == experts => inner,
            ref shape => {
                return invalid(format!("tensor {gate} has shape {shape:?}; [{embedding}, _, {experts}] is expected"));
            }
        };
        checker.tensor(&format!("{block}.ffn_up_exps.weight"), &[embedding, inner, experts])?;
        return checker.tensor(&format!("{block}.ffn_down_exps.weight"), &[inner, embedding, experts]);
    }
    for expert in 0..experts {
        let inner = checker.rows(&format!("{block}.ffn_gate.{expert}.weight"), embedding)?;
        checker.tensor(&format!("{block}.ffn_up.{expert}.weight"), &[embedding, inner])?;
        checker.tensor(&format!("{block}.ffn_down.{expert}.weight"), &[inner, embedding])?;
    }
    Ok(())
}
