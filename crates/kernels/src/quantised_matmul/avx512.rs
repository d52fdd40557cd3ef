//! Sixteen columns of the result at a time, one in each lane.

use std::arch::x86_64::*;
use std::ops::Range;

use super::activations::Activations;
use super::fill_panel::fill;
use super::in_place::{Dot, in_place_with};
use super::panel::{Ahead, PANEL_BLOCK, PANEL_ROWS, Panel};
use super::{BLOCK, Out, QuantisedMatrix};

/// How many rows of activations share the loads of a panel.
const TILE: usize = 8;

/// # Safety
///
/// The processor has the instructions; `columns` are at most sixteen rows of `weights`, and nobody else writes to them in
/// `out`.
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512vnni")]
pub(super) unsafe fn panel(
    weights: &QuantisedMatrix<'_>,
    columns: Range<usize>,
    activations: &Activations,
    panel: &mut Panel,
    out: &Out,
) {
    // SAFETY: as promised.
    unsafe {
        fill(weights, columns.start, panel, true);
        let blocks = activations.rows().div_ceil(TILE) * activations.blocks_per_row();
        let ahead = Ahead::of(weights, columns.start, blocks);
        if weights.block_type.has_minimum() {
            tiles::<true>(columns, activations, panel, ahead, out);
        } else {
            tiles::<false>(columns, activations, panel, ahead, out);
        }
    }
}

#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn tiles<const MINIMUM: bool>(
    columns: Range<usize>,
    activations: &Activations,
    panel: &Panel,
    mut ahead: Ahead,
    out: &Out,
) {
    let mut row = 0;
    // SAFETY: the rows are the activations' own.
    unsafe {
        while row + TILE <= activations.rows() {
            tile::<TILE, MINIMUM>(row, columns.clone(), activations, panel, &mut ahead, out);
            row += TILE;
        }
        match activations.rows() - row {
            7 => tile::<7, MINIMUM>(row, columns, activations, panel, &mut ahead, out),
            6 => tile::<6, MINIMUM>(row, columns, activations, panel, &mut ahead, out),
            5 => tile::<5, MINIMUM>(row, columns, activations, panel, &mut ahead, out),
            4 => tile::<4, MINIMUM>(row, columns, activations, panel, &mut ahead, out),
            3 => tile::<3, MINIMUM>(row, columns, activations, panel, &mut ahead, out),
            2 => tile::<2, MINIMUM>(row, columns, activations, panel, &mut ahead, out),
            1 => tile::<1, MINIMUM>(row, columns, activations, panel, &mut ahead, out),
            _ => {}
        }
    }
}

#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512vnni")]
#[inline]
unsafe fn tile<const ROWS: usize, const MINIMUM: bool>(
    first: usize,
    columns: Range<usize>,
    activations: &Activations,
    panel: &Panel,
    ahead: &mut Ahead,
    out: &Out,
) {
    let rows: [_; ROWS] = std::array::from_fn(|i| activations.levels(first + i).as_ptr());
    let rounded: [_; ROWS] = std::array::from_fn(|i| activations.blocks(first + i).as_ptr());
    let mut sums = [_mm512_setzero_ps(); ROWS];
    for block in 0..activations.blocks_per_row() {
        ahead.ask();
        // SAFETY: the panel and every row have this block.
        unsafe {
            let levels = panel.levels.as_ptr().add(block * PANEL_BLOCK);
            let mut integers: [__m512i; ROWS] =
                std::array::from_fn(|i| _mm512_set1_epi32((*rounded[i].add(block)).correction));
            for group in 0..BLOCK / 4 {
                let weights = _mm512_loadu_si512(levels.add(group * PANEL_ROWS * 4).cast());
                for i in 0..ROWS {
                    let four = rows[i].add(block * BLOCK + group * 4).cast::<i32>().read_unaligned();
                    integers[i] = _mm512_dpbusd_epi32(integers[i], weights, _mm512_set1_epi32(four));
                }
            }
            let scales = _mm512_loadu_ps(panel.scales.as_ptr().add(block * PANEL_ROWS));
            for i in 0..ROWS {
                let scale = _mm512_mul_ps(scales, _mm512_set1_ps((*rounded[i].add(block)).scale));
                sums[i] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(integers[i]), scale, sums[i]);
            }
            if MINIMUM {
                let minimums = _mm512_loadu_ps(panel.minimums.as_ptr().add(block * PANEL_ROWS));
                for i in 0..ROWS {
                    sums[i] = _mm512_fmadd_ps(minimums, _mm512_set1_ps((*rounded[i].add(block)).sum), sums[i]);
                }
            }
        }
    }
    let mask = (1u32 << columns.len()).wrapping_sub(1) as __mmask16;
    for (i, &sum) in sums.iter().enumerate() {
        // SAFETY: the mask leaves out what is beyond the columns.
        unsafe { _mm512_mask_storeu_ps(out.at(first + i, columns.start), mask, sum) };
    }
}

/// # Safety
///
/// As [`panel`].
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512vnni")]
pub(super) unsafe fn in_place(
    weights: &QuantisedMatrix<'_>,
    columns: Range<usize>,
    activations: &Activations,
    out: &Out,
) {
    // SAFETY: as promised.
    unsafe { in_place_with::<Vnni>(weights, columns, activations, out) }
}

/// Dot products with VNNI.
struct Vnni;

impl Dot for Vnni {
    const SIGNED: bool = false;

    #[inline(always)]
    unsafe fn four<const EIGHT: bool>(weights: __m256i, levels: __m256i) -> __m256i {
        // SAFETY: called with AVX-512 VL and VNNI only.
        unsafe { _mm256_dpbusd_epi32(_mm256_setzero_si256(), weights, levels) }
    }
}
