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
    /// Which keys each query sees.
    pub sees: Sees<'a>,
    /// What the product of a query and a key is multiplied by.
    pub scale: f32,
    /// Scores go through `softcap * tanh(score / softcap)`, before the mask.
    pub softcap: Option<f32>,
}

/// Which keys a query sees.
#[derive(Clone, Copy, Debug)]
pub enum Sees<'a> {
    /// All of them.
    All,
    /// Those up to its own. The last query's own is the last key.
    UpToItself,
    /// What a mask does not hide.
    Unmasked(Mask<'a>, &'a MaskRanges),
}

impl Attention<'_> {
    pub(crate) fn heads_per_key_head(&self) -> usize {
        self.queries.shape()[2] / self.keys.shape()[2]
    }

    pub(crate) fn seen(&self, [batch, head, query]: [usize; 3]) -> Seen {
        let ([batches, queries, heads, _], [_, keys, ..]) = (self.queries.shape(), self.keys.shape());
        match &self.sees {
            Sees::All => Seen::first(keys),
            Sees::UpToItself => Seen::first(keys - queries + query + 1),
            Sees::Unmasked(mask, ranges) => ranges.seen(mask, [batches, heads], [batch, head, query]),
        }
    }

    /// How many numbers the result has.
    fn numbers(&self) -> usize {
        let ([batches, queries, heads, _], [.., width]) = (self.queries.shape(), self.values.shape());
        batches * queries * heads * width
    }

    /// As many keys as are folded at once, and what is left.
    fn chunks(&self) -> usize {
        self.keys.shape()[1].div_ceil(CHUNK)
    }

    fn multiplications(&self) -> usize {
        let ([batches, queries, heads, width], [_, keys, _, value_width]) = (self.queries.shape(), self.values.shape());
        batches * queries * heads * keys * (width + value_width)
    }

    /// What threads compute, one tile each: the last queries first, as they see the most keys, so that no thread is left
    /// alone with them.
    fn tiles(&self) -> impl Iterator<Item = Tile> {
        let ([batches, queries, ..], [_, _, key_heads, _]) = (self.queries.shape(), self.keys.shape());
        let most = (TILE_ROWS / self.heads_per_key_head()).max(1);
        let first_queries = move || (0..queries).step_by(most).rev();
        let heads = (0..batches).flat_map(move |batch| (0..key_heads).map(move |key_head| (batch, key_head)));
        heads.flat_map(move |(batch, key_head)| {
            first_queries().map(move |first_query| {
                let queries = most.min(queries - first_query);
                Tile { batch, key_head, first_query, queries }
            })
        })
    }

    fn check(&self) -> Result<(), String> {
        let (q, k, v) = (self.queries.shape(), self.keys.shape(), self.values.shape());
        if k[0] != q[0] || k[3] != q[3] || v[..3] != k[..3] {
            return Err(format!("queries {q:?}, keys {k:?} and values {v:?} do not belong together"));
        }
        if q[2] > 0 && (k[2] == 0 || !q[2].is_multiple_of(k[2])) {
            return Err(format!("{} query heads on {} key heads", q[2], k[2]));
        }
        if u32::try_from(k[1]).is_err() {
            return Err(format!("{} keys are too many", k[1]));
        }
        match &self.sees {
            Sees::Unmasked(mask, ranges) if !ranges.is_of(mask, k[1]) => {
                Err("the ranges are another mask's, or were read for another number of keys".into())
            }
            Sees::UpToItself if k[1] < q[1] => Err(format!("{} keys, and more queries: {}", k[1], q[1])),
            _ => Ok(()),
        }
    }
}

/// Writes `softmax(queries · keys · scale + mask) · values` of each job to `out`, one behind the other, each as (batch,
/// queries, heads, value width) in order.
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
pub fn attention(level: Level, threads: &dyn Threads, jobs: &[Attention], out: &mut [f32]) -> Result<(), String> {
    jobs.iter().try_for_each(Attention::check)?;
    let (room, wanted) = (out.len(), jobs.iter().map(Attention::numbers).sum::<usize>());
    if room != wanted {
        return Err(format!("room for {room} numbers, and not for {wanted}"));
    }
    let mut rest = out;
    let mut tiles = Vec::new();
    for job in jobs.iter().filter(|job| job.numbers() > 0) {
        let own = rest.split_off_mut(..job.numbers()).unwrap_or_default();
        let output = Output::new(job, own);
        tiles.extend(job.tiles().map(|tile| (job, tile, output)));
    }
    let multiplications = jobs.iter().map(Attention::multiplications).sum::<usize>();
    let threads = if multiplications < FEW_MULTIPLICATIONS { &OneThread } else { threads };
    let parts = || tiles.iter().enumerate().flat_map(|(at, (job, ..))| (0..job.chunks()).map(move |chunk| (at, chunk)));
    if threads.count() == 1 || tiles.len() >= 4 * threads.count() || parts().count() <= tiles.len() {
        threads.each(tiles.len(), &|index| {
            let (job, tile, output) = &tiles[index];
            let mut total = Rows::new(job, tile);
            fold(level, job, tile, 0..job.chunks(), &mut total);
            // SAFETY: this tile's rows are no other's.
            unsafe { output.write(job, tile, &total) };
        });
        return Ok(());
    }
    // Few queries: the threads share the keys. What each chunk gives is put together in the same order as above.
    let parts: Vec<(usize, usize, OnceLock<Rows>)> =
        parts().map(|(tile, chunk)| (tile, chunk, OnceLock::new())).collect();
    threads.each(parts.len(), &|index| {
        let (at, chunk, rows) = &parts[index];
        let (job, tile, _) = &tiles[*at];
        let mut part = Rows::new(job, tile);
        fold(level, job, tile, *chunk..chunk + 1, &mut part);
        let _ = rows.set(part);
    });
    for parts in parts.chunk_by(|(one, ..), (other, ..)| one == other) {
        let (job, tile, output) = &tiles[parts[0].0];
        let mut total = Rows::new(job, tile);
        for part in parts.iter().filter_map(|(.., rows)| rows.get()) {
            merge(level, &mut total, part);
        }
        // SAFETY: no other thread writes any more.
        unsafe { output.write(job, tile, &total) };
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

/// Where a job's rows go, from any thread.
#[derive(Clone, Copy)]
struct Output {
    first: *mut f32,
    row_width: usize,
    heads: usize,
    queries: usize,
}

// SAFETY: only `write` uses the pointer, and its callers see to it that no two threads write to the same rows.
unsafe impl Sync for Output {}

impl Output {
    fn new(job: &Attention, out: &mut [f32]) -> Self {
        let [_, queries, heads, _] = job.queries.shape();
        Self { first: out.as_mut_ptr(), row_width: job.values.shape()[3], heads, queries }
    }

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
