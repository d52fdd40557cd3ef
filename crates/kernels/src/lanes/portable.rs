use std::array::from_fn;

use super::{LANES, Lanes};

/// Sixteen lanes in plain Rust: what the others must agree with.
#[derive(Clone, Copy)]
pub(crate) struct Portable([f32; LANES]);

impl Portable {
    #[inline(always)]
    fn zip(self, other: Self, with: impl Fn(f32, f32) -> f32) -> Self {
        Self(from_fn(|i| with(self.0[i], other.0[i])))
    }
}

impl Lanes for Portable {
    const WIDE: bool = false;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Self([x; LANES])
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        Self(from_fn(|i| unsafe { *from.add(i) }))
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe { std::ptr::copy_nonoverlapping(self.0.as_ptr(), to, LANES) }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b)
    }
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, term: Self) -> Self {
        Self(from_fn(|i| self.0[i].mul_add(factor.0[i], term.0[i])))
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    unsafe fn abs(self) -> Self {
        Self(self.0.map(f32::abs))
    }
    #[inline(always)]
    unsafe fn round(self) -> Self {
        Self(self.0.map(f32::round_ties_even))
    }
    #[inline(always)]
    unsafe fn exp2_whole(self) -> Self {
        Self(self.0.map(|x| f32::from_bits(((x as i32).wrapping_add(127) << 23) as u32)))
    }
    #[inline(always)]
    unsafe fn where_less(self, x: Self, limit: Self, other: Self) -> Self {
        Self(from_fn(|i| if x.0[i] < limit.0[i] { self.0[i] } else { other.0[i] }))
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        let a: [f32; 8] = from_fn(|i| self.0[i] + self.0[i + 8]);
        let b: [f32; 4] = from_fn(|i| a[i] + a[i + 4]);
        (b[0] + b[2]) + (b[1] + b[3])
    }
    #[inline(always)]
    unsafe fn sums(these: &[Self; LANES]) -> Self {
        Self(from_fn(|i| unsafe { these[i].sum() }))
    }
    #[inline(always)]
    unsafe fn columns4(rows: &[*const f32; LANES]) -> [Self; 4] {
        from_fn(|column| Self(from_fn(|i| unsafe { *rows[i].add(column) })))
    }
}
