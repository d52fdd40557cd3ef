use std::arch::aarch64::*;
use std::array::from_fn;

use super::{LANES, Lanes};

/// Sixteen lanes in four registers.
#[derive(Clone, Copy)]
pub(crate) struct Neon([float32x4_t; 4]);

#[inline(always)]
unsafe fn transposed([a, b, c, d]: [float32x4_t; 4]) -> [float32x4_t; 4] {
    unsafe {
        let (even, odd) = (vtrn1q_f32(a, b), vtrn2q_f32(a, b));
        let (even_below, odd_below) = (vtrn1q_f32(c, d), vtrn2q_f32(c, d));
        let double = |x: float32x4_t| vreinterpretq_f64_f32(x);
        [
            vreinterpretq_f32_f64(vtrn1q_f64(double(even), double(even_below))),
            vreinterpretq_f32_f64(vtrn1q_f64(double(odd), double(odd_below))),
            vreinterpretq_f32_f64(vtrn2q_f64(double(even), double(even_below))),
            vreinterpretq_f32_f64(vtrn2q_f64(double(odd), double(odd_below))),
        ]
    }
}

/// The sums of pairs of lanes that are eight apart, and of those four apart.
#[inline(always)]
unsafe fn folded(these: Neon) -> float32x4_t {
    let [a, b, c, d] = these.0;
    unsafe { vaddq_f32(vaddq_f32(a, c), vaddq_f32(b, d)) }
}

impl Lanes for Neon {
    const WIDE: bool = false;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Self([unsafe { vdupq_n_f32(x) }; 4])
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        Self(from_fn(|i| unsafe { vld1q_f32(from.add(4 * i)) }))
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        for (i, x) in self.0.into_iter().enumerate() {
            unsafe { vst1q_f32(to.add(4 * i), x) };
        }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Self(from_fn(|i| unsafe { vaddq_f32(self.0[i], other.0[i]) }))
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        Self(from_fn(|i| unsafe { vsubq_f32(self.0[i], other.0[i]) }))
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        Self(from_fn(|i| unsafe { vmulq_f32(self.0[i], other.0[i]) }))
    }
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        Self(from_fn(|i| unsafe { vdivq_f32(self.0[i], other.0[i]) }))
    }
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, term: Self) -> Self {
        Self(from_fn(|i| unsafe { vfmaq_f32(term.0[i], self.0[i], factor.0[i]) }))
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        // Not `vmaxq_f32`, which prefers what is not a number.
        Self(from_fn(|i| unsafe { vbslq_f32(vcgtq_f32(self.0[i], other.0[i]), self.0[i], other.0[i]) }))
    }
    #[inline(always)]
    unsafe fn abs(self) -> Self {
        Self(self.0.map(|x| unsafe { vabsq_f32(x) }))
    }
    #[inline(always)]
    unsafe fn round(self) -> Self {
        Self(self.0.map(|x| unsafe { vrndnq_f32(x) }))
    }
    #[inline(always)]
    unsafe fn exp2_whole(self) -> Self {
        Self(self.0.map(|x| unsafe {
            let exponent = vaddq_s32(vcvtq_s32_f32(x), vdupq_n_s32(127));
            vreinterpretq_f32_s32(vshlq_n_s32::<23>(exponent))
        }))
    }
    #[inline(always)]
    unsafe fn where_less(self, x: Self, limit: Self, other: Self) -> Self {
        Self(from_fn(|i| unsafe { vbslq_f32(vcltq_f32(x.0[i], limit.0[i]), self.0[i], other.0[i]) }))
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        unsafe {
            let x = folded(self);
            let pairs = vadd_f32(vget_low_f32(x), vget_high_f32(x));
            vget_lane_f32::<0>(pairs) + vget_lane_f32::<1>(pairs)
        }
    }
    #[inline(always)]
    unsafe fn sums(these: &[Self; LANES]) -> Self {
        Self(from_fn(|i| unsafe {
            let [a, b, c, d] = transposed(from_fn(|j| folded(these[4 * i + j])));
            vaddq_f32(vaddq_f32(a, c), vaddq_f32(b, d))
        }))
    }
    #[inline(always)]
    unsafe fn columns4(rows: &[*const f32; LANES]) -> [Self; 4] {
        let four = |first: usize| unsafe { transposed(from_fn(|i| vld1q_f32(rows[first + i]))) };
        let parts = [four(0), four(4), four(8), four(12)];
        from_fn(|column| Self(from_fn(|part| parts[part][column])))
    }
}
