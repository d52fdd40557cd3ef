use half::f16;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::*;
use crate::threads::OneThread;

struct Random(ChaCha8Rng);

impl Random {
    fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.0.next_u64() % limit as u64) as usize
    }

    fn numbers(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.0.next_u32() as i32 as f32 / i32::MAX as f32).collect()
    }

    /// Blocks of random levels, with scales and minimums of a sensible size.
    fn blocks(&mut self, block_type: BlockType, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count * block_type.bytes()];
        self.0.fill_bytes(&mut bytes);
        for block in bytes.chunks_exact_mut(block_type.bytes()) {
            for at in [0, 2].into_iter().take(if block_type.has_minimum() { 2 } else { 1 }) {
                let value = f16::from_f32((self.0.next_u32() % 2000) as f32 / 1e5 - 0.01);
                block[at..at + 2].copy_from_slice(&value.to_le_bytes());
            }
        }
        bytes
    }
}

/// A matrix's numbers.
fn dequantised(block_type: BlockType, bytes: &[u8]) -> Vec<f64> {
    let half = |block: &[u8], at: usize| f64::from(f16::from_le_bytes([block[at], block[at + 1]]));
    bytes
        .chunks_exact(block_type.bytes())
        .flat_map(|block| {
            let minimum = if block_type.has_minimum() { half(block, 2) } else { 0.0 };
            plain::levels_of(block_type, block)
                .map(|level| half(block, 0) * f64::from(i32::from(level) - block_type.zero()) + minimum)
        })
        .collect()
}

fn product(
    block_type: BlockType,
    bytes: &[u8],
    rows: usize,
    columns: usize,
    activations: &[f32],
    level: IntegerLevel,
) -> Vec<f32> {
    let weights = QuantisedMatrix::new(block_type, bytes, rows, columns).unwrap();
    let mut out = vec![f32::NAN; activations.len() / columns * rows];
    quantised_matmul(&weights, activations, &mut out, level, &OneThread);
    out
}

fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|number| number.to_bits()).collect()
}

#[test]
fn every_level_gives_the_same_bits_for_every_shape_and_type() {
    let mut random = Random::new(1);
    for round in 0..150 {
        let block_type = BlockType::ALL[round % 5];
        let (rows, columns, count) = (1 + random.below(70), 32 * (1 + random.below(12)), 1 + random.below(40));
        let bytes = random.blocks(block_type, rows * columns / 32);
        let activations = random.numbers(count * columns);
        let plain = product(block_type, &bytes, rows, columns, &activations, IntegerLevel::Plain);
        for level in IntegerLevel::available() {
            let other = product(block_type, &bytes, rows, columns, &activations, level);
            assert_eq!(bits(&other), bits(&plain), "{block_type:?} {rows}x{columns}, {count} rows, {level:?}");
        }
    }
}

#[test]
fn a_row_is_the_same_whatever_is_computed_with_it() {
    let mut random = Random::new(2);
    for block_type in BlockType::ALL {
        let (rows, columns, count) = (37, 96, 33);
        let bytes = random.blocks(block_type, rows * columns / 32);
        let activations = random.numbers(count * columns);
        for level in IntegerLevel::available() {
            let together = product(block_type, &bytes, rows, columns, &activations, level);
            for first in 0..count {
                let some = 1 + random.below(count - first);
                let alone = &activations[first * columns..(first + some) * columns];
                let alone = product(block_type, &bytes, rows, columns, alone, level);
                assert_eq!(
                    bits(&alone),
                    bits(&together[first * rows..(first + some) * rows]),
                    "{block_type:?} {level:?}"
                );
            }
        }
    }
}

