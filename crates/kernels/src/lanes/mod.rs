//! Sixteen 32-bit floats at once, whatever registers they take.
//!
//! Each operation rounds once, to nearest, and sums over the lanes are taken in one fixed order: so an expression in
//! lanes has the same value at every level.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
#[cfg(test)]
mod tests;

#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) use avx512::Avx512;
#[cfg(target_arch = "aarch64")]
pub(crate) use neon::Neon;
pub(crate) use portable::Portable;

/// How many lanes there are.
pub(crate) const LANES: usize = 16;

/// Sixteen lanes of a level's registers.
///
/// # Safety
///
/// The processor must have the level's instructions, and what calls these must be compiled for them (`at_level!`);
/// pointers must be good for what is read from and written to them, and need no alignment.
pub(crate) trait Lanes: Copy {
    /// Whether a row of a tile can have four of these in registers beside those of five other rows.
    const WIDE: bool;

    unsafe fn splat(x: f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn sub(self, other: Self) -> Self;
    unsafe fn mul(self, other: Self) -> Self;
    unsafe fn div(self, other: Self) -> Self;
    /// `self * factor + term`, rounded once.
    unsafe fn mul_add(self, factor: Self, term: Self) -> Self;
    /// The larger, and `other` where either is not a number.
    unsafe fn max(self, other: Self) -> Self;
    unsafe fn abs(self) -> Self;
    /// To the nearest whole number, halves to the even one.
    unsafe fn round(self) -> Self;
    /// Two to the power of a whole number from -126 to 127.
    unsafe fn exp2_whole(self) -> Self;
    /// `self` where `x` is less than `limit`, `other` elsewhere.
    unsafe fn where_less(self, x: Self, limit: Self, other: Self) -> Self;
    /// The sum: lane i with lane i + 8, of what that gives i with i + 4, then i + 2, then i + 1.
    unsafe fn sum(self) -> f32;
    /// The sixteen sums of sixteen of these.
    unsafe fn sums(these: &[Self; LANES]) -> Self;
    /// Four numbers of each of sixteen rows, as the four columns.
    unsafe fn columns4(rows: &[*const f32; LANES]) -> [Self; 4];

    /// The largest lane; where a lane is not a number, any lane.
    #[inline(always)]
    unsafe fn largest(self) -> f32 {
        let mut lanes = [0.0; LANES];
        unsafe { self.store(lanes.as_mut_ptr()) };
        lanes.into_iter().fold(f32::NEG_INFINITY, |largest, lane| if lane > largest { lane } else { largest })
    }

    /// e to the power of each lane, none of them above zero: within two units in the last place, zero below -87.
    #[inline(always)]
    unsafe fn exp(self) -> Self {
        // ln 2 in two parts, the first with so few digits that its product with a whole number is exact; then the
        // Taylor polynomial on [-ln 2 / 2, ln 2 / 2], whose remainder is below 2^-25 there.
        const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
        const INVERSE_FACTORIALS: [f32; 6] = [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0];
        unsafe {
            let least = Self::splat(-87.0);
            let whole = self.mul(Self::splat(std::f32::consts::LOG2_E)).round();
            let rest = whole.mul_add(Self::splat(-LN_2[0]), self);
            let rest = whole.mul_add(Self::splat(-LN_2[1]), rest);
            let mut value = Self::splat(1.0 / 720.0);
            for coefficient in INVERSE_FACTORIALS {
                value = value.mul_add(rest, Self::splat(coefficient));
            }
            Self::splat(0.0).where_less(self, least, value.mul(whole.max(Self::splat(-126.0)).exp2_whole()))
        }
    }

    /// The hyperbolic tangent of each lane, to about 1e-7.
    #[inline(always)]
    unsafe fn tanh(self) -> Self {
        unsafe {
            let (zero, one) = (Self::splat(0.0), Self::splat(1.0));
            let size = self.abs();
            let e = size.mul(Self::splat(-2.0)).exp();
            let far = one.sub(e).div(one.add(e));
            // Near zero the difference above loses digits; the series does not.
            let square = self.mul(self);
            let near = square.mul_add(Self::splat(2.0 / 15.0), Self::splat(-1.0 / 3.0)).mul_add(square, one).mul(size);
            let value = near.where_less(size, Self::splat(0.05), far);
            zero.sub(value).where_less(self, zero, value)
        }
    }
}
