//! How many sequences a step of the engine may compute.

use candle_core::Device;

/// More would make each of them slower, and all together hardly faster: from about here on a processor has enough to
/// compute, and no longer waits for weights.
const MOST: usize = 16;

/// Those whose layers have been seen to take sequences of different lengths, row for row as if alone. Others hide keys from
/// queries, or choose how positions are turned by the longest sequence of a step, or have not been tried.
const ARCHITECTURES: [&str; 6] =
    ["llama", "qwen2", "qwen3", "LlamaForCausalLM", "Qwen2ForCausalLM", "Qwen3ForCausalLM"];

/// As many as gain by it, where a sequence is the same in company as alone; elsewhere one.
pub(crate) fn sequences_per_step(device: &Device, architecture: &str, sliding_window: Option<usize>) -> usize {
    let may_share = device.is_cpu() && sliding_window.is_none() && ARCHITECTURES.contains(&architecture);
    if cfg!(patched) && may_share { MOST } else { 1 }
}
