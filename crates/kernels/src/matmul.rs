use std::ops::Range;

use crate::lanes::{LANES, Lanes};
use crate::level::at_level;
use crate::{Level, OneThread, Threads};

/// What of `rhs` a thread works through before it goes on, in bytes: it should stay in the second cache.
const BLOCK_BYTES: usize = 1 << 18;
/// How many rows of `lhs` a thread takes at once.
const BLOCK_ROWS: usize = 64;

/// Below so many multiplications the caller's thread is done before another would have begun.
const FEW_MULTIPLICATIONS: usize = 1 << 15;

/// The product of `rows` rows of `lhs` with `columns` rows of `rhs` (a matrix times a transposed one), each of `width`
/// numbers, written to `out` in order. `rhs` is usually a weight.
///
/// Each number of the result depends on its own two rows alone: products are summed in sixteen lanes, number i in lane i
/// modulo 16, and the lanes at the end.
///
/// # Panics
///
/// When a matrix is too small for its shape, or this processor does not have the level.
pub fn matmul_transposed(
    level: Level,
    threads: &dyn Threads,
    [rows, columns, width]: [usize; 3],
    lhs: &[f32],
    lhs_stride: usize,
    rhs: &[f32],
    rhs_stride: usize,
    out: &mut [f32],
) {
    if rows == 0 || columns == 0 {
        return;
    }
    assert!((rows - 1) * lhs_stride + width <= lhs.len(), "lhs is too small");
    assert!((columns - 1) * rhs_stride + width <= rhs.len(), "rhs is too small");
    assert!(rows * columns <= out.len(), "out is too small");
    let job = Job { width, lhs, lhs_stride, rhs, rhs_stride, out: out.as_mut_ptr(), columns };
    let block_columns = (BLOCK_BYTES / 4 / width.max(1)).clamp(8, 32) & !7;
    let blocks = columns.div_ceil(block_columns);
    let threads = if rows * columns * width < FEW_MULTIPLICATIONS { &OneThread } else { threads };
    threads.each(blocks * rows.div_ceil(BLOCK_ROWS), &|unit| {
        let (row, column) = (unit / blocks * BLOCK_ROWS, unit % blocks * block_columns);
        let rows = row..rows.min(row + BLOCK_ROWS);
        let columns = column..columns.min(column + block_columns);
        run(level, &job, rows, columns);
    });
}

fn run(level: Level, job: &Job, rows: Range<usize>, columns: Range<usize>) {
    at_level!(level, block(job: &Job, rows: Range<usize>, columns: Range<usize>));
}

struct Job<'a> {
    width: usize,
    lhs: &'a [f32],
    lhs_stride: usize,
    rhs: &'a [f32],
    rhs_stride: usize,
    out: *mut f32,
    columns: usize,
}

// SAFETY: what is written through the pointer lies in one unit's block, which no other thread has.
unsafe impl Sync for Job<'_> {}

/// # Safety
///
/// As of [`Lanes`]; the block must be within the job, and nobody else may use its part of the result.
#[inline(always)]
unsafe fn block<V: Lanes>(job: &Job, rows: Range<usize>, columns: Range<usize>) {
    let most = if V::WIDE { 4 } else { 2 };
    for row in rows.clone().step_by(most) {
        let columns = columns.clone();
        // SAFETY: as of this function.
        unsafe {
            match (rows.end - row).min(most) {
                4 => columns_of::<V, 4, 4>(job, row, columns),
                3 => columns_of::<V, 3, 4>(job, row, columns),
                2 if V::WIDE => columns_of::<V, 2, 8>(job, row, columns),
                2 => columns_of::<V, 2, 2>(job, row, columns),
                _ if V::WIDE => columns_of::<V, 1, 8>(job, row, columns),
                _ => columns_of::<V, 1, 4>(job, row, columns),
            }
        }
    }
}

#[inline(always)]
unsafe fn columns_of<V: Lanes, const ROWS: usize, const COLUMNS: usize>(job: &Job, row: usize, columns: Range<usize>) {
    let mut column = columns.start;
    // SAFETY: as of `block`.
    unsafe {
        while column + COLUMNS <= columns.end {
            products::<V, ROWS, COLUMNS>(job, row, column);
            column += COLUMNS;
        }
        while column < columns.end {
            products::<V, ROWS, 1>(job, row, column);
            column += 1;
        }
    }
}

#[inline(always)]
unsafe fn products<V: Lanes, const ROWS: usize, const COLUMNS: usize>(job: &Job, row: usize, column: usize) {
    let whole = job.width - job.width % LANES;
    // SAFETY: as of `block`; each row has `width` numbers.
    unsafe {
        let lhs: [*const f32; ROWS] = std::array::from_fn(|i| job.lhs.as_ptr().add((row + i) * job.lhs_stride));
        let rhs: [*const f32; COLUMNS] = std::array::from_fn(|j| job.rhs.as_ptr().add((column + j) * job.rhs_stride));
        let mut sums = [[V::splat(0.0); COLUMNS]; ROWS];
        for at in (0..whole).step_by(LANES) {
            let mut left = [V::splat(0.0); ROWS];
            for i in 0..ROWS {
                left[i] = V::load(lhs[i].add(at));
            }
            for j in 0..COLUMNS {
                let right = V::load(rhs[j].add(at));
                for i in 0..ROWS {
                    sums[i][j] = left[i].mul_add(right, sums[i][j]);
                }
            }
        }
        if whole < job.width {
            for j in 0..COLUMNS {
                let right = rest::<V>(rhs[j].add(whole), job.width - whole);
                for i in 0..ROWS {
                    sums[i][j] = rest::<V>(lhs[i].add(whole), job.width - whole).mul_add(right, sums[i][j]);
                }
            }
        }
        if ROWS * COLUMNS == LANES {
            let flat: [V; LANES] = std::array::from_fn(|i| sums[i / COLUMNS][i % COLUMNS]);
            let mut lanes = [0.0; LANES];
            V::sums(&flat).store(lanes.as_mut_ptr());
            for i in 0..ROWS {
                let to = job.out.add((row + i) * job.columns + column);
                std::ptr::copy_nonoverlapping(lanes.as_ptr().add(i * COLUMNS), to, COLUMNS);
            }
        } else {
            for (i, sums) in sums.into_iter().enumerate() {
                for (j, sum) in sums.into_iter().enumerate() {
                    *job.out.add((row + i) * job.columns + column + j) = sum.sum();
                }
            }
        }
    }
}

/// Fewer numbers than there are lanes, and zeros.
#[inline(always)]
unsafe fn rest<V: Lanes>(from: *const f32, count: usize) -> V {
    let mut lanes = [0.0; LANES];
    // SAFETY: there are `count` numbers, and fewer than lanes.
    unsafe {
        std::ptr::copy_nonoverlapping(from, lanes.as_mut_ptr(), count);
        V::load(lanes.as_ptr())
    }
}
