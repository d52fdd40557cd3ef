//! From rows of blocks to a panel, eight rows at a time.

use std::arch::x86_64::*;

use super::panel::{PANEL_BLOCK, PANEL_ROWS, Panel};
use super::{BlockType, QuantisedMatrix};

pub(super) const LANES: usize = 8;

/// Lays out sixteen rows of weights from `first` on; beyond the last one, the last one again. Levels of eight bits are
/// counted `from_zero`, or have their sign.
///
/// # Safety
///
/// The processor has the instructions, and `first` is a row of `weights`.
#[target_feature(enable = "avx2,f16c")]
pub(super) unsafe fn fill(weights: &QuantisedMatrix<'_>, first: usize, panel: &mut Panel, from_zero: bool) {
    panel.resize(weights.blocks_per_row(), weights.block_type);
    for half in 0..PANEL_ROWS / LANES {
        // SAFETY: as promised; the panel was made large enough.
        unsafe { fill_half(weights, first + half * LANES, half, panel, from_zero) };
    }
}

#[target_feature(enable = "avx2,f16c")]
unsafe fn fill_half(weights: &QuantisedMatrix<'_>, first: usize, half: usize, panel: &mut Panel, from_zero: bool) {
    let block_type = weights.block_type;
    let rows: [_; LANES] = std::array::from_fn(|lane| weights.row((first + lane).min(weights.rows - 1)));
    let start = rows[0];
    // SAFETY: distances between rows of one matrix. A gather wants them in 32 bits, which eight rows fit in.
    let offsets: [i32; LANES] = std::array::from_fn(|lane| unsafe { rows[lane].offset_from(start) } as i32);
    // SAFETY: what is read lies within a block of every row; the panel has room.
    unsafe {
        let offsets = _mm256_loadu_si256(offsets.as_ptr().cast());
        let low = _mm256_set1_epi8(0x0f);
        let zero = _mm256_set1_epi8(if from_zero { -128 } else { 0 });
        for block in 0..weights.blocks_per_row() {
            let at = block * block_type.bytes();
            let from = start.add(at);
            let to = panel.levels.as_mut_ptr().add(block * PANEL_BLOCK + half * LANES * 4);
            let store = |group: usize, levels: __m256i| {
                _mm256_storeu_si256(to.add(group * PANEL_ROWS * 4).cast(), levels);
            };
            let levels_at = at + block_type.levels_at();
            if block_type == BlockType::Q8_0 {
                for sixteen in 0..2 {
                    let groups = transposed(&rows, levels_at + sixteen * 16);
                    for (group, bytes) in groups.into_iter().enumerate() {
                        store(sixteen * 4 + group, _mm256_xor_si256(bytes, zero));
                    }
                }
            } else {
                let fifth = if block_type.has_fifth_bits() {
                    _mm256_i32gather_epi32::<1>(from.add(block_type.fifth_bits_at()).cast(), offsets)
                } else {
                    _mm256_setzero_si256()
                };
                for (group, bytes) in transposed(&rows, levels_at).into_iter().enumerate() {
                    let mut lower = _mm256_and_si256(bytes, low);
                    let mut upper = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), low);
                    if block_type.has_fifth_bits() {
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
            if block_type.has_minimum() {
                _mm256_storeu_ps(panel.minimums.as_mut_ptr().add(at), widened(_mm256_srli_epi32::<16>(halves)));
            }
        }
    }
}

/// Sixteen bytes of each of eight rows, as four groups of four bytes of every row.
///
/// # Safety
///
/// The rows have these bytes.
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn transposed(rows: &[*const u8; LANES], at: usize) -> [__m256i; 4] {
    // SAFETY: as promised.
    unsafe {
        let bytes = |row: usize| _mm_loadu_si128(rows[row].add(at).cast());
        let pair = |row: usize| _mm256_set_m128i(bytes(row + 4), bytes(row));
        let [a, b, c, d] = [pair(0), pair(1), pair(2), pair(3)];
        let (ab, cd) = (_mm256_unpacklo_epi32(a, b), _mm256_unpacklo_epi32(c, d));
        let (ab_high, cd_high) = (_mm256_unpackhi_epi32(a, b), _mm256_unpackhi_epi32(c, d));
        [
            _mm256_unpacklo_epi64(ab, cd),
            _mm256_unpackhi_epi64(ab, cd),
            _mm256_unpacklo_epi64(ab_high, cd_high),
            _mm256_unpackhi_epi64(ab_high, cd_high),
        ]
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
