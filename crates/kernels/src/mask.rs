use std::ops::Range;

use crate::{Data, View};

/// What is added to the scores: minus infinity where a query does not see a key.
#[derive(Clone, Copy, Debug)]
pub struct Mask<'a> {
    view: View<'a>,
    rank: usize,
}

impl<'a> Mask<'a> {
    /// A mask over (keys), (queries, keys), (batch or heads or both, queries, keys) or (batch, heads, queries, keys).
    ///
    /// A dimension of 1 counts for all. What lies beyond a dimension that is too short has the last value in it.
    ///
    /// # Errors
    ///
    /// Another rank, an empty dimension, or a shape that reaches beyond `data`.
    pub fn new(data: Data<'a>, shape: &[usize], strides: &[usize]) -> Result<Self, String> {
        let rank = shape.len();
        if !(1..=4).contains(&rank) || strides.len() != rank || shape.contains(&0) {
            return Err(format!("a mask of shape {shape:?}; it takes one to four dimensions, none of them empty"));
        }
        let (mut full, mut full_strides) = ([1; 4], [0; 4]);
        // A third dimension stands for the batch, the heads or both: `row` knows.
        full[4 - rank..].copy_from_slice(shape);
        full_strides[4 - rank..].copy_from_slice(strides);
        Ok(Self { view: View::new(data, full, full_strides)?, rank })
    }

    /// The mask's row for a query of one of `heads` heads in one of `batch` sequences.
    fn row(&self, [batch, heads]: [usize; 2], [b, h, query]: [usize; 3]) -> [usize; 3] {
        let [d0, d1, queries, _] = self.view.shape();
        let (i0, i1) = match self.rank {
            3 if d1 == batch => (0, b),
            3 if d1 == heads => (0, h),
            3 if d1 == batch * heads => (0, b * heads + h),
            3 => (0, 0),
            _ if d0 == batch * heads && d0 != batch => (b * heads + h, h),
            _ => (b, h),
        };
        [i0.min(d0 - 1), i1.min(d1 - 1), query.min(queries - 1)]
    }

    fn value(&self, row: [usize; 3], key: usize) -> f32 {
        self.view.value(row, key.min(self.view.shape()[3] - 1))
    }

    /// Adds a row to the scores of its keys from `first` on.
    pub(crate) fn add_to(&self, sizes: [usize; 2], at: [usize; 3], first: usize, scores: &mut [f32]) {
        let row = self.row(sizes, at);
        for (i, score) in scores.iter_mut().enumerate() {
            let value = self.value(row, first + i);
            *score = if value == f32::NEG_INFINITY { value } else { *score + value };
        }
    }
}

/// The keys that each row of a mask leaves to be seen; found once for all layers that have the same mask.
#[derive(Clone, Debug)]
pub struct MaskRanges {
    shape: [usize; 4],
    keys: usize,
    rows: Vec<Seen>,
}

/// What one query sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    first: u32,
    end: u32,
    /// Whether everything in the range is seen as it is: the mask is zero there.
    pub(crate) plainly: bool,
}

impl Seen {
    pub(crate) fn first(keys: usize) -> Self {
        Self { first: 0, end: keys as u32, plainly: true }
    }

    pub(crate) fn range(self) -> Range<usize> {
        self.first as usize..self.end as usize
    }
}

impl MaskRanges {
    /// Reads the mask for `keys` keys.
    #[must_use]
    pub fn new(mask: &Mask, keys: usize) -> Self {
        let shape = mask.view.shape();
        let [d0, d1, queries, _] = shape;
        let mut rows = Vec::with_capacity(d0 * d1 * queries);
        for i0 in 0..d0 {
            for i1 in 0..d1 {
                rows.extend((0..queries).map(|query| seen(mask, [i0, i1, query], keys)));
            }
        }
        Self { shape, keys, rows }
    }

    pub(crate) fn is_of(&self, mask: &Mask, keys: usize) -> bool {
        self.shape == mask.view.shape() && self.keys == keys
    }

    pub(crate) fn seen(&self, mask: &Mask, sizes: [usize; 2], at: [usize; 3]) -> Seen {
        let [i0, i1, query] = mask.row(sizes, at);
        self.rows[(i0 * self.shape[1] + i1) * self.shape[2] + query]
    }
}

fn seen(mask: &Mask, row: [usize; 3], keys: usize) -> Seen {
    let hidden = |value: f32| value == f32::NEG_INFINITY;
    let range = |first: usize, end: usize, plainly| Seen { first: first as u32, end: end as u32, plainly };
    // The common case, as a slice, so that the compiler can look at several keys at once.
    if let Some(values) = mask.view.row(row)
        && values.len() >= keys
    {
        let values = &values[..keys];
        let Some(first) = values.iter().position(|&value| !hidden(value)) else { return range(0, 0, true) };
        let end = values.iter().rposition(|&value| !hidden(value)).map_or(first, |last| last + 1);
        return range(first, end, values[first..end].iter().fold(true, |plain, &value| plain & (value == 0.0)));
    }
    let Some(first) = (0..keys).find(|&key| !hidden(mask.value(row, key))) else { return range(0, 0, true) };
    let end = (first..keys).rfind(|&key| !hidden(mask.value(row, key))).map_or(first, |last| last + 1);
    range(first, end, (first..end).all(|key| mask.value(row, key) == 0.0))
}
