/// How 32 weights are stored. Each is `scale * (level - zero) + minimum`, with half-precision `scale` and `minimum` per
/// block; the layouts are ggml's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockType {
    /// Four bits, zero at 8.
    Q4_0,
    /// Four bits and a minimum.
    Q4_1,
    /// Five bits, zero at 16.
    Q5_0,
    /// Five bits and a minimum.
    Q5_1,
    /// Eight bits with a sign.
    Q8_0,
}

impl BlockType {
    /// All there are.
    pub const ALL: [Self; 5] = [Self::Q4_0, Self::Q4_1, Self::Q5_0, Self::Q5_1, Self::Q8_0];

    /// How many bytes a block takes: the scale, the minimum, the fifth bits, and the other bits.
    #[must_use]
    pub const fn bytes(self) -> usize {
        self.levels_at() + if matches!(self, Self::Q8_0) { 32 } else { 16 }
    }

    /// The level that stands for 0. Levels are counted from 0 on: those of Q8_0 from -128.
    pub(super) const fn zero(self) -> i32 {
        match self {
            Self::Q4_0 => 8,
            Self::Q5_0 => 16,
            Self::Q8_0 => 128,
            Self::Q4_1 | Self::Q5_1 => 0,
        }
    }

    pub(super) const fn has_minimum(self) -> bool {
        matches!(self, Self::Q4_1 | Self::Q5_1)
    }

    pub(super) const fn has_fifth_bits(self) -> bool {
        matches!(self, Self::Q5_0 | Self::Q5_1)
    }

    /// Where in a block the 32 fifth bits begin, where it has them.
    pub(super) const fn fifth_bits_at(self) -> usize {
        if self.has_minimum() { 4 } else { 2 }
    }

    /// Where in a block its levels begin. Of four bits, those of numbers 0 to 15 are the lower halves of the bytes.
    pub(super) const fn levels_at(self) -> usize {
        self.fifth_bits_at() + if self.has_fifth_bits() { 4 } else { 0 }
    }
}
