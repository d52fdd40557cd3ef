//! Products with matrices that are stored in blocks of 32 small integers: GGUF's Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0.
//!
//! What must hold: the product of a row of activations with a row of weights depends on those two alone, bit for bit,
//! however many rows are computed with it and by whichever instructions. Activations are rounded to blocks of 32
//! eight-bit integers, block by block; within a block integers are added up, which is exact in any order; and over the
//! blocks, from the first to the last,
//!
//! ```text
//! sum = fma(integers, scale of the weights * scale of the activations, sum)
//! sum = fma(minimum of the weights, scale of the activations * their integers added up, sum)    with a minimum
//! ```
//!
//! A few rows are computed where the weights lie, as that is as fast as memory; more rows share a panel of sixteen rows
//! of weights, which each thread lays out anew for its registers, so that no second copy of a matrix is kept.

use std::cell::RefCell;

use crate::threads::Threads;

mod activations;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod block_type;
#[cfg(target_arch = "x86_64")]
mod fill_panel;
#[cfg(target_arch = "x86_64")]
mod in_place;
mod integer_level;
mod panel;
mod plain;

use activations::Activations;
pub use block_type::BlockType;
pub use integer_level::IntegerLevel;
use panel::{PANEL_ROWS, Panel};

/// How many numbers a block has.
const BLOCK: usize = 32;

/// From so many rows of activations on, laying out a panel pays.
const PANEL_FROM: usize = 3;

/// A matrix as a GGUF file stores it: row after row, each of whole blocks.
#[derive(Clone, Copy, Debug)]
pub struct QuantisedMatrix<'a> {
    block_type: BlockType,
    bytes: &'a [u8],
    rows: usize,
    columns: usize,
}

impl<'a> QuantisedMatrix<'a> {
    /// The matrix that `bytes` hold.
    ///
    /// # Errors
    ///
    /// Rows that are no whole number of blocks, or another number of bytes than the shape takes.
    pub fn new(block_type: BlockType, bytes: &'a [u8], rows: usize, columns: usize) -> Result<Self, String> {
        let expected = (columns / BLOCK).checked_mul(block_type.bytes()).and_then(|row| row.checked_mul(rows));
        if !columns.is_multiple_of(BLOCK) || expected != Some(bytes.len()) {
            let have = bytes.len();
            return Err(format!("{have} bytes are no {block_type:?} matrix of {rows} rows and {columns} columns"));
        }
        Ok(Self { block_type, bytes, rows, columns })
    }

    fn blocks_per_row(&self) -> usize {
        self.columns / BLOCK
    }

    fn row_bytes(&self) -> usize {
        self.blocks_per_row() * self.block_type.bytes()
    }

    /// Where a row begins, which must be one of the matrix.
    fn row(&self, row: usize) -> *const u8 {
        self.bytes[row * self.row_bytes()..].as_ptr()
    }
}

/// Writes the products of every row of `activations` with every row of `weights` to `out`.
///
/// `activations` has rows of as many numbers as `weights` has columns, `out` as many rows of as many numbers as `weights`
/// has rows. A row of activations with a NaN or an infinity in it gives NaN.
///
/// # Panics
///
/// Lengths that do not fit, or a `level` that this processor does not have.
pub fn quantised_matmul(
    weights: &QuantisedMatrix<'_>,
    activations: &[f32],
    out: &mut [f32],
    level: IntegerLevel,
    threads: &dyn Threads,
) {
    assert!(level.is_available(), "this processor has no {level:?}");
    if weights.columns == 0 {
        return out.fill(0.0);
    }
    let rows = activations.len() / weights.columns;
    assert_eq!(rows * weights.columns, activations.len(), "activations are no whole rows");
    assert_eq!(rows * weights.rows, out.len(), "out does not fit");
    if rows == 0 || weights.rows == 0 {
        return;
    }
    // SAFETY: it has them, as was seen above.
    let activations = unsafe { Activations::quantise(activations, weights, level, threads) };
    let panels = weights.rows.div_ceil(PANEL_ROWS);
    let out = Out { start: out.as_mut_ptr(), columns: weights.rows };
    // Units of several panels, so that a unit is worth its way to another thread.
    let unit = panels.div_ceil(threads.count() * 8).max(1);
    threads.each(panels.div_ceil(unit), &|at| {
        let last = panels.min((at + 1) * unit);
        for panel in at * unit..last {
            let columns = panel * PANEL_ROWS..weights.rows.min((panel + 1) * PANEL_ROWS);
            compute(weights, columns, &activations, &out, level);
        }
    });
}

/// The columns of the result that a panel's rows of weights make.
fn compute(
    weights: &QuantisedMatrix<'_>,
    columns: std::ops::Range<usize>,
    activations: &Activations,
    out: &Out,
    level: IntegerLevel,
) {
    thread_local! {
        static PANEL: RefCell<Panel> = RefCell::default();
    }
    let in_panel = activations.rows() >= PANEL_FROM;
    PANEL.with_borrow_mut(|panel| {
        // SAFETY: the processor has the level's instructions; the columns are rows of the weights; every element of the
        // result belongs to one panel, and so to one thread.
        unsafe {
            match level {
                #[cfg(target_arch = "x86_64")]
                IntegerLevel::Avx512Vnni if in_panel => avx512::panel(weights, columns, activations, panel, out),
                #[cfg(target_arch = "x86_64")]
                IntegerLevel::Avx512Vnni => avx512::in_place(weights, columns, activations, out),
                #[cfg(target_arch = "x86_64")]
                IntegerLevel::Avx2 if in_panel => avx2::panel(weights, columns, activations, panel, out),
                #[cfg(target_arch = "x86_64")]
                IntegerLevel::Avx2 => avx2::in_place(weights, columns, activations, out),
                IntegerLevel::Plain => plain::in_place(weights, columns, activations, out),
                #[cfg(not(target_arch = "x86_64"))]
                _ => unreachable!("a level that is not available"),
            }
        }
    });
}

/// The result, which several threads write to at once.
struct Out {
    start: *mut f32,
    columns: usize,
}

// SAFETY: each element is written by one thread, and read by none before all are done.
unsafe impl Sync for Out {}

impl Out {
    /// Where an element lies.
    fn at(&self, row: usize, column: usize) -> *mut f32 {
        // SAFETY: callers stay within the rows of the activations and of the weights.
        unsafe { self.start.add(row * self.columns + column) }
    }
}

#[cfg(test)]
mod tests;
