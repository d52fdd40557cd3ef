use super::BLOCK;
use super::block_type::BlockType;

/// How many rows of weights a panel has.
pub(super) const PANEL_ROWS: usize = 16;

/// Levels of a block of all rows of a panel.
pub(super) const PANEL_BLOCK: usize = PANEL_ROWS * BLOCK;

/// Sixteen rows of weights side by side: of each block, first numbers 0 to 3 of every row, then numbers 4 to 7, and so on.
/// Four numbers are what one lane of a dot product takes.
#[derive(Default)]
pub(super) struct Panel {
    pub levels: Vec<u8>,
    pub scales: Vec<f32>,
    pub minimums: Vec<f32>,
}

impl Panel {
    /// Makes room for rows of so many blocks.
    pub fn resize(&mut self, blocks: usize, block_type: BlockType) {
        self.levels.resize(blocks * PANEL_BLOCK, 0);
        self.scales.resize(blocks * PANEL_ROWS, 0.0);
        self.minimums.resize(if block_type.has_minimum() { blocks * PANEL_ROWS } else { 0 }, 0.0);
    }
}
