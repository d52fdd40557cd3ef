//! The two products, of queries with keys and of weights with values: what takes the time.

use std::ops::Range;

use super::{Floats, Rows, Scratch, TOGETHER, Tile};
use crate::Attention;
use crate::lanes::{LANES, Lanes};

/// How many keys are looked at together.
pub(super) const BLOCK: usize = 64;

/// Calls `$body::<V, ROWS, VECTORS>` for so many rows, with so many vectors a row as there are registers for.
macro_rules! for_rows {
    ($rows:expr, $body:ident($($argument:expr),* $(,)?)) => {
        match ($rows, V::WIDE) {
            (1, _) => $body::<V, 1, 4>($($argument),*),
            (2, true) => $body::<V, 2, 4>($($argument),*),
            (3, true) => $body::<V, 3, 4>($($argument),*),
            (4, true) => $body::<V, 4, 4>($($argument),*),
            (5, true) => $body::<V, 5, 4>($($argument),*),
            (6, true) => $body::<V, 6, 4>($($argument),*),
            (2, false) => $body::<V, 2, 2>($($argument),*),
            (3, false) => $body::<V, 3, 2>($($argument),*),
            (4, false) => $body::<V, 4, 1>($($argument),*),
            (5, false) => $body::<V, 5, 1>($($argument),*),
            (6, false) => $body::<V, 6, 1>($($argument),*),
            (rows, _) => unreachable!("{rows} rows together"),
        }
    };
}

/// Writes the keys of a block to the scratch, with the numbers of all keys side by side.
///
/// # Safety
///
/// As of [`Lanes`]; the scratch must be the job's.
#[inline(always)]
pub(super) unsafe fn pack_keys<V: Lanes>(
    job: &Attention,
    tile: &Tile,
    block: &Range<usize>,
    Scratch { keys: out, key_rows: rows, zero_row: zero, .. }: &mut Scratch,
) {
    let width = job.queries.shape()[3];
    let at = |key: usize| [tile.batch, key, tile.key_head];
    if !job.keys.has_rows() {
        for key in block.clone() {
            job.keys.copy_row(at(key), &mut rows[(key - block.start) * width..]);
        }
    }
    let pointer = |key: usize| match job.keys.row(at(key)) {
        Some(row) => row.as_ptr(),
        None => rows[(key - block.start) * width..].as_ptr(),
    };
    for group in block.clone().step_by(LANES) {
        let pointers: [*const f32; LANES] =
            std::array::from_fn(|i| if group + i < block.end { pointer(group + i) } else { zero.as_ptr() });
        let at = group - block.start;
        // SAFETY: each pointer is to `width` numbers, and `at` is a whole number of lanes into the block.
        unsafe {
            let to = out.as_mut_ptr().add(at);
            let whole = width - width % 4;
            for i in (0..whole).step_by(4) {
                let columns = V::columns4(&pointers.map(|pointer| pointer.add(i)));
                for (j, column) in columns.into_iter().enumerate() {
                    column.store(to.add((i + j) * BLOCK));
                }
            }
            for i in whole..width {
                V::load(pointers.map(|pointer| *pointer.add(i)).as_ptr()).store(to.add(i * BLOCK));
            }
        }
    }
}

/// Writes the products of up to six rows of `queries` with the packed keys to their rows of `out`.
///
/// # Safety
///
/// As of [`Lanes`]; the rows must be within `queries` and `out`.
#[inline(always)]
pub(super) unsafe fn scores<V: Lanes>(rows: &[usize], width: usize, queries: &Floats, keys: &Floats, out: &mut Floats) {
    unsafe { for_rows!(rows.len(), scores_of(rows, width, queries.as_ptr(), keys.as_ptr(), out.as_mut_ptr())) }
}

#[inline(always)]
unsafe fn scores_of<V: Lanes, const ROWS: usize, const VECTORS: usize>(
    rows: &[usize],
    width: usize,
    queries: *const f32,
    keys: *const f32,
    out: *mut f32,
) {
    let rows: [usize; ROWS] = std::array::from_fn(|i| rows[i]);
    // SAFETY: each row of `queries` has `width` numbers, of `out` and `keys` a block's.
    unsafe {
        let queries = rows.map(|row| queries.add(row * width));
        for first in (0..BLOCK).step_by(VECTORS * LANES) {
            let mut sums = [[V::splat(0.0); VECTORS]; ROWS];
            for i in 0..width {
                let mut vectors = [V::splat(0.0); VECTORS];
                for (j, vector) in vectors.iter_mut().enumerate() {
                    *vector = V::load(keys.add(i * BLOCK + first + j * LANES));
                }
                for (sums, query) in sums.iter_mut().zip(queries) {
                    let number = V::splat(*query.add(i));
                    for (sum, vector) in sums.iter_mut().zip(vectors) {
                        *sum = number.mul_add(vector, *sum);
                    }
                }
            }
            for (sums, row) in sums.into_iter().zip(rows) {
                for (j, sum) in sums.into_iter().enumerate() {
                    sum.store(out.add(row * BLOCK + first + j * LANES));
                }
            }
        }
    }
}

