//! Attention against its definition, and each row of it against itself in other company.

mod cases;

use cases::{Backwards, Random, bits};
use half::{bf16, f16};
use tramontane_kernels::{Attention, Data, Level, Mask, MaskRanges, OneThread, Sees, Threads, View, attention};

/// Numbers in one of the types that models come in.
enum Numbers {
    F32(Vec<f32>),
    F16(Vec<f16>),
    BF16(Vec<bf16>),
}

impl Numbers {
    fn new(values: Vec<f32>, kind: usize) -> Self {
        match kind {
            0 => Self::F32(values),
            1 => Self::F16(values.into_iter().map(f16::from_f32).collect()),
            _ => Self::BF16(values.into_iter().map(bf16::from_f32).collect()),
        }
    }

    fn get(&self, at: usize) -> f32 {
        match self {
            Self::F32(values) => values[at],
            Self::F16(values) => values[at].to_f32(),
            Self::BF16(values) => values[at].to_f32(),
        }
    }

    fn data(&self, start: usize) -> Data<'_> {
        match self {
            Self::F32(values) => Data::F32(&values[start..]),
            Self::F16(values) => Data::F16(&values[start..]),
            Self::BF16(values) => Data::BF16(&values[start..]),
        }
    }
}

/// A tensor (batch, tokens, heads, width) that lies in memory in some other order, perhaps with gaps.
struct Tensor {
    numbers: Numbers,
    shape: [usize; 4],
    strides: [usize; 4],
}

impl Tensor {
    fn random(random: &mut Random, shape: [usize; 4], kind: usize) -> Self {
        let order = random.one_of(&[[0, 1, 2, 3], [0, 2, 1, 3], [2, 0, 1, 3], [0, 1, 3, 2]]);
        let mut strides = [0; 4];
        let mut next = 1;
        for &dimension in order.iter().rev() {
            strides[dimension] = next;
            next = next * shape[dimension] + if dimension == 3 { random.below(2) * 3 } else { 0 };
        }
        Self { numbers: Numbers::new(random.numbers(next.max(1)), kind), shape, strides }
    }

    fn at(&self, [a, b, c, d]: [usize; 4]) -> f32 {
        let [s0, s1, s2, s3] = self.strides;
        self.numbers.get(a * s0 + b * s1 + c * s2 + d * s3)
    }

    /// Some of the batch, and some of the tokens.
    fn view(&self, batch: std::ops::Range<usize>, tokens: std::ops::Range<usize>) -> View<'_> {
        let start = batch.start * self.strides[0] + tokens.start * self.strides[1];
        let shape = [batch.len(), tokens.len(), self.shape[2], self.shape[3]];
        let start = if shape.contains(&0) { 0 } else { start };
        View::new(self.numbers.data(start), shape, self.strides).unwrap()
    }
}

/// What the keys before position p + 1 give for each position p, from `first` on, to a batch of queries.
struct Case {
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    first: usize,
    window: Option<usize>,
    /// Added where it is not hidden.
    bias: bool,
    scale: f32,
    softcap: Option<f32>,
}

impl Case {
    fn random(random: &mut Random) -> Self {
        let batch = 1 + random.below(3);
        let key_heads = 1 + random.below(3);
        let heads = key_heads * random.one_of(&[1, 2, 3, 7]);
        let width = random.one_of(&[1, 8, 17, 32, 64, 80, 100, 128]);
        let value_width = random.one_of(&[width, width, 3, 48, 96]);
        let first = random.one_of(&[0, 0, 1, 63, 100, 500]);
        let queries = random.one_of(&[1, 2, 7, 33, 90]);
        let kind = random.below(3);
        let keys = first + queries;
        Self {
            queries: Tensor::random(random, [batch, queries, heads, width], kind),
            keys: Tensor::random(random, [batch, keys, key_heads, width], kind),
            values: Tensor::random(random, [batch, keys, key_heads, value_width], kind),
            first,
            window: random.one_of(&[None, None, Some(5), Some(80)]),
            bias: random.below(4) == 0,
            scale: random.one_of(&[1.0, 4.0, 0.125]),
            softcap: random.one_of(&[None, None, Some(2.0)]),
        }
    }

