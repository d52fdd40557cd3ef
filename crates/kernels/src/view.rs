use half::slice::HalfFloatSliceExt as _;
use half::{bf16, f16};

/// Numbers as they lie in memory.
#[derive(Clone, Copy, Debug)]
pub enum Data<'a> {
    /// 32-bit floats.
    F32(&'a [f32]),
    /// IEEE half precision.
    F16(&'a [f16]),
    /// bfloat16.
    BF16(&'a [bf16]),
}

impl Data<'_> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::F32(data) => data.len(),
            Self::F16(data) => data.len(),
            Self::BF16(data) => data.len(),
        }
    }

    pub(crate) fn get(&self, at: usize) -> f32 {
        match self {
            Self::F32(data) => data[at],
            Self::F16(data) => data[at].to_f32(),
            Self::BF16(data) => data[at].to_f32(),
        }
    }
}

/// A tensor of four dimensions in memory that is somebody else's.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    data: Data<'a>,
    shape: [usize; 4],
    strides: [usize; 4],
}

impl<'a> View<'a> {
    /// The tensor of this shape that begins with the first number of `data`; strides count numbers.
    ///
    /// # Errors
    ///
    /// The shape reaches beyond `data`.
    pub fn new(data: Data<'a>, shape: [usize; 4], strides: [usize; 4]) -> Result<Self, String> {
        let empty = shape.contains(&0);
        let last = shape
            .iter()
            .zip(&strides)
            .try_fold(0usize, |last, (&size, &stride)| last.checked_add(size.saturating_sub(1).checked_mul(stride)?));
        if !empty && last.is_none_or(|last| last >= data.len()) {
            return Err(format!("shape {shape:?} with strides {strides:?} reaches beyond {} numbers", data.len()));
        }
        Ok(Self { data, shape, strides })
    }

    pub(crate) fn shape(&self) -> [usize; 4] {
        self.shape
    }

    pub(crate) fn strides(&self) -> [usize; 4] {
        self.strides
    }

    fn offset(&self, [a, b, c]: [usize; 3]) -> usize {
        assert!(a < self.shape[0] && b < self.shape[1] && c < self.shape[2], "a row beyond the tensor");
        a * self.strides[0] + b * self.strides[1] + c * self.strides[2]
    }

    /// Whether rows lie in memory as they are needed: 32-bit floats, one after another.
    pub(crate) fn has_rows(&self) -> bool {
        matches!(self.data, Data::F32(_)) && (self.strides[3] == 1 || self.shape[3] == 1)
    }

    /// The row `self[a, b, c, ..]` in place, if [`has_rows`](Self::has_rows).
    pub(crate) fn row(&self, at: [usize; 3]) -> Option<&'a [f32]> {
        match self.data {
            Data::F32(data) if self.has_rows() => {
                let start = self.offset(at);
                Some(&data[start..start + self.shape[3]])
            }
            _ => None,
        }
    }

    pub(crate) fn value(&self, at: [usize; 3], i: usize) -> f32 {
        self.data.get(self.offset(at) + i * self.strides[3])
    }

    /// Copies the row `self[a, b, c, ..]` to the beginning of `out`.
    pub(crate) fn copy_row(&self, at: [usize; 3], out: &mut [f32]) {
        let start = self.offset(at);
        let [.., width] = self.shape;
        let stride = self.strides[3];
        let out = &mut out[..width];
        if stride == 1 {
            match self.data {
                Data::F32(data) => out.copy_from_slice(&data[start..start + width]),
                Data::F16(data) => data[start..start + width].convert_to_f32_slice(out),
                Data::BF16(data) => data[start..start + width].convert_to_f32_slice(out),
            }
        } else {
            for (i, out) in out.iter_mut().enumerate() {
                *out = self.data.get(start + i * stride);
            }
        }
    }
}
