//! Rows of attention in the making: what the keys so far have given, and how some more are added.
//!
//! Keys are taken in blocks, and blocks in chunks, both counted from the first key there is. A chunk begins with
//! nothing, and its blocks are added one after another by the online softmax (Milakov and Gimelshein, 2018); then
//! the chunk is added to those before it. So it makes no difference who computes which chunk, or with which rows.

use std::ops::Range;

use crate::lanes::{LANES, Lanes};
use crate::mask::Seen;
use crate::{Attention, Sees};

mod blocks;
mod floats;

use blocks::{BLOCK, add_values, pack_keys, scores, values_in_place};
use floats::Floats;

/// How many keys make a chunk.
pub(crate) const CHUNK: usize = 4 * BLOCK;
/// How many rows are in registers together.
const TOGETHER: usize = 6;

/// Queries that are computed together: some of one sequence, for all heads on one key head.
pub(crate) struct Tile {
    pub(crate) batch: usize,
    pub(crate) key_head: usize,
    pub(crate) first_query: usize,
    pub(crate) queries: usize,
}

impl Tile {
    /// The query and the head of a row.
    pub(crate) fn row(&self, job: &Attention, row: usize) -> (usize, usize) {
        let group = job.heads_per_key_head();
        (self.first_query + row / group, self.key_head * group + row % group)
    }
}

/// For each row: the largest score so far, and relative to it the sum of the weights and the weighted sum of values.
pub(crate) struct Rows {
    count: usize,
    /// A multiple of the lanes.
    width: usize,
    largest: Vec<f32>,
    weights: Vec<f32>,
    sums: Floats,
}