#[test]
fn products_are_right_but_for_the_rounding_of_the_activations() {
    let mut random = Random::new(3);
    for block_type in BlockType::ALL {
        let (rows, columns, count) = (20, 256, 9);
        let bytes = random.blocks(block_type, rows * columns / 32);
        let activations = random.numbers(count * columns);
        let weights = dequantised(block_type, &bytes);
        let product = product(block_type, &bytes, rows, columns, &activations, IntegerLevel::Plain);
        for (at, &value) in product.iter().enumerate() {
            let (row, column) = (at / rows, at % rows);
            let pairs = activations[row * columns..][..columns].iter().zip(&weights[column * columns..][..columns]);
            let exact: f64 = pairs.clone().map(|(&a, &w)| f64::from(a) * w).sum();
            // Each activation is off by half a step at the most, at random; so the sum by a few steps.
            let size: f64 = pairs.map(|(_, &w)| w * w).sum::<f64>().sqrt();
            assert!(
                (f64::from(value) - exact).abs() <= 5.0 * size / 254.0 + 1e-6,
                "{block_type:?}: {value}, not {exact}"
            );
        }
    }
}

#[test]
fn a_row_that_is_no_number_gives_none_and_leaves_the_others_alone() {
    let mut random = Random::new(4);
    let bytes = random.blocks(BlockType::Q8_0, 20 * 2);
    for level in IntegerLevel::available() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut activations = random.numbers(7 * 64);
            let good = product(BlockType::Q8_0, &bytes, 20, 64, &activations, level);
            activations[3 * 64 + 5] = bad;
            let product = product(BlockType::Q8_0, &bytes, 20, 64, &activations, level);
            for (at, value) in product.iter().enumerate() {
                if at / 20 == 3 {
                    assert!(value.is_nan(), "{level:?} {bad}");
                } else {
                    assert_eq!(value.to_bits(), good[at].to_bits());
                }
            }
        }
    }
}

#[test]
fn the_greatest_and_the_least_levels_do_not_overflow() {
    for block_type in BlockType::ALL {
        for level in IntegerLevel::available() {
            for (byte, fifth) in [(0x00, 0x00), (0xff, 0xff), (0x80, 0x00), (0x7f, 0xff)] {
                let mut bytes = vec![byte; block_type.bytes() * 17 * 4];
                for block in bytes.chunks_exact_mut(block_type.bytes()) {
                    block[..2].copy_from_slice(&f16::ONE.to_le_bytes());
                    if block_type.has_minimum() {
                        block[2..4].copy_from_slice(&f16::NEG_ONE.to_le_bytes());
                    }
                    if block_type.has_fifth_bits() {
                        block[block_type.fifth_bits_at()..][..4].fill(fifth);
                    }
                }
                let weights = dequantised(block_type, &bytes);
                let out = product(block_type, &bytes, 17, 128, &[1.0; 8 * 128], level);
                let exact: f64 = weights[..128].iter().sum();
                assert!(out.iter().all(|&value| (f64::from(value) - exact).abs() < 1e-2), "{block_type:?} {level:?}");
            }
        }
    }
}

#[test]
fn zeros_and_the_least_numbers_give_zero() {
    let mut random = Random::new(5);
    let bytes = random.blocks(BlockType::Q4_0, 16);
    for level in IntegerLevel::available() {
        for number in [0.0, -0.0, f32::from_bits(1)] {
            let out = product(BlockType::Q4_0, &bytes, 16, 32, &[number; 32], level);
            assert!(out.iter().all(|value| value.abs() < 1e-30));
        }
    }
}

#[test]
fn a_matrix_that_does_not_fit_its_bytes_is_refused() {
    assert!(QuantisedMatrix::new(BlockType::Q8_0, &[0; 34], 1, 33).is_err());
    assert!(QuantisedMatrix::new(BlockType::Q8_0, &[0; 33], 1, 32).is_err());
    assert!(QuantisedMatrix::new(BlockType::Q8_0, &[0; 34], usize::MAX, 32).is_err());
    assert!(QuantisedMatrix::new(BlockType::Q8_0, &[0; 68], 2, 32).is_ok());
}
