//! Eight columns of the result at a time, one in each lane.

use std::arch::x86_64::*;
use std::ops::Range;

use super::activations::Activations;
use super::in_place::{Dot, in_place_with};
use super::panel::{PANEL_BLOCK, PANEL_ROWS, Panel};
use super::{BLOCK, BlockType, Out, QuantisedMatrix};

/// How many rows of activations share the loads of half a panel.
const TILE: usize = 4;

const LANES: usize = 8;

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
        match weights.block_type {
            BlockType::Q4_0 => fill_and_multiply::<false, false, false>(weights, columns, activations, panel, out),
            BlockType::Q4_1 => fill_and_multiply::<false, true, false>(weights, columns, activations, panel, out),
            BlockType::Q5_0 => fill_and_multiply::<false, false, true>(weights, columns, activations, panel, out),
            BlockType::Q5_1 => fill_and_multiply::<false, true, true>(weights, columns, activations, panel, out),
            BlockType::Q8_0 => fill_and_multiply::<true, false, false>(weights, columns, activations, panel, out),
        }
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn fill_and_multiply<const EIGHT: bool, const MINIMUM: bool, const FIFTH: bool>(
    weights: &QuantisedMatrix<'_>,
    columns: Range<usize>,
    activations: &Activations,
    panel: &mut Panel,
    out: &Out,
) {
    panel.resize(weights.blocks_per_row(), weights.block_type);
    for half in 0..2 {
        let columns = columns.start + half * LANES..columns.end.min(columns.start + (half + 1) * LANES);
        if columns.is_empty() {
            return;
        }
        // SAFETY: the columns are rows of the weights.
        unsafe {
            fill::<EIGHT, MINIMUM, FIFTH>(weights, columns.start, half, panel);
            let mut row = 0;
            while row + TILE <= activations.rows() {
                tile::<TILE, EIGHT, MINIMUM>(row, half, columns.clone(), activations, panel, out);
                row += TILE;
            }
            for row in row..activations.rows() {
                tile::<1, EIGHT, MINIMUM>(row, half, columns.clone(), activations, panel, out);
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
    out: &Out,
) {
    let rows: [_; ROWS] = std::array::from_fn(|i| activations.levels(first + i).as_ptr());
    let rounded: [_; ROWS] = std::array::from_fn(|i| activations.blocks(first + i).as_ptr());
    let mut sums = [_mm256_setzero_ps(); ROWS];
    for block in 0..activations.blocks_per_row() {
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

/// Lays out eight rows of weights from `first` on as half a panel; beyond the last one, the last one again.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn fill<const EIGHT: bool, const MINIMUM: bool, const FIFTH: bool>(
    weights: &QuantisedMatrix<'_>,
    first: usize,
    half: usize,
    panel: &mut Panel,
) {
    let block_type = weights.block_type;
    let rows: [_; LANES] = std::array::from_fn(|lane| weights.row((first + lane).min(weights.rows - 1)));
    let start = rows[0];
    // SAFETY: distances between rows of one matrix. A gather wants them in 32 bits, which eight rows fit in.
    let offsets: [i32; LANES] = std::array::from_fn(|lane| unsafe { rows[lane].offset_from(start) } as i32);
    // SAFETY: gathers read four bytes within a block of every row; the panel was made large enough.
    unsafe {
        let offsets = _mm256_loadu_si256(offsets.as_ptr().cast());
        let low = _mm256_set1_epi8(0x0f);
        for block in 0..weights.blocks_per_row() {
            let from = start.add(block * block_type.bytes());
            let levels_at = from.add(block_type.levels_at());
            let to = panel.levels.as_mut_ptr().add(block * PANEL_BLOCK + half * LANES * 4);
            let store = |group: usize, levels: __m256i| {
                _mm256_storeu_si256(to.add(group * PANEL_ROWS * 4).cast(), levels);
            };
            if EIGHT {
                for group in 0..8 {
                    store(group, _mm256_i32gather_epi32::<1>(levels_at.add(group * 4).cast(), offsets));
                }
            } else {
                let fifth = if FIFTH {
                    _mm256_i32gather_epi32::<1>(from.add(block_type.fifth_bits_at()).cast(), offsets)
                } else {
                    _mm256_setzero_si256()
                };
                for group in 0..4 {
                    let bytes = _mm256_i32gather_epi32::<1>(levels_at.add(group * 4).cast(), offsets);
                    let mut lower = _mm256_and_si256(bytes, low);
                    let mut upper = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), low);
                    if FIFTH {
                        lower = _mm256_or_si256(lower, fifth_bits(fifth, group));
                        upper = _mm256_or_si256(upper, fifth_bits(fifth, group + 4));
                    }
                    store(group, lower);
                    store(group + 4, upper);
                }
            }
            // Scale and minimum are one gather, as are the scale and the two bytes after it.
            let halves = _mm256_i32gather_epi32::<1>(from.cast(), offsets);
            let at = block * PANEL_ROWS + half * LANES;
            let scales = _mm256_and_si256(halves, _mm256_set1_epi32(0xffff));
            _mm256_storeu_ps(panel.scales.as_mut_ptr().add(at), widened(scales));
            if MINIMUM {
                _mm256_storeu_ps(panel.minimums.as_mut_ptr().add(at), widened(_mm256_srli_epi32::<16>(halves)));
            }
        }
    }
}

/// Halves, each in the lower half of a lane, as singles.
#[target_feature(enable = "avx2,f16c")]
#[inline]
fn widened(halves: __m256i) -> __m256 {
    let packed = _mm256_packus_epi32(halves, halves);
    let packed = _mm256_permute4x64_epi64::<0b00_00_10_00>(packed);
    _mm256_cvtph_ps(_mm256_castsi256_si128(packed))
}

/// The fifth bits of four numbers, each in its own byte.
#[target_feature(enable = "avx2")]
#[inline]
fn fifth_bits(bits: __m256i, group: usize) -> __m256i {
    let four = _mm256_and_si256(_mm256_srlv_epi32(bits, _mm256_set1_epi32(4 * group as i32)), _mm256_set1_epi32(0x0f));
    // One product copies the four bits so that each has a byte in which it is the lowest.
    let spread = _mm256_mullo_epi32(four, _mm256_set1_epi32(0x0020_4081));
    _mm256_slli_epi32::<4>(_mm256_and_si256(spread, _mm256_set1_epi32(0x0101_0101)))
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
