use std::sync::OnceLock;

use crate::level::at_level;
use crate::mask::Seen;
use crate::rows::{CHUNK, Rows, Tile, fold_keys};
use crate::{Level, Mask, MaskRanges, OneThread, Threads, View};

/// How many rows, of all query heads that share a key head, are computed together at most.
const TILE_ROWS: usize = 64;
/// Below so many multiplications the caller's thread is done before another would have begun.
const FEW_MULTIPLICATIONS: usize = 1 << 18;

/// What attention is computed of.
#[derive(Clone, Copy, Debug)]
pub struct Attention<'a> {
    /// (batch, queries, heads, width)
    pub queries: View<'a>,
    /// (batch, keys, key heads, width); as many query heads as `heads / key heads` follow one another on each.
    pub keys: View<'a>,
    /// (batch, keys, key heads, value width)
    pub values: View<'a>,
    /// What hides keys from queries. Without one, each query sees every key.
    pub mask: Option<(Mask<'a>, &'a MaskRanges)>,
    /// What the product of a query and a key is multiplied by.
    pub scale: f32,
    /// Scores go through `softcap * tanh(score / softcap)`, before the mask.
    pub softcap: Option<f32>,
}

impl Attention<'_> {
    pub(crate) fn heads_per_key_head(&self) -> usize {
        self.queries.shape()[2] / self.keys.shape()[2]
    }

    pub(crate) fn seen(&self, [batch, head, query]: [usize; 3]) -> Seen {
        let [batches, _, heads, _] = self.queries.shape();
        match &self.mask {
            Some((mask, ranges)) => ranges.seen(mask, [batches, heads], [batch, head, query]),
            None => Seen::all(self.keys.shape()[1]),
        }
    }

    fn check(&self, out: usize) -> Result<(), String> {
        let (q, k, v) = (self.queries.shape(), self.keys.shape(), self.values.shape());
        if k[0] != q[0] || k[3] != q[3] || v[..3] != k[..3] {
            return Err(format!("queries {q:?}, keys {k:?} and values {v:?} do not belong together"));
        }
        if q[2] > 0 && (k[2] == 0 || !q[2].is_multiple_of(k[2])) {
            return Err(format!("{} query heads on {} key heads", q[2], k[2]));
        }
        if out != q[0] * q[1] * q[2] * v[3] {
            return Err(format!("room for {out} numbers, not for queries {q:?} of width {}", v[3]));
        }
        if u32::try_from(k[1]).is_err() {
            return Err(format!("{} keys are too many", k[1]));
        }
        match &self.mask {
            Some((mask, ranges)) if !ranges.is_of(mask, k[1]) => {
                Err("the ranges are another mask's, or were read for another number of keys".into())
            }
            _ => Ok(()),
        }
    }
}

/// Writes `softmax(queries · keys · scale + mask) · values` to `out`, as (batch, queries, heads, value width) in order.
///
/// Each row depends on its own query and on the keys and values that it sees, and on their positions, alone. A row that
/// sees no key is zero; one that sees a score which is not a number, or is infinite, is not a number. Values are not
/// read outside the range from a row's first key to its last; inside, a hidden key's values count as zero times
/// themselves.
///
/// # Errors
///
/// Shapes that do not belong together.
///
/// # Panics
///
/// When this processor does not have the level.
pub fn attention(level: Level, threads: &dyn Threads, job: &Attention, out: &mut [f32]) -> Result<(), String> {
    job.check(out.len())?;
    let [batches, queries, heads, width] = job.queries.shape();
    let [_, keys, key_heads, value_width] = job.values.shape();
    if out.is_empty() {
        return Ok(());
    }
    let queries_per_tile = (TILE_ROWS / job.heads_per_key_head()).max(1);
    let tiles_per_head = queries.div_ceil(queries_per_tile);
    let tiles = batches * key_heads * tiles_per_head;
    let tile = |index: usize| {
        let (at, part) = (index / tiles_per_head, index % tiles_per_head);
        // The last queries see the most keys: they go first, so that no thread is left alone with them.
        let first_query = (tiles_per_head - 1 - part) * queries_per_tile;
        Tile {
            batch: at / key_heads,
            key_head: at % key_heads,
            first_query,
            queries: queries_per_tile.min(queries - first_query),
        }
    };
    let chunks = keys.div_ceil(CHUNK);
    let multiplications = batches * queries * heads * keys * (width + value_width);
    let threads = if multiplications < FEW_MULTIPLICATIONS { &OneThread } else { threads };
    let output = Output { first: out.as_mut_ptr(), row_width: value_width, heads, queries };
    if threads.count() == 1 || chunks <= 1 || tiles >= 4 * threads.count() {
        threads.each(tiles, &|index| {
            let tile = tile(index);
            let mut total = Rows::new(job, &tile);
            fold(level, job, &tile, 0..chunks, &mut total);
            // SAFETY: this tile's rows are no other's.
            unsafe { output.write(job, &tile, &total) };
        });
        return Ok(());
    }
    // Few queries: the threads share the keys. What each chunk gives is put together in the same order as above.
    let parts: Vec<OnceLock<Rows>> = (0..tiles * chunks).map(|_| OnceLock::new()).collect();
    threads.each(parts.len(), &|index| {
        let (tile, chunk) = (tile(index / chunks), index % chunks);
        let mut part = Rows::new(job, &tile);
        fold(level, job, &tile, chunk..chunk + 1, &mut part);
        let _ = parts[index].set(part);
    });
    for (index, parts) in parts.chunks(chunks).enumerate() {
        let tile = tile(index);
        let mut total = Rows::new(job, &tile);
        for part in parts.iter().filter_map(OnceLock::get) {
            merge(level, &mut total, part);
        }
        // SAFETY: no other thread writes any more.
        unsafe { output.write(job, &tile, &total) };
    }
    Ok(())
}

/// Adds chunks of keys to a tile's rows.
fn fold(level: Level, job: &Attention, tile: &Tile, chunks: std::ops::Range<usize>, total: &mut Rows) {
    at_level!(level, fold_keys(job: &Attention, tile: &Tile, chunks: std::ops::Range<usize>, total: &mut Rows));
}

fn merge(level: Level, total: &mut Rows, part: &Rows) {
    use crate::rows::merge_rows;
    at_level!(level, merge_rows(total: &mut Rows, part: &Rows));
}

/// Where the rows go, from any thread.
struct Output {
    first: *mut f32,
    row_width: usize,
    heads: usize,
    queries: usize,
}

// SAFETY: only `write` uses the pointer, and its callers see to it that no two threads write to the same rows.
unsafe impl Sync for Output {}

impl Output {
    /// # Safety
    ///
    /// The numbers must still be there, and nobody else may use this tile's rows meanwhile.
    unsafe fn write(&self, job: &Attention, tile: &Tile, rows: &Rows) {
        for row in 0..rows.count() {
            let (query, head) = tile.row(job, row);
            let at = ((tile.batch * self.queries + query) * self.heads + head) * self.row_width;
            // SAFETY: `check` has compared the shape with the numbers' count, and the tile lies within the shape.
            let out = unsafe { std::slice::from_raw_parts_mut(self.first.add(at), self.row_width) };
            rows.finish(row, out);
        }
    }
}
