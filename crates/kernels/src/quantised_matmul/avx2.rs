//! Eight columns of the result at a time, one in each lane.

use std::arch::x86_64::*;
use std::ops::Range;

use super::activations::Activations;
use super::fill_panel::{LANES, fill};
use super::in_place::{Dot, in_place_with};
use super::panel::{Ahead, PANEL_BLOCK, PANEL_ROWS, Panel};
use super::{BLOCK, BlockType, Out, QuantisedMatrix};

/// How many rows of activations share the loads of half a panel.
const TILE: usize = 4;

/// # Safety
///
/// The processor has the instructions; `columns` are at most sixteen rows of `weights`, and nobody else writes to them in
/// `out`.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) unsafe fn panel(
    weights: &QuantisedMatrix<'_>,
    columns: Range<usize>,
    activations: &Activations,
    panel: &mut Panel,
    out: &Out,
) {
    // SAFETY: as promised.
    unsafe {
        fill(weights, columns.start, panel, false);
        let blocks = PANEL_ROWS / LANES * activations.rows().div_ceil(TILE) * activations.blocks_per_row();
        let ahead = Ahead::of(weights, columns.start, blocks);
        match weights.block_type {
            BlockType::Q4_0 | BlockType::Q5_0 => tiles::<false, false>(columns, activations, panel, ahead, out),
            BlockType::Q4_1 | BlockType::Q5_1 => tiles::<false, true>(columns, activations, panel, ahead, out),
            BlockType::Q8_0 => tiles::<true, false>(columns, activations, panel, ahead, out),
        }
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn tiles<const EIGHT: bool, const MINIMUM: bool>(
    columns: Range<usize>,
    activations: &Activations,
    panel: &Panel,
    mut ahead: Ahead,
    out: &Out,
) {
    for half in 0..PANEL_ROWS / LANES {
        let columns = columns.start + half * LANES..columns.end.min(columns.start + (half + 1) * LANES);
        if columns.is_empty() {
            return;
        }
        let mut row = 0;
        // SAFETY: the rows are the activations' own.
        unsafe {
            while row + TILE <= activations.rows() {
                tile::<TILE, EIGHT, MINIMUM>(row, half, columns.clone(), activations, panel, &mut ahead, out);
                row += TILE;
            }
            match activations.rows() - row {
                3 => tile::<3, EIGHT, MINIMUM>(row, half, columns, activations, panel, &mut ahead, out),
                2 => tile::<2, EIGHT, MINIMUM>(row, half, columns, activations, panel, &mut ahead, out),
                1 => tile::<1, EIGHT, MINIMUM>(row, half, columns, activations, panel, &mut ahead, out),
                _ => {}
            }
        }
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
unsafe fn tile<const ROWS: usize, const EIGHT: bool, const MINIMUM: bool>(
    first: usize,
    half: usize,
    columns: Range<usize>,
    activations: &Activations,
    panel: &Panel,
    ahead: &mut Ahead,
    out: &Out,
) {
    let rows: [_; ROWS] = std::array::from_fn(|i| activations.levels(first + i).as_ptr());
    let rounded: [_; ROWS] = std::array::from_fn(|i| activations.blocks(first + i).as_ptr());
    let mut sums = [_mm256_setzero_ps(); ROWS];
    for block in 0..activations.blocks_per_row() {
        ahead.ask();
        // SAFETY: the panel and every row have this block.
        unsafe {
            let levels = panel.levels.as_ptr().add(block * PANEL_BLOCK + half * LANES * 4);
            let mut integers: [__m256i; ROWS] =
                std::array::from_fn(|i| _mm256_set1_epi32(if EIGHT { 0 } else { (*rounded[i].add(block)).correction }));
            for group in 0..BLOCK / 4 {
                let weights = _mm256_loadu_si256(levels.add(group * PANEL_ROWS * 4).cast());
                for i in 0..ROWS {
                    let four = rows[i].add(block * BLOCK + group * 4).cast::<i32>().read_unaligned();
                    let products = Multiply::four::<EIGHT>(weights, _mm256_set1_epi32(four));
                    integers[i] = _mm256_add_epi32(integers[i], products);
                }
            }
            let scales = _mm256_loadu_ps(panel.scales.as_ptr().add(block * PANEL_ROWS + half * LANES));
            for i in 0..ROWS {
                let scale = _mm256_mul_ps(scales, _mm256_set1_ps((*rounded[i].add(block)).scale));
                sums[i] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(integers[i]), scale, sums[i]);
            }
            if MINIMUM {
                let minimums = _mm256_loadu_ps(panel.minimums.as_ptr().add(block * PANEL_ROWS + half * LANES));
                for i in 0..ROWS {
                    sums[i] = _mm256_fmadd_ps(minimums, _mm256_set1_ps((*rounded[i].add(block)).sum), sums[i]);
                }
            }
        }
    }
    for (i, &sum) in sums.iter().enumerate() {
        let mut lanes = [0f32; LANES];
        // SAFETY: the columns lie within the result, and there are at most eight.
        unsafe {
            _mm256_storeu_ps(lanes.as_mut_ptr(), sum);
            lanes.as_ptr().copy_to_nonoverlapping(out.at(first + i, columns.start), columns.len());
        }
    }
}

/// # Safety
///
/// As [`panel`].
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) unsafe fn in_place(
    weights: &QuantisedMatrix<'_>,
    columns: Range<usize>,
    activations: &Activations,
    out: &Out,
) {
    // SAFETY: as promised.
    unsafe { in_place_with::<Multiply>(weights, columns, activations, out) }
}

/// Dot products without VNNI.
struct Multiply;

impl Dot for Multiply {
    const SIGNED: bool = true;

    #[inline(always)]
    unsafe fn four<const EIGHT: bool>(weights: __m256i, levels: __m256i) -> __m256i {
        // SAFETY: called with AVX2 only.
        unsafe {
            // Pairs of products are added up in 16 bits, which 255 * 127 would overflow: of eight bits, the sign goes over
            // to the other factor.
            let pairs = if EIGHT {
                _mm256_maddubs_epi16(_mm256_abs_epi8(weights), _mm256_sign_epi8(levels, weights))
            } else {
                _mm256_maddubs_epi16(weights, levels)
            };
            _mm256_madd_epi16(pairs, _mm256_set1_epi16(1))
        }
    }
}