    fn mask(&self, query: usize, key: usize) -> f32 {
        let position = self.first + query;
        if key > position || self.window.is_some_and(|window| key + window < position) {
            return f32::NEG_INFINITY;
        }
        match self.bias {
            // A hole now and then.
            true if (key * 7 + position).is_multiple_of(11) && key != position => f32::NEG_INFINITY,
            true => (key % 5) as f32 * 0.25,
            false => 0.0,
        }
    }

    /// Some of the queries of some of the batch, with no more keys than they see: as if they came in a piece.
    fn run(
        &self,
        level: Level,
        threads: &dyn Threads,
        batch: std::ops::Range<usize>,
        queries: std::ops::Range<usize>,
    ) -> Vec<f32> {
        let keys = self.first + queries.end;
        let values: Vec<f32> =
            queries.clone().flat_map(|query| (0..keys).map(move |key| self.mask(query, key))).collect();
        let mask = Mask::new(Data::F32(&values), &[queries.len(), keys], &[keys, 1]).unwrap();
        let ranges = MaskRanges::new(&mask, keys);
        let plain = self.window.is_none() && !self.bias;
        let sees = match keys % 2 {
            _ if plain && queries.len() == 1 => Sees::All,
            0 if plain => Sees::UpToItself,
            _ => Sees::Unmasked(mask, &ranges),
        };
        let job = Attention {
            queries: self.queries.view(batch.clone(), queries.clone()),
            keys: self.keys.view(batch.clone(), 0..keys),
            values: self.values.view(batch.clone(), 0..keys),
            sees,
            scale: self.scale,
            softcap: self.softcap,
        };
        let mut out = vec![f32::NAN; batch.len() * queries.len() * self.queries.shape[2] * self.values.shape[3]];
        attention(level, threads, &[job], &mut out).unwrap();
        out
    }

    /// All queries, each of which sees the keys up to its own.
    fn up_to_itself(&self) -> Attention<'_> {
        let ([batch, queries, ..], [_, keys, ..]) = (self.queries.shape, self.keys.shape);
        Attention {
            queries: self.queries.view(0..batch, 0..queries),
            keys: self.keys.view(0..batch, 0..keys),
            values: self.values.view(0..batch, 0..keys),
            sees: Sees::UpToItself,
            scale: self.scale,
            softcap: self.softcap,
        }
    }

    fn row_by_definition(&self, batch: usize, query: usize, head: usize) -> Vec<f64> {
        let [_, keys, key_heads, width] = self.keys.shape;
        let key_head = head / (self.queries.shape[2] / key_heads);
        let scores: Vec<f64> = (0..keys)
            .map(|key| {
                let product: f64 = (0..width)
                    .map(|i| {
                        f64::from(self.queries.at([batch, query, head, i]))
                            * f64::from(self.keys.at([batch, key, key_head, i]))
                    })
                    .sum();
                let score = product * f64::from(self.scale);
                let score = self.softcap.map_or(score, |cap| f64::from(cap) * (score / f64::from(cap)).tanh());
                score + f64::from(self.mask(query, key))
            })
            .collect();
        let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights: Vec<f64> = scores.iter().map(|score| (score - largest).exp()).collect();
        let sum: f64 = weights.iter().sum();
        (0..self.values.shape[3])
            .map(|i| {
                let value = |key: usize| f64::from(self.values.at([batch, key, key_head, i]));
                weights.iter().enumerate().map(|(key, weight)| weight * value(key)).sum::<f64>() / sum
            })
            .collect()
    }
}

#[test]
fn attention_is_what_it_is_by_definition() {
    let mut random = Random(1);
    for _ in 0..40 {
        let case = Case::random(&mut random);
        let [batch, queries, heads, _] = case.queries.shape;
        let width = case.values.shape[3];
        for level in Level::available() {
            let out = case.run(level, &Backwards(2), 0..batch, 0..queries);
            let rows = batch * queries * heads;
            for _ in 0..rows.min(30) {
                let row = random.below(rows);
                let found = &out[row * width..(row + 1) * width];
                let (rest, head) = (row / heads, row % heads);
                let expected = case.row_by_definition(rest / queries, rest % queries, head);
                for (found, expected) in found.iter().zip(expected) {
                    assert!((f64::from(*found) - expected).abs() < 2e-5, "{level:?}: {found} is not {expected}");
                }
            }
        }
    }
}

