use super::{LANES, Lanes, Portable};
use crate::Level;
use crate::level::at_level;

/// Everything that lanes can do, as bits, on three times sixteen numbers.
#[inline(always)]
unsafe fn everything<V: Lanes>(numbers: &[[f32; LANES]; 3], out: &mut Vec<u32>) {
    unsafe {
        let [a, b, c] = [0, 1, 2].map(|i| V::load(numbers[i].as_ptr()));
        let mut all = vec![
            V::splat(numbers[0][3]),
            a.add(b),
            a.sub(b),
            a.mul(b),
            a.div(b),
            a.mul_add(b, c),
            a.max(b),
            a.abs(),
            a.round(),
            a.round().max(V::splat(-126.0)).exp2_whole(),
            a.where_less(b, c, b),
            V::splat(0.0).sub(a.abs()).exp(),
            a.tanh(),
        ];
        let rows: [V; LANES] = std::array::from_fn(|i| a.mul_add(V::splat(i as f32), b));
        all.push(V::sums(&rows));
        let pointers = std::array::from_fn(|i| numbers[0].as_ptr().add(i % 12));
        all.extend(V::columns4(&pointers));
        all.push(V::splat(a.sum()));
        all.push(V::splat(rows[5].sum()));
        all.push(V::splat(b.largest()));
        for vector in all {
            let mut lanes = [0.0; LANES];
            vector.store(lanes.as_mut_ptr());
            out.extend(lanes.map(|lane: f32| if lane.is_nan() { f32::NAN.to_bits() } else { lane.to_bits() }));
        }
    }
}

fn at(level: Level, numbers: &[[f32; LANES]; 3]) -> Vec<u32> {
    let mut bits = Vec::new();
    let out = &mut bits;
    at_level!(level, everything(numbers: &[[f32; LANES]; 3], out: &mut Vec<u32>));
    bits
}

#[test]
fn every_level_computes_the_same() {
    let mut seed = 1u64;
    for round in 0..2000 {
        let mut number = || {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let number = (seed >> 40) as f32 / (1u64 << 23) as f32 - 1.0;
            number * [0.01, 1.0, 5.0, 60.0][round % 4]
        };
        let mut numbers = [[0.0; LANES]; 3].map(|lanes| lanes.map(|_| number()));
        if round % 10 == 0 {
            numbers[0][..5].copy_from_slice(&[f32::NAN, f32::NEG_INFINITY, -0.0, 0.5, -2.5]);
        }
        let expected = at(Level::Portable, &numbers);
        for level in Level::available() {
            assert_eq!(at(level, &numbers), expected, "{level:?} on {numbers:?}");
        }
    }
}

#[test]
fn the_sums_of_many_are_the_sums_of_each() {
    let rows: [Portable; LANES] =
        std::array::from_fn(|i| unsafe { Portable::load([0.1 * (i + 1) as f32; LANES].as_ptr()) });
    let mut sums = [0.0; LANES];
    unsafe { Portable::sums(&rows).store(sums.as_mut_ptr()) };
    assert_eq!(sums, rows.map(|row| unsafe { row.sum() }));
}

#[test]
fn the_exponential_and_the_tangent_are_accurate() {
    let (mut worst_exp, mut worst_tanh) = (0.0f64, 0.0f64);
    for i in 0..200_000 {
        let x = -87.0 * i as f32 / 200_000.0;
        let lanes = unsafe { Portable::splat(x) };
        let exact = f64::from(x).exp();
        worst_exp = worst_exp.max((f64::from(unsafe { lanes.exp().largest() }) - exact).abs() / exact);
        let y = x * 0.1;
        let tangent = f64::from(unsafe { Portable::splat(y).tanh().largest() });
        worst_tanh = worst_tanh.max((tangent - f64::from(y).tanh()).abs());
    }
    assert!(worst_exp < 2.0 * f64::from(f32::EPSILON), "{worst_exp}");
    assert!(worst_tanh < 2e-7, "{worst_tanh}");
    for (x, expected) in [(0.0, 1.0), (-88.0, 0.0), (f32::NEG_INFINITY, 0.0)] {
        assert_eq!(unsafe { Portable::splat(x).exp().largest() }, expected);
    }
}
