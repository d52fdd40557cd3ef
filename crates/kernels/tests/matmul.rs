//! Products against their definition, and each row of one against itself in other company.

mod cases;

use cases::{Backwards, Random, bits};
use tramontane_kernels::{Level, OneThread, Threads, matmul_transposed};

fn product(
    level: Level,
    threads: &dyn Threads,
    shape: [usize; 3],
    lhs: &[f32],
    rhs: &[f32],
    rhs_stride: usize,
) -> Vec<f32> {
    let mut out = vec![f32::NAN; shape[0] * shape[1]];
    matmul_transposed(level, threads, shape, lhs, shape[2], rhs, rhs_stride, &mut out);
    out
}

#[test]
fn a_product_is_what_it_is_by_definition() {
    let mut random = Random(1);
    for _ in 0..60 {
        let [rows, columns, width] = [random.below(20), random.below(70), random.below(300)];
        let stride = width + random.below(3);
        let (lhs, rhs) = (random.numbers(rows * width), random.numbers(columns * stride + 3));
        for level in Level::available() {
            let out = product(level, &OneThread, [rows, columns, width], &lhs, &rhs, stride);
            for (at, &found) in out.iter().enumerate() {
                let (row, column) = (at / columns, at % columns);
                let expected: f64 =
                    (0..width).map(|i| f64::from(lhs[row * width + i]) * f64::from(rhs[column * stride + i])).sum();
                assert!((f64::from(found) - expected).abs() < 1e-4, "{level:?}: {found} is not {expected}");
            }
        }
    }
}

#[test]
fn a_row_is_the_same_alone_and_among_others_and_at_every_level() {
    let mut random = Random(2);
    for _ in 0..40 {
        let shape @ [rows, columns, width] = [1 + random.below(80), 1 + random.below(90), random.below(700)];
        let (lhs, rhs) = (random.numbers(rows * width), random.numbers(columns * width));
        let whole = product(Level::Portable, &OneThread, shape, &lhs, &rhs, width);
        for level in Level::available() {
            assert_eq!(bits(&product(level, &Backwards(3), shape, &lhs, &rhs, width)), bits(&whole), "{level:?}");
            let first = random.below(rows);
            let count = 1 + random.below(rows - first);
            let piece = &lhs[first * width..(first + count) * width];
            let piece = product(level, &Backwards(2), [count, columns, width], piece, &rhs, width);
            assert_eq!(bits(&piece), bits(&whole[first * columns..(first + count) * columns]), "{level:?} {shape:?}");
        }
    }
}