#[test]
fn a_row_is_the_same_whatever_is_computed_with_it() {
    let mut random = Random(2);
    for round in 0..60 {
        let case = Case::random(&mut random);
        let [batch, queries, heads, _] = case.queries.shape;
        let row = heads * case.values.shape[3];
        let whole = case.run(Level::Portable, &OneThread, 0..batch, 0..queries);
        for level in Level::available() {
            let threads = Backwards(1 + random.below(5));
            let again = case.run(level, &threads, 0..batch, 0..queries);
            assert_eq!(bits(&again), bits(&whole), "{level:?}, round {round}");
            let of = random.below(batch);
            let first = random.below(queries);
            let end = random.one_of(&[first + 1, queries, first + 1 + random.0 as usize % (queries - first)]);
            let piece = case.run(level, &threads, of..of + 1, first..end);
            let expected = &whole[(of * queries + first) * row..(of * queries + end) * row];
            assert_eq!(bits(&piece), bits(expected), "{level:?}, round {round}: queries {first} to {end}");
        }
    }
}

#[test]
fn several_jobs_at_once_are_what_each_is_alone() {
    let mut random = Random(3);
    for round in 0..30 {
        let cases: Vec<_> = (0..1 + random.below(6)).map(|_| Case::random(&mut random)).collect();
        let jobs: Vec<_> = cases.iter().map(Case::up_to_itself).collect();
        let room = |job: &Case| job.queries.shape[..3].iter().product::<usize>() * job.values.shape[3];
        let alone: Vec<f32> = std::iter::zip(&cases, &jobs)
            .flat_map(|(case, job)| {
                let mut out = vec![f32::NAN; room(case)];
                attention(Level::best(), &OneThread, std::slice::from_ref(job), &mut out).unwrap();
                out
            })
            .collect();
        let mut together = vec![f32::NAN; cases.iter().map(room).sum()];
        attention(Level::best(), &Backwards(1 + random.below(5)), &jobs, &mut together).unwrap();
        assert_eq!(bits(&together), bits(&alone), "round {round}");
    }
}

/// One head of width 2, queries and keys all ones, values counting up.
fn small(queries: usize, keys: usize, mask: Option<&[f32]>, spoilt: impl Fn(&mut [f32], &mut [f32])) -> Vec<f32> {
    let q = vec![1.0; queries * 2];
    let mut k = vec![1.0; keys * 2];
    let mut v: Vec<f32> = (0..keys * 2).map(|i| i as f32).collect();
    spoilt(&mut k, &mut v);
    let view = |data, tokens| View::new(Data::F32(data), [1, tokens, 1, 2], [0, 2, 2, 1]).unwrap();
    let mask = mask.map(|mask| Mask::new(Data::F32(mask), &[queries, keys], &[keys, 1]).unwrap());
    let ranges = mask.as_ref().map(|mask| MaskRanges::new(mask, keys));
    let job = Attention {
        queries: view(&q, queries),
        keys: view(&k, keys),
        values: view(&v, keys),
        sees: mask.zip(ranges.as_ref()).map_or(Sees::All, |(mask, ranges)| Sees::Unmasked(mask, ranges)),
        scale: 1.0,
        softcap: None,
    };
    let mut out = vec![f32::NAN; queries * 2];
    attention(Level::best(), &OneThread, &[job], &mut out).unwrap();
    out
}

const HIDDEN: f32 = f32::NEG_INFINITY;

#[test]
fn a_row_that_sees_nothing_is_zero() {
    assert_eq!(small(1, 0, None, |_, _| ()), [0.0; 2]);
    assert_eq!(small(2, 3, Some(&[HIDDEN, HIDDEN, HIDDEN, 0.0, 0.0, 0.0]), |_, _| ()), [0.0, 0.0, 2.0, 3.0]);
}

