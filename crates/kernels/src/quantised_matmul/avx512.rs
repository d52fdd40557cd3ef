//! Sixteen columns of the result at a time, one in each lane.

use std::arch::x86_64::*;
use std::ops::Range;

use super::activations::Activations;
use super::in_place::{Dot, in_place_with};
use super::panel::{PANEL_BLOCK, PANEL_ROWS, Panel};
use super::{BLOCK, BlockType, Out, QuantisedMatrix};

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
        match weights.block_type {
            BlockType::Q4_0 => fill::<false, false, false>(weights, columns.start, panel),
            BlockType::Q4_1 => fill::<false, true, false>(weights, columns.start, panel),
            BlockType::Q5_0 => fill::<false, false, true>(weights, columns.start, panel),
            BlockType::Q5_1 => fill::<false, true, true>(weights, columns.start, panel),
            BlockType::Q8_0 => fill::<true, false, false>(weights, columns.start, panel),
        }
        if weights.block_type.has_minimum() {
            tiles::<true>(columns, activations, panel, out);
        } else {
            tiles::<false>(columns, activations, panel, out);
        }
    }
}

#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn tiles<const MINIMUM: bool>(columns: Range<usize>, activations: &Activations, panel: &Panel, out: &Out) {
    let mut row = 0;
    // SAFETY: the rows are the activations' own.
    unsafe {
        while row + TILE <= activations.rows() {
            tile::<TILE, MINIMUM>(row, columns.clone(), activations, panel, out);
            row += TILE;
        }
        if row + 4 <= activations.rows() {
            tile::<4, MINIMUM>(row, columns.clone(), activations, panel, out);
            row += 4;
        }
        for row in row..activations.rows() {
            tile::<1, MINIMUM>(row, columns.clone(), activations, panel, out);
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
    out: &Out,
) {
    let rows: [_; ROWS] = std::array::from_fn(|i| activations.levels(first + i).as_ptr());
    let rounded: [_; ROWS] = std::array::from_fn(|i| activations.blocks(first + i).as_ptr());
    let mut sums = [_mm512_setzero_ps(); ROWS];
    for block in 0..activations.blocks_per_row() {
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

/// Lays out sixteen rows of weights from `first` on; beyond the last one, the last one again.
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn fill<const EIGHT: bool, const MINIMUM: bool, const FIFTH: bool>(
    weights: &QuantisedMatrix<'_>,
    first: usize,
    panel: &mut Panel,
) {
    let block_type = weights.block_type;
    let blocks = weights.blocks_per_row();
    panel.resize(blocks, block_type);
    let rows: [_; PANEL_ROWS] = std::array::from_fn(|lane| weights.row((first + lane).min(weights.rows - 1)));
    let start = rows[0];
    // SAFETY: distances between rows of one matrix. A gather wants them in 32 bits, which sixteen rows fit in.
    let offsets: [i32; PANEL_ROWS] = std::array::from_fn(|lane| unsafe { rows[lane].offset_from(start) } as i32);
    // SAFETY: gathers read four bytes within a block of every row; the panel was made large enough.
    unsafe {
        let offsets = _mm512_loadu_si512(offsets.as_ptr().cast());
        let low = _mm512_set1_epi8(0x0f);
        for block in 0..blocks {
            let from = start.add(block * block_type.bytes());
            let levels_at = from.add(block_type.levels_at());
            let to = panel.levels.as_mut_ptr().add(block * PANEL_BLOCK);
            let store = |group: usize, levels: __m512i| {
                _mm512_storeu_si512(to.add(group * PANEL_ROWS * 4).cast(), levels);
            };
            if EIGHT {
                for group in 0..8 {
                    let bytes = _mm512_i32gather_epi32::<1>(offsets, levels_at.add(group * 4).cast());
                    store(group, _mm512_xor_si512(bytes, _mm512_set1_epi8(-128)));
                }
            } else {
                let fifth = if FIFTH {
                    _mm512_i32gather_epi32::<1>(offsets, from.add(block_type.fifth_bits_at()).cast())
                } else {
                    _mm512_setzero_si512()
                };
                for group in 0..4 {
                    let bytes = _mm512_i32gather_epi32::<1>(offsets, levels_at.add(group * 4).cast());
                    let mut lower = _mm512_and_si512(bytes, low);
                    let mut upper = _mm512_and_si512(_mm512_srli_epi16::<4>(bytes), low);
                    if FIFTH {
                        lower = _mm512_or_si512(lower, fifth_bits(fifth, group));
                        upper = _mm512_or_si512(upper, fifth_bits(fifth, group + 4));
                    }
                    store(group, lower);
                    store(group + 4, upper);
                }
            }
            // Scale and minimum are one gather, as are the scale and the two bytes after it.
            let halves = _mm512_i32gather_epi32::<1>(offsets, from.cast());
            let scales = _mm512_cvtph_ps(_mm512_cvtepi32_epi16(halves));
            _mm512_storeu_ps(panel.scales.as_mut_ptr().add(block * PANEL_ROWS), scales);
            if MINIMUM {
                let minimums = _mm512_cvtph_ps(_mm512_cvtepi32_epi16(_mm512_srli_epi32::<16>(halves)));
                _mm512_storeu_ps(panel.minimums.as_mut_ptr().add(block * PANEL_ROWS), minimums);
            }
        }
    }
}

/// The fifth bits of four numbers, each in its own byte.
#[target_feature(enable = "avx512f")]
#[inline]
fn fifth_bits(bits: __m512i, group: usize) -> __m512i {
    let four = _mm512_and_si512(_mm512_srlv_epi32(bits, _mm512_set1_epi32(4 * group as i32)), _mm512_set1_epi32(0x0f));
    // One product copies the four bits so that each has a byte in which it is the lowest.
    let spread = _mm512_mullo_epi32(four, _mm512_set1_epi32(0x0020_4081));
    _mm512_slli_epi32::<4>(_mm512_and_si512(spread, _mm512_set1_epi32(0x0101_0101)))
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
