//! The products, written down plainly.

use std::ops::Range;

use half::f16;

use super::activations::Activations;
use super::{BLOCK, BlockType, Out, QuantisedMatrix};

/// # Safety
///
/// `columns` are rows of `weights`, and nobody else writes to them in `out`.
pub(super) unsafe fn in_place(
    weights: &QuantisedMatrix<'_>,
    columns: Range<usize>,
    activations: &Activations,
    out: &Out,
) {
    for column in columns {
        let blocks = &weights.bytes[column * weights.row_bytes()..][..weights.row_bytes()];
        for row in 0..activations.rows() {
            let mut sum = 0.0f32;
            let quantised = activations.levels(row).chunks_exact(BLOCK).zip(activations.blocks(row));
            for (block, (levels, rounded)) in blocks.chunks_exact(weights.block_type.bytes()).zip(quantised) {
                let weight = levels_of(weights.block_type, block);
                let integers: i32 =
                    weight.iter().zip(levels).map(|(&weight, &level)| i32::from(weight) * i32::from(level)).sum();
                let integers = integers + rounded.correction;
                sum = (integers as f32).mul_add(half_at(block, 0) * rounded.scale, sum);
                if weights.block_type.has_minimum() {
                    sum = half_at(block, 2).mul_add(rounded.sum, sum);
                }
            }
            // SAFETY: as promised.
            unsafe { *out.at(row, column) = sum };
        }
    }
}

/// The levels of a block, counted from 0 on.
pub(super) fn levels_of(block_type: BlockType, block: &[u8]) -> [u8; BLOCK] {
    let bytes = &block[block_type.levels_at()..];
    if block_type == BlockType::Q8_0 {
        return std::array::from_fn(|i| bytes[i] ^ 0x80);
    }
    let fifth = if block_type.has_fifth_bits() {
        let at = block_type.fifth_bits_at();
        u32::from_le_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]])
    } else {
        0
    };
    std::array::from_fn(|i| {
        let four = if i < 16 { bytes[i] & 0x0f } else { bytes[i - 16] >> 4 };
        four | ((fifth >> i & 1) as u8) << 4
    })
}

fn half_at(block: &[u8], at: usize) -> f32 {
    f16::from_le_bytes([block[at], block[at + 1]]).to_f32()
}