#[test]
fn what_is_not_a_number_spoils_the_rows_that_see_it_and_no_others() {
    let mask = [0.0, HIDDEN, 0.0, 0.0];
    let out = small(2, 2, Some(&mask), |_, values| values[2] = f32::NAN);
    assert!(out[2].is_nan() && out[..2] == [0.0, 1.0] && out[3] == 2.0, "{out:?}");
    let out = small(2, 2, Some(&mask), |keys, _| keys[2] = f32::NAN);
    assert!(out[2].is_nan() && out[3].is_nan() && out[..2] == [0.0, 1.0], "{out:?}");
    let out = small(1, 1, None, |keys, _| keys[0] = f32::NAN);
    assert!(out[0].is_nan() && out[1].is_nan(), "{out:?}");
}

#[test]
fn a_mask_can_be_one_for_all_one_a_sequence_or_one_a_head() {
    // Two sequences, two heads, one query, two keys with values 1 and 2: a mask leaves one of them.
    let (q, k, v) = ([0.0; 4], [0.0; 8], [1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0]);
    let view = |data, tokens| View::new(Data::F32(data), [2, tokens, 2, 1], [2 * tokens, 2, 1, 1]).unwrap();
    let first = [0.0, HIDDEN];
    let second = [HIDDEN, 0.0];
    let both = [first, second].concat();
    let run = |values: &[f32], shape: &[usize]| {
        let mut strides = vec![1; shape.len()];
        for i in (1..shape.len()).rev() {
            strides[i - 1] = strides[i] * shape[i];
        }
        let mask = Mask::new(Data::F32(values), shape, &strides).unwrap();
        let ranges = MaskRanges::new(&mask, 2);
        let (queries, keys, values) = (view(&q, 1), view(&k, 2), view(&v, 2));
        let job = Attention { queries, keys, values, sees: Sees::Unmasked(mask, &ranges), scale: 1.0, softcap: None };
        let mut out = [0.0; 4];
        attention(Level::best(), &OneThread, &[job], &mut out).unwrap();
        out
    };
    assert_eq!(run(&second, &[2]), [2.0; 4]);
    assert_eq!(run(&second, &[1, 2]), [2.0; 4]);
    assert_eq!(run(&both, &[2, 1, 2]), [1.0, 1.0, 2.0, 2.0]);
    assert_eq!(run(&[&both[..], &both[..]].concat(), &[4, 1, 2]), [1.0, 2.0, 1.0, 2.0]);
    assert_eq!(run(&both, &[2, 1, 1, 2]), [1.0, 1.0, 2.0, 2.0]);
    assert_eq!(run(&both, &[1, 2, 1, 2]), [1.0, 2.0, 1.0, 2.0]);
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let numbers = [0.0; 16];
    let view = |shape| {
        View::new(Data::F32(&numbers), shape, [shape[1] * shape[2] * shape[3], shape[2] * shape[3], shape[3], 1])
    };
    assert!(view([1, 3, 2, 3]).is_err());
    let run = |queries, keys, values, room: usize| {
        let (queries, keys, values) = (view(queries).unwrap(), view(keys).unwrap(), view(values).unwrap());
        let job = Attention { queries, keys, values, sees: Sees::All, scale: 1.0, softcap: None };
        attention(Level::best(), &OneThread, &[job], &mut vec![0.0; room])
    };
    assert!(run([1, 2, 4, 2], [1, 2, 2, 2], [1, 2, 2, 2], 16).is_ok());
    assert!(run([1, 2, 4, 2], [1, 2, 3, 2], [1, 2, 3, 2], 16).is_err());
    assert!(run([1, 2, 4, 2], [1, 2, 2, 2], [1, 1, 2, 2], 16).is_err());
    assert!(run([1, 2, 4, 2], [1, 2, 2, 2], [1, 2, 2, 2], 15).is_err());
    assert!(Mask::new(Data::F32(&numbers), &[1, 1, 1, 2, 2], &[4, 4, 4, 2, 1]).is_err());
}
