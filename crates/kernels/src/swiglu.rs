use crate::lanes::{LANES, Lanes};
use crate::level::at_level;
use crate::threads::SharedStart;
use crate::{Level, Threads};

/// How many numbers a thread takes at once.
const UNIT: usize = 1 << 13;

/// Writes `gate / (1 + exp(-gate)) * up` to `out`, number by number: the gated unit of Shazeer, "GLU Variants Improve
/// Transformer" (2020).
///
/// # Panics
///
/// Lengths that differ, or a level that this processor does not have.
pub fn swiglu(level: Level, threads: &dyn Threads, gate: &[f32], up: &[f32], out: &mut [f32]) {
    assert!(gate.len() == out.len() && up.len() == out.len(), "lengths differ");
    let to = SharedStart(out.as_mut_ptr());
    threads.each(out.len().div_ceil(UNIT), &|unit| {
        let range = unit * UNIT..gate.len().min((unit + 1) * UNIT);
        // SAFETY: a unit's range lies within `out`, and belongs to one thread.
        let out = unsafe { std::slice::from_raw_parts_mut(to.at(range.start), range.len()) };
        let (gate, up) = (&gate[range.clone()], &up[range]);
        at_level!(level, gated(gate: &[f32], up: &[f32], out: &mut [f32]));
    });
}

/// # Safety
///
/// As of [`Lanes`]; the lengths are the same.
#[inline(always)]
unsafe fn gated<V: Lanes>(gate: &[f32], up: &[f32], out: &mut [f32]) {
    let whole = out.len() - out.len() % LANES;
    // SAFETY: as promised.
    unsafe {
        for at in (0..whole).step_by(LANES) {
            lanes::<V>(gate.as_ptr().add(at), up.as_ptr().add(at), out.as_mut_ptr().add(at));
        }
        let rest = out.len() - whole;
        let (mut gates, mut ups, mut outs) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        gates[..rest].copy_from_slice(&gate[whole..]);
        ups[..rest].copy_from_slice(&up[whole..]);
        lanes::<V>(gates.as_ptr(), ups.as_ptr(), outs.as_mut_ptr());
        out[whole..].copy_from_slice(&outs[..rest]);
    }
}

/// # Safety
///
/// As of [`Lanes`].
#[inline(always)]
unsafe fn lanes<V: Lanes>(gate: *const f32, up: *const f32, out: *mut f32) {
    // SAFETY: as promised.
    unsafe {
        let (gate, zero, one) = (V::load(gate), V::splat(0.0), V::splat(1.0));
        // Only powers of numbers below zero are taken: none of them overflows.
        let power = zero.sub(gate.abs()).exp();
        let sigmoid = power.where_less(gate, zero, one).div(one.add(power));
        gate.mul(sigmoid).mul(V::load(up)).store(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OneThread;

    fn swiglu_of(level: Level, gate: &[f32], up: &[f32]) -> Vec<f32> {
        let mut out = vec![f32::NAN; gate.len()];
        swiglu(level, &OneThread, gate, up, &mut out);
        out
    }

    #[test]
    fn every_number_is_what_it_is_by_definition_at_every_level_and_place() {
        let gate: Vec<f32> = (0..3 * UNIT + 5).map(|i| (i as f32 - 1.5 * UNIT as f32) / 150.0).collect();
        let up: Vec<f32> = (0..gate.len()).map(|i| (i % 7) as f32 - 3.0).collect();
        let first = swiglu_of(Level::Portable, &gate, &up);
        for (at, &found) in first.iter().enumerate() {
            let exact = f64::from(gate[at]) / (1.0 + (-f64::from(gate[at])).exp()) * f64::from(up[at]);
            let error = (f64::from(found) - exact).abs();
            assert!(error <= exact.abs() * 1e-6 + 1e-30, "{found} is not {exact}, of {}", gate[at]);
        }
        for level in Level::available() {
            assert!(
                swiglu_of(level, &gate, &up).iter().zip(&first).all(|(a, b)| a.to_bits() == b.to_bits()),
                "{level:?}"
            );
            for length in 0..40 {
                assert_eq!(swiglu_of(level, &gate[..length], &up[..length]), first[..length], "{level:?}");
            }
        }
    }

    #[test]
    fn what_is_no_number_gives_none() {
        for level in Level::available() {
            let out = swiglu_of(level, &[f32::NAN, 1.0, f32::INFINITY, -200.0], &[1.0, f32::NAN, 1.0, 1.0]);
            assert!(
                out[0].is_nan() && out[1].is_nan() && out[2] == f32::INFINITY && out[3] == 0.0,
                "{level:?}: {out:?}"
            );
        }
    }
}
