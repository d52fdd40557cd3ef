//! Products with weights where they lie in memory: for few rows of activations, when reading the weights is what takes the
//! time.

use std::arch::x86_64::*;
use std::ops::Range;

use super::activations::Activations;
use super::{BLOCK, BlockType, Out, QuantisedMatrix};

/// How a set of instructions multiplies small integers.
pub(super) trait Dot {
    /// Levels of eight bits are taken with their sign, and not counted from 0 on.
    const SIGNED: bool;

    /// In each lane the sum of four products of levels of weights and of activations. `EIGHT` says that the weights have
    /// eight bits.
    ///
    /// # Safety
    ///
    /// The processor has the instructions.
    unsafe fn four<const EIGHT: bool>(weights: __m256i, levels: __m256i) -> __m256i;
}

/// How many columns are computed at once.
const COLUMNS: usize = 4;

/// How far ahead weights are asked for, to come into the second cache and then into the first: as much as arrives while
/// memory answers, and some more. The first cache alone waits for too few at a time.
const AHEAD_BYTES: [usize; 2] = [14 << 10, 4 << 10];

/// # Safety
///
/// The processor has AVX2, FMA, F16C and what `D` needs; `columns` are rows of `weights`, and nobody else writes to them
/// in `out`.
#[inline(always)]
pub(super) unsafe fn in_place_with<D: Dot>(
    weights: &QuantisedMatrix<'_>,
    columns: Range<usize>,
    activations: &Activations,
    out: &Out,
) {
    // SAFETY: as promised.
    unsafe {
        match weights.block_type {
            BlockType::Q4_0 => every_four::<D, false, false, false>(weights, columns, activations, out),
            BlockType::Q4_1 => every_four::<D, false, true, false>(weights, columns, activations, out),
            BlockType::Q5_0 => every_four::<D, false, false, true>(weights, columns, activations, out),
            BlockType::Q5_1 => every_four::<D, false, true, true>(weights, columns, activations, out),
            BlockType::Q8_0 => every_four::<D, true, false, false>(weights, columns, activations, out),
        }
    }
}

#[inline(always)]
unsafe fn every_four<D: Dot, const EIGHT: bool, const MINIMUM: bool, const FIFTH: bool>(
    weights: &QuantisedMatrix<'_>,
    columns: Range<usize>,
    activations: &Activations,
    out: &Out,
) {
    for first in columns.clone().step_by(COLUMNS) {
        let starts: [_; COLUMNS] = std::array::from_fn(|i| weights.row((first + i).min(columns.end - 1)));
        for row in 0..activations.rows() {
            // SAFETY: as promised; the columns lie within the result.
            unsafe {
                let sums = four_columns::<D, EIGHT, MINIMUM, FIFTH>(weights.block_type, starts, activations, row);
                let mut lanes = [0f32; COLUMNS];
                _mm_storeu_ps(lanes.as_mut_ptr(), sums);
                lanes.as_ptr().copy_to_nonoverlapping(out.at(row, first), COLUMNS.min(columns.end - first));
            }
        }
    }
}