/// Whether values can be read where they lie: in rows of whole lanes.
pub(super) fn values_in_place(job: &Attention) -> bool {
    job.values.has_rows() && job.values.shape()[3].is_multiple_of(LANES)
}

/// Adds the values of a block, by their weights in `scratch.scores`, to the `active` rows.
///
/// # Safety
///
/// As of [`Lanes`]; the rows must be within `scratch` and `rows`, and all of the same tile.
#[inline(always)]
pub(super) unsafe fn add_values<V: Lanes>(
    job: &Attention,
    tile: &Tile,
    block: &Range<usize>,
    active: &[usize],
    scratch: &mut Scratch,
    rows: &mut Rows,
) {
    let at = |key: usize| [tile.batch, key, tile.key_head];
    let (values, stride) = match job.values.row(at(block.start)) {
        Some(row) if values_in_place(job) => (row.as_ptr(), job.values.strides()[1]),
        _ => {
            for key in block.clone() {
                job.values.copy_row(at(key), &mut scratch.value_rows[(key - block.start) * rows.width..]);
            }
            (scratch.value_rows.as_ptr(), rows.width)
        }
    };
    let sums = Sums { weights: scratch.scores.as_ptr(), values, stride, to: rows.sums.as_mut_ptr(), width: rows.width };
    let seen = |row: usize| {
        let seen = scratch.seen[row].range();
        (seen.start.max(block.start) - block.start, seen.end.min(block.end) - block.start)
    };
    for together in active.chunks(TOGETHER) {
        let first = together.iter().map(|&row| seen(row).0).fold(0, usize::max);
        let end = together.iter().map(|&row| seen(row).1).fold(BLOCK, usize::min);
        // SAFETY: the keys are within the block, the rows within the tile.
        unsafe {
            // A row that sees more keys than the others has those alone, and in their order.
            for &row in together {
                let (own_first, own_end) = seen(row);
                let before = own_first..if first < end { first } else { own_end };
                if !before.is_empty() {
                    add_values_of::<V, 1, 4>(&[row], &scratch.factors, before, sums);
                    scratch.factors[row] = 1.0;
                }
            }
            if first < end {
                for_rows!(together.len(), add_values_of(together, &scratch.factors, first..end, sums));
                together.iter().for_each(|&row| scratch.factors[row] = 1.0);
                for &row in together.iter().filter(|&&row| end < seen(row).1) {
                    add_values_of::<V, 1, 4>(&[row], &scratch.factors, end..seen(row).1, sums);
                }
            }
        }
    }
}

/// What weighted sums are taken of, and where they are added.
#[derive(Clone, Copy)]
struct Sums {
    weights: *const f32,
    values: *const f32,
    stride: usize,
    to: *mut f32,
    width: usize,
}

#[inline(always)]
unsafe fn add_values_of<V: Lanes, const ROWS: usize, const VECTORS: usize>(
    rows: &[usize],
    factors: &[f32],
    keys: Range<usize>,
    sums: Sums,
) {
    let rows: [usize; ROWS] = std::array::from_fn(|i| rows[i]);
    let factors = rows.map(|row| factors[row]);
    let mut at = 0;
    // SAFETY: as of `add_values`.
    unsafe {
        while at + VECTORS * LANES <= sums.width {
            add_columns::<V, ROWS, VECTORS>(rows, factors, keys.clone(), at, sums);
            at += VECTORS * LANES;
        }
        while at < sums.width {
            add_columns::<V, ROWS, 1>(rows, factors, keys.clone(), at, sums);
            at += LANES;
        }
    }
}

#[inline(always)]
unsafe fn add_columns<V: Lanes, const ROWS: usize, const VECTORS: usize>(
    rows: [usize; ROWS],
    factors: [f32; ROWS],
    keys: Range<usize>,
    at: usize,
    Sums { weights, values, stride, to, width }: Sums,
) {
    // SAFETY: as of `add_values`; `VECTORS` vectors from `at` on are within the width.
    unsafe {
        let to = rows.map(|row| to.add(row * width + at));
        let weights = rows.map(|row| weights.add(row * BLOCK));
        let mut sums = [[V::splat(0.0); VECTORS]; ROWS];
        for ((sums, to), factor) in sums.iter_mut().zip(to).zip(factors) {
            for (j, sum) in sums.iter_mut().enumerate() {
                *sum = V::load(to.add(j * LANES)).mul(V::splat(factor));
            }
        }
        for key in keys {
            let mut vectors = [V::splat(0.0); VECTORS];
            for (j, vector) in vectors.iter_mut().enumerate() {
                *vector = V::load(values.add(key * stride + at + j * LANES));
            }
            for (sums, weights) in sums.iter_mut().zip(weights) {
                let weight = V::splat(*weights.add(key));
                for (sum, vector) in sums.iter_mut().zip(vectors) {
                    *sum = weight.mul_add(vector, *sum);
                }
            }
        }
        for (sums, to) in sums.into_iter().zip(to) {
            for (j, sum) in sums.into_iter().enumerate() {
                sum.store(to.add(j * LANES));
            }
        }
    }
}
