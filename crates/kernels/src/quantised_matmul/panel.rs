use super::block_type::BlockType;
use super::{BLOCK, QuantisedMatrix};

/// How many rows of weights a panel has.
pub(super) const PANEL_ROWS: usize = 16;

/// Levels of a block of all rows of a panel.
pub(super) const PANEL_BLOCK: usize = PANEL_ROWS * BLOCK;

/// What memory gives at once.
const LINE_BYTES: usize = 64;

/// Sixteen rows of weights side by side: of each block, first numbers 0 to 3 of every row, then numbers 4 to 7, and so on.
/// Four numbers are what one lane of a dot product takes.
#[derive(Default)]
pub(super) struct Panel {
    pub levels: Vec<u8>,
    pub scales: Vec<f32>,
    pub minimums: Vec<f32>,
}

/// The weights of the next panel, which memory is asked for while this one is computed with.
pub(super) struct Ahead {
    next: *const u8,
    lines_left: usize,
    lines_per_block: usize,
}

impl Ahead {
    /// What lies behind the panel's rows, which begin with `first`, asked for evenly over so many blocks of activations.
    pub fn of(weights: &QuantisedMatrix<'_>, first: usize, blocks: usize) -> Self {
        let next = (first + PANEL_ROWS).min(weights.rows);
        let bytes = PANEL_ROWS.min(weights.rows - next) * weights.row_bytes();
        let lines_left = bytes.div_ceil(LINE_BYTES);
        let lines_per_block = lines_left.div_ceil(blocks);
        Self { next: weights.bytes[next * weights.row_bytes()..].as_ptr(), lines_left, lines_per_block }
    }

    /// Asks for the share of one block.
    #[inline(always)]
    pub fn ask(&mut self) {
        for _ in 0..self.lines_per_block.min(self.lines_left) {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: every x86-64 processor has the instruction, which reads nothing itself.
            unsafe {
                use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
                _mm_prefetch::<_MM_HINT_T1>(self.next.cast());
            }
            self.next = self.next.wrapping_add(LINE_BYTES);
            self.lines_left -= 1;
        }
    }
}

impl Panel {
    /// Makes room for rows of so many blocks.
    pub fn resize(&mut self, blocks: usize, block_type: BlockType) {
        self.levels.resize(blocks * PANEL_BLOCK, 0);
        self.scales.resize(blocks * PANEL_ROWS, 0.0);
        self.minimums.resize(if block_type.has_minimum() { blocks * PANEL_ROWS } else { 0 }, 0.0);
    }
}