#[inline(always)]
unsafe fn four_columns<D: Dot, const EIGHT: bool, const MINIMUM: bool, const FIFTH: bool>(
    block_type: BlockType,
    starts: [*const u8; COLUMNS],
    activations: &Activations,
    row: usize,
) -> __m128 {
    // SAFETY: every column has as many blocks as the row of activations.
    unsafe {
        let mut sums = _mm_setzero_ps();
        let levels = activations.levels(row).as_ptr();
        for (at, rounded) in activations.blocks(row).iter().enumerate() {
            let blocks = starts.map(|start| start.add(at * block_type.bytes()));
            let levels = _mm256_loadu_si256(levels.add(at * BLOCK).cast());
            // Four rows at once are more than the processor foresees. What follows them in memory comes next.
            let following = starts[0].wrapping_add(COLUMNS * at * block_type.bytes());
            for line in 0..(COLUMNS * block_type.bytes()).div_ceil(64) {
                _mm_prefetch::<_MM_HINT_T1>(following.wrapping_add(AHEAD_BYTES[0] + line * 64).cast());
                _mm_prefetch::<_MM_HINT_T0>(following.wrapping_add(AHEAD_BYTES[1] + line * 64).cast());
            }
            // Not by `map`: compiled for processors without AVX2, it stays a function of its own, and calls each instruction.
            let [a, b, c, d] = blocks;
            let (a, b) =
                (product::<D, EIGHT, FIFTH>(block_type, a, levels), product::<D, EIGHT, FIFTH>(block_type, b, levels));
            let (c, d) =
                (product::<D, EIGHT, FIFTH>(block_type, c, levels), product::<D, EIGHT, FIFTH>(block_type, d, levels));
            let halves = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
            let mut integers = _mm_add_epi32(_mm256_castsi256_si128(halves), _mm256_extracti128_si256::<1>(halves));
            if !(EIGHT && D::SIGNED) {
                integers = _mm_add_epi32(integers, _mm_set1_epi32(rounded.correction));
            }
            let scales = _mm_mul_ps(halves_at(blocks, 0), _mm_set1_ps(rounded.scale));
            sums = _mm_fmadd_ps(_mm_cvtepi32_ps(integers), scales, sums);
            if MINIMUM {
                sums = _mm_fmadd_ps(halves_at(blocks, 2), _mm_set1_ps(rounded.sum), sums);
            }
        }
        sums
    }
}

/// The products of a block's levels and a block of the activations', each four added up.
#[inline(always)]
unsafe fn product<D: Dot, const EIGHT: bool, const FIFTH: bool>(
    block_type: BlockType,
    block: *const u8,
    levels: __m256i,
) -> __m256i {
    // SAFETY: the block has all that is read.
    unsafe { D::four::<EIGHT>(weights_of::<EIGHT, FIFTH>(block_type, block, !D::SIGNED), levels) }
}

/// The levels of a block, in order; those of eight bits counted from 0 on only where that is wanted.
#[inline(always)]
unsafe fn weights_of<const EIGHT: bool, const FIFTH: bool>(
    block_type: BlockType,
    block: *const u8,
    from_zero: bool,
) -> __m256i {
    // SAFETY: the block has all that is read.
    unsafe {
        let bytes = block.add(block_type.levels_at());
        if EIGHT {
            let levels = _mm256_loadu_si256(bytes.cast());
            return if from_zero { _mm256_xor_si256(levels, _mm256_set1_epi8(-128)) } else { levels };
        }
        let bytes = _mm_loadu_si128(bytes.cast());
        let both = _mm256_set_m128i(_mm_srli_epi16::<4>(bytes), bytes);
        let four = _mm256_and_si256(both, _mm256_set1_epi8(0x0f));
        if !FIFTH {
            return four;
        }
        let bits = block.add(block_type.fifth_bits_at()).cast::<i32>().read_unaligned();
        // To each number the byte that has its bit, and of that the bit alone.
        let bytes = _mm256_shuffle_epi8(
            _mm256_set1_epi32(bits),
            _mm256_setr_epi64x(0, 0x0101_0101_0101_0101, 0x0202_0202_0202_0202, 0x0303_0303_0303_0303),
        );
        let own = _mm256_set1_epi64x(0x8040_2010_0804_0201_u64 as i64);
        let is_set = _mm256_cmpeq_epi8(_mm256_and_si256(bytes, own), own);
        _mm256_or_si256(four, _mm256_and_si256(is_set, _mm256_set1_epi8(0x10)))
    }
}

/// The halves at the same place in each of four blocks, as singles.
#[inline(always)]
unsafe fn halves_at(blocks: [*const u8; COLUMNS], at: usize) -> __m128 {
    // SAFETY: the blocks have all that is read.
    unsafe {
        let [a, b, c, d] = blocks.map(|block| u64::from(block.add(at).cast::<u16>().read_unaligned()));
        _mm_cvtph_ps(_mm_cvtsi64_si128((a | b << 16 | c << 32 | d << 48) as i64))
    }
}
