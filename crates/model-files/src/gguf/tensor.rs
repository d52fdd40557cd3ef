//! A tensor as a GGUF header describes it, and the number types it can have.
//!
//! Must hold: block and type sizes are those of ggml; `engine` is true for exactly the types that candle 0.11.1 reads.

/// A number type of ggml: `block` numbers lie together in `bytes` bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TensorType {
    /// Its name, `Q4_K` style.
    pub name: &'static str,
    /// Numbers in a block.
    pub block: u64,
    /// Bytes in a block.
    pub bytes: u64,
    /// Whether the engine can read it.
    pub engine: bool,
}

/// One tensor: its name, shape and place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// As the file spells it, `blk.0.attn_q.weight` style.
    pub name: String,
    /// The fastest-moving dimension first, as in the file.
    pub dimensions: Vec<u64>,
    /// The type of its numbers.
    pub kind: TensorType,
    /// Bytes from the start of the tensor data.
    pub offset: u64,
    /// Length in the file.
    pub bytes: u64,
}

impl Tensor {
    /// How many numbers it holds. Checked for overflow when the header was read.
    pub fn elements(&self) -> u64 {
        self.dimensions.iter().product()
    }
}

/// The type with ggml's number `id`; None for numbers ggml has withdrawn or not yet given out.
pub(crate) fn tensor_type(id: u32) -> Option<TensorType> {
    let (name, block, bytes, engine) = match id {
        0 => ("F32", 1, 4, true),
        1 => ("F16", 1, 2, true),
        2 => ("Q4_0", 32, 18, true),
        3 => ("Q4_1", 32, 20, true),
        6 => ("Q5_0", 32, 22, true),
        7 => ("Q5_1", 32, 24, true),
        8 => ("Q8_0", 32, 34, true),
        9 => ("Q8_1", 32, 36, true),
        10 => ("Q2_K", 256, 84, true),
        11 => ("Q3_K", 256, 110, true),
        12 => ("Q4_K", 256, 144, true),
        13 => ("Q5_K", 256, 176, true),
        14 => ("Q6_K", 256, 210, true),
        15 => ("Q8_K", 256, 292, true),
        16 => ("IQ2_XXS", 256, 66, false),
        17 => ("IQ2_XS", 256, 74, false),
        18 => ("IQ3_XXS", 256, 98, false),
        19 => ("IQ1_S", 256, 50, false),
        20 => ("IQ4_NL", 32, 18, false),
        21 => ("IQ3_S", 256, 110, false),
        22 => ("IQ2_S", 256, 82, false),
        23 => ("IQ4_XS", 256, 136, false),
        24 => ("I8", 1, 1, false),
        25 => ("I16", 1, 2, false),
        26 => ("I32", 1, 4, false),
        27 => ("I64", 1, 8, false),
        28 => ("F64", 1, 8, false),
        29 => ("IQ1_M", 256, 56, false),
        30 => ("BF16", 1, 2, true),
        34 => ("TQ1_0", 256, 54, false),
        35 => ("TQ2_0", 256, 66, false),
        39 => ("MXFP4", 32, 17, false),
        40 => ("NVFP4", 64, 36, false),
        _ => return None,
    };
    Some(TensorType { name, block, bytes, engine })
}

/// The names of the types the engine can read.
pub(crate) fn readable_types() -> String {
    let names: Vec<_> = (0..=40).filter_map(tensor_type).filter(|kind| kind.engine).map(|kind| kind.name).collect();
    names.join(", ")
}
