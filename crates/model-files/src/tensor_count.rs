//! How much of a model is of one number type.

/// Tensors of one type, added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TensorCount {
    /// Tensors.
    pub tensors: u64,
    /// Numbers in them.
    pub elements: u64,
    /// Their bytes in the file.
    pub bytes: u64,
}

impl TensorCount {
    /// Counts one more tensor.
    pub(crate) fn add(&mut self, elements: u64, bytes: u64) {
        *self = self.plus(Self { tensors: 1, elements, bytes });
    }

    /// Both together.
    #[must_use]
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            tensors: self.tensors.saturating_add(other.tensors),
            elements: self.elements.saturating_add(other.elements),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }
}
