use super::{BLOCK, IntegerLevel, QuantisedMatrix};
use crate::threads::{SharedStart, Threads};

/// From so many numbers on, threads share the rounding.
const SHARED_FROM: usize = 1 << 14;

/// Rows of activations, each rounded to blocks of 32 integers from -127 to 127 and a scale.
pub(super) struct Activations {
    blocks_per_row: usize,
    levels: Vec<i8>,
    blocks: Vec<ActivationBlock>,
}

/// In the middle of the floats from 2^23 to 2^24, which are the whole numbers, in the order of their bits.
const ROUNDED_FROM: f32 = 12_582_912.0;

/// What of a block is not its 32 integers.
#[derive(Clone, Copy, Default)]
pub(super) struct ActivationBlock {
    pub scale: f32,
    /// The integers added up, times the scale.
    pub sum: f32,
    /// The integers added up, times what the level of a zero weight adds to each too much, below zero.
    pub correction: i32,
}

impl Activations {
    /// # Safety
    ///
    /// The processor has the level's instructions.
    pub unsafe fn quantise(
        numbers: &[f32],
        weights: &QuantisedMatrix<'_>,
        level: IntegerLevel,
        threads: &dyn Threads,
    ) -> Self {
        let mut levels = vec![0i8; numbers.len()];
        let mut blocks = vec![ActivationBlock::default(); numbers.len() / BLOCK];
        let zero = weights.block_type.zero();
        let blocks_per_row = weights.blocks_per_row();
        let rows = blocks.len() / blocks_per_row;
        let (levels_start, blocks_start) = (SharedStart(levels.as_mut_ptr()), SharedStart(blocks.as_mut_ptr()));
        let quantise = |row: usize| {
            let numbers = &numbers[row * blocks_per_row * BLOCK..][..blocks_per_row * BLOCK];
            // SAFETY: each row lies within both, and belongs to one thread; the rest is as promised.
            unsafe {
                let first = row * blocks_per_row;
                let levels = std::slice::from_raw_parts_mut(levels_start.at(first * BLOCK), blocks_per_row * BLOCK);
                let blocks = std::slice::from_raw_parts_mut(blocks_start.at(first), blocks_per_row);
                match level {
                    #[cfg(target_arch = "x86_64")]
                    IntegerLevel::Avx512Vnni => quantise_row_avx512(numbers, levels, blocks, zero),
                    #[cfg(target_arch = "x86_64")]
                    IntegerLevel::Avx2 => quantise_row_avx2(numbers, levels, blocks, zero),
                    _ => quantise_row(numbers, levels, blocks, zero),
                }
            }
        };
        if numbers.len() < SHARED_FROM {
            (0..rows).for_each(quantise);
        } else {
            threads.each(rows, &quantise);
        }
        Self { blocks_per_row, levels, blocks }
    }

    pub fn rows(&self) -> usize {
        self.blocks.len() / self.blocks_per_row
    }

    pub fn blocks_per_row(&self) -> usize {
        self.blocks_per_row
    }

    pub fn levels(&self, row: usize) -> &[i8] {
        &self.levels[row * self.blocks_per_row * BLOCK..][..self.blocks_per_row * BLOCK]
    }

    pub fn blocks(&self, row: usize) -> &[ActivationBlock] {
        &self.blocks[row * self.blocks_per_row..][..self.blocks_per_row]
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl")]
fn quantise_row_avx512(numbers: &[f32], levels: &mut [i8], blocks: &mut [ActivationBlock], zero: i32) {
    quantise_row(numbers, levels, blocks, zero);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn quantise_row_avx2(numbers: &[f32], levels: &mut [i8], blocks: &mut [ActivationBlock], zero: i32) {
    quantise_row(numbers, levels, blocks, zero);
}

/// Compiled for each level's instructions; what it computes has one value, whichever they are.
#[inline(always)]
fn quantise_row(numbers: &[f32], levels: &mut [i8], blocks: &mut [ActivationBlock], zero: i32) {
    for ((numbers, levels), block) in numbers.chunks_exact(BLOCK).zip(levels.chunks_exact_mut(BLOCK)).zip(blocks) {
        *block = quantise_block(numbers, levels, zero);
    }
}

#[inline(always)]
fn quantise_block(numbers: &[f32], levels: &mut [i8], zero: i32) -> ActivationBlock {
    // Magnitudes are in the order of their bits, and integers can be compared side by side.
    let largest = numbers.iter().map(|number| number.to_bits() & 0x7fff_ffff).max().unwrap_or(0);
    let largest = f32::from_bits(largest);
    if !largest.is_finite() {
        levels.fill(0);
        return ActivationBlock { scale: f32::NAN, sum: f32::NAN, correction: 0 };
    }
    let scale = largest / 127.0;
    let inverse = if scale > 0.0 { 127.0 / largest } else { 0.0 };
    // The least denormal numbers have an inverse beyond all numbers.
    let inverse = if inverse.is_finite() { inverse } else { 0.0 };
    let mut sum = 0i32;
    for (level, number) in levels.iter_mut().zip(numbers) {
        // To the nearest, halves to even, as the addition rounds: at most 127 in magnitude, give or take a rounding. Where
        // the processor that is compiled for has no instruction for it, `round_ties_even` is a call for each number.
        let rounded = (number * inverse + ROUNDED_FROM).to_bits() as i32 - ROUNDED_FROM.to_bits() as i32;
        *level = rounded as i8;
        sum += rounded;
    }
    ActivationBlock { scale, sum: scale * sum as f32, correction: -zero * sum }
}