impl Rows {
    pub(crate) fn new(job: &Attention, tile: &Tile) -> Self {
        let count = tile.queries * job.heads_per_key_head();
        let width = job.values.shape()[3].next_multiple_of(LANES);
        let (largest, weights) = (vec![f32::NEG_INFINITY; count], vec![0.0; count]);
        Self { count, width, largest, weights, sums: Floats::zeros(count * width) }
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    fn clear(&mut self) {
        self.largest.fill(f32::NEG_INFINITY);
        self.weights.fill(0.0);
        self.sums.fill(0.0);
    }

    /// The row as it is when there are no more keys.
    pub(crate) fn finish(&self, row: usize, out: &mut [f32]) {
        let weights = self.weights[row];
        let factor = if weights == 0.0 { 0.0 } else { 1.0 / weights };
        for (out, sum) in out.iter_mut().zip(&self.sums[row * self.width..]) {
            // Zero is added for its sign: what a negative zero becomes depends on the zeros that were added to it.
            *out = sum * factor + 0.0;
        }
    }
}

/// Adds `part`, of the keys that follow, to `total`.
///
/// # Safety
///
/// As of [`Lanes`]; both must be of the same tile.
#[inline(always)]
pub(crate) unsafe fn merge_rows<V: Lanes>(total: &mut Rows, part: &Rows) {
    for row in 0..total.count {
        if part.weights[row] == 0.0 {
            continue;
        }
        let (old, new) = (total.largest[row], part.largest[row]);
        let largest = if old > new { old } else { new };
        // SAFETY: the sums of a row are `width` numbers in both, and that is a multiple of the lanes.
        unsafe {
            let (keep, add) = (V::splat(old - largest).exp(), V::splat(new - largest).exp());
            total.weights[row] = part.weights[row].mul_add(add.largest(), total.weights[row] * keep.largest());
            total.largest[row] = largest;
            let to = total.sums[row * total.width..].as_mut_ptr();
            let from = part.sums[row * total.width..].as_ptr();
            for i in (0..total.width).step_by(LANES) {
                V::load(from.add(i)).mul_add(add, V::load(to.add(i)).mul(keep)).store(to.add(i));
            }
        }
    }
}

/// Room for what is computed on the way.
struct Scratch {
    /// Row after row.
    queries: Floats,
    seen: Vec<Seen>,
    /// Number after number, each of all keys of the block.
    keys: Floats,
    /// Key after key, and value after value, where they have to be copied.
    key_rows: Floats,
    value_rows: Floats,
    /// In place of the keys that a block lacks.
    zero_row: Floats,
    /// Row after row: scores, then weights.
    scores: Floats,
    /// By how much what a row had is less, now that a larger score is there.
    factors: Vec<f32>,
}

/// Adds chunks of keys to a tile's rows.
///
/// # Safety
///
/// As of [`Lanes`]; `total` must be of this tile.
#[inline(always)]
pub(crate) unsafe fn fold_keys<V: Lanes>(job: &Attention, tile: &Tile, chunks: Range<usize>, total: &mut Rows) {
    let ([.., width], [_, keys, _, value_width]) = (job.queries.shape(), job.values.shape());
    let value_width = value_width.next_multiple_of(LANES);
    let mut scratch = Scratch {
        queries: Floats::zeros(total.count * width),
        seen: Vec::with_capacity(total.count),
        keys: Floats::zeros(width * BLOCK),
        key_rows: Floats::zeros(if job.keys.has_rows() { 0 } else { width * BLOCK }),
        value_rows: Floats::zeros(if values_in_place(job) { 0 } else { value_width * BLOCK }),
        zero_row: Floats::zeros(width),
        scores: Floats::zeros(total.count * BLOCK),
        factors: vec![0.0; total.count],
    };
    for row in 0..total.count {
        let (query, head) = tile.row(job, row);
        job.queries.copy_row([tile.batch, query, head], &mut scratch.queries[row * width..]);
        scratch.seen.push(job.seen([tile.batch, head, query]));
    }
    let mut part = Rows::new(job, tile);
    let mut active = Vec::with_capacity(total.count);
    for chunk in chunks {
        part.clear();
        for first in (chunk * CHUNK..keys.min((chunk + 1) * CHUNK)).step_by(BLOCK) {
            let block = first..keys.min(first + BLOCK);
            active.clear();
            active.extend((0..total.count).filter(|&row| {
                let seen = scratch.seen[row].range();
                seen.start < block.end && block.start < seen.end
            }));
            if !active.is_empty() {
                // SAFETY: as of this function.
                unsafe { fold_block::<V>(job, tile, block, &mut active, &mut scratch, &mut part) };
            }
        }
        // SAFETY: as of this function.
        unsafe { merge_rows::<V>(total, &part) };
    }
}

/// Adds a block of keys to the `active` rows.
///
/// # Safety
///
/// As of [`fold_keys`], which gives the rest of the arguments.
#[inline(always)]
unsafe fn fold_block<V: Lanes>(
    job: &Attention,
    tile: &Tile,
    block: Range<usize>,
    active: &mut Vec<usize>,
    scratch: &mut Scratch,
    rows: &mut Rows,
) {
    let width = job.queries.shape()[3];
    // SAFETY: the scratch has room for the tile and a block, and rows are of the tile.
    unsafe {
        pack_keys::<V>(job, tile, &block, scratch);
        for together in active.chunks(TOGETHER) {
            scores::<V>(together, width, &scratch.queries, &scratch.keys, &mut scratch.scores);
        }
        // Not by `retain`: what a closure calls is compiled for its own instructions.
        let mut kept = 0;
        for i in 0..active.len() {
            let row = active[i];
            let scores = &mut scratch.scores[row * BLOCK..(row + 1) * BLOCK];
            if let Some(factor) = weigh::<V>(job, tile, row, &block, scratch.seen[row], scores, rows) {
                scratch.factors[row] = factor;
                active[kept] = row;
                kept += 1;
            }
        }
        active.truncate(kept);
        add_values::<V>(job, tile, &block, active, scratch, rows);
    }
}

/// Turns a row's products into weights, relative to the row's largest score so far, and returns what those of the keys
/// before are to be multiplied by; nothing where the row sees none of these keys.
///
/// # Safety
///
/// As of [`fold_block`]; there must be scores of a block.
#[inline(always)]
unsafe fn weigh<V: Lanes>(
    job: &Attention,
    tile: &Tile,
    row: usize,
    block: &Range<usize>,
    seen: Seen,
    scores: &mut [f32],
    rows: &mut Rows,
) -> Option<f32> {
    const VECTORS: usize = BLOCK / LANES;
    let range = seen.range();
    let (first, end) = (range.start.max(block.start) - block.start, range.end.min(block.end) - block.start);
    // SAFETY: there are `BLOCK` scores.
    unsafe {
        let at = scores.as_mut_ptr();
        for i in 0..VECTORS {
            let score = V::load(at.add(i * LANES)).mul(V::splat(job.scale));
            let score = match job.softcap {
                Some(cap) => score.div(V::splat(cap)).tanh().mul(V::splat(cap)),
                None => score,
            };
            score.store(at.add(i * LANES));
        }
        if let (false, Sees::Unmasked(mask, _)) = (seen.plainly, &job.sees) {
            let [batches, _, heads, _] = job.queries.shape();
            let (query, head) = tile.row(job, row);
            let at = [tile.batch, head, query];
            mask.add_to([batches, heads], at, block.start + first, &mut scores[first..end]);
        }
        scores[..first].fill(f32::NEG_INFINITY);
        scores[end..].fill(f32::NEG_INFINITY);
        let at = scores.as_mut_ptr();
        let mut largest = V::load(at);
        for i in 1..VECTORS {
            largest = largest.max(V::load(at.add(i * LANES)));
        }
        let mut largest = largest.largest();
        if largest == f32::NEG_INFINITY {
            // Nothing to see, unless it is not a number.
            largest = scores[first..end].iter().copied().find(|score| score.is_nan())?;
        }
        let old = rows.largest[row];
        let largest = if old > largest { old } else { largest };
        let factor = if old == largest { 1.0 } else { V::splat(old - largest).exp().largest() };
        let mut sums = [V::splat(0.0); VECTORS];
        for (i, sum) in sums.iter_mut().enumerate() {
            *sum = V::load(at.add(i * LANES)).sub(V::splat(largest)).exp();
            sum.store(at.add(i * LANES));
        }
        let sum = sums[0].add(sums[1]).add(sums[2].add(sums[3])).sum();
        rows.weights[row] = rows.weights[row].mul_add(factor, sum);
        rows.largest[row] = largest;
        Some(factor)
    }
}
