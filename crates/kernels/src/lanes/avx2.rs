use std::arch::x86_64::*;
use std::array::from_fn;

use super::{LANES, Lanes};

/// Sixteen lanes in two registers.
#[derive(Clone, Copy)]
pub(crate) struct Avx2([__m256; 2]);

/// Four registers whose 128-bit halves are 4 x 4 matrices, with each of these turned.
#[inline(always)]
unsafe fn transposed([a, b, c, d]: [__m256; 4]) -> [__m256; 4] {
    unsafe {
        let ab = [_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b)].map(|x| _mm256_castps_pd(x));
        let cd = [_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d)].map(|x| _mm256_castps_pd(x));
        [
            _mm256_castpd_ps(_mm256_unpacklo_pd(ab[0], cd[0])),
            _mm256_castpd_ps(_mm256_unpackhi_pd(ab[0], cd[0])),
            _mm256_castpd_ps(_mm256_unpacklo_pd(ab[1], cd[1])),
            _mm256_castpd_ps(_mm256_unpackhi_pd(ab[1], cd[1])),
        ]
    }
}

/// Two to the power of each of eight whole numbers.
#[inline(always)]
unsafe fn exp2_whole(x: __m256) -> __m256 {
    unsafe {
        let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(x), _mm256_set1_epi32(127));
        _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent))
    }
}

impl Lanes for Avx2 {
    const WIDE: bool = false;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Self([unsafe { _mm256_set1_ps(x) }; 2])
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        unsafe { Self([_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8))]) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe {
            _mm256_storeu_ps(to, self.0[0]);
            _mm256_storeu_ps(to.add(8), self.0[1]);
        }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Self(from_fn(|i| unsafe { _mm256_add_ps(self.0[i], other.0[i]) }))
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        Self(from_fn(|i| unsafe { _mm256_sub_ps(self.0[i], other.0[i]) }))
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        Self(from_fn(|i| unsafe { _mm256_mul_ps(self.0[i], other.0[i]) }))
    }
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        Self(from_fn(|i| unsafe { _mm256_div_ps(self.0[i], other.0[i]) }))
    }
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, term: Self) -> Self {
        Self(from_fn(|i| unsafe { _mm256_fmadd_ps(self.0[i], factor.0[i], term.0[i]) }))
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        Self(from_fn(|i| unsafe { _mm256_max_ps(self.0[i], other.0[i]) }))
    }
    #[inline(always)]
    unsafe fn abs(self) -> Self {
        Self(self.0.map(|x| unsafe { _mm256_andnot_ps(_mm256_set1_ps(-0.0), x) }))
    }
    #[inline(always)]
    unsafe fn round(self) -> Self {
        Self(self.0.map(|x| unsafe { _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(x) }))
    }
    #[inline(always)]
    unsafe fn exp2_whole(self) -> Self {
        // Not by `map`: compiled for processors without AVX2, it stays a function of its own, and calls each instruction.
        let [low, high] = self.0;
        Self([unsafe { exp2_whole(low) }, unsafe { exp2_whole(high) }])
    }
    #[inline(always)]
    unsafe fn where_less(self, x: Self, limit: Self, other: Self) -> Self {
        Self(from_fn(|i| unsafe {
            _mm256_blendv_ps(other.0[i], self.0[i], _mm256_cmp_ps::<_CMP_LT_OQ>(x.0[i], limit.0[i]))
        }))
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        unsafe {
            let a = _mm256_add_ps(self.0[0], self.0[1]);
            let b = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps::<1>(a));
            let c = _mm_add_ps(b, _mm_movehl_ps(b, b));
            _mm_cvtss_f32(_mm_add_ss(c, _mm_shuffle_ps::<1>(c, c)))
        }
    }
    #[inline(always)]
    unsafe fn sums(these: &[Self; LANES]) -> Self {
        // Numbers i and i + 4 of eight, side by side.
        let eight = |first: usize| unsafe {
            let quarters: [__m256; 4] = from_fn(|i| {
                let a = _mm256_add_ps(these[first + i].0[0], these[first + i].0[1]);
                let b = _mm256_add_ps(these[first + i + 4].0[0], these[first + i + 4].0[1]);
                _mm256_add_ps(_mm256_permute2f128_ps::<0x20>(a, b), _mm256_permute2f128_ps::<0x31>(a, b))
            });
            let [a, b, c, d] = transposed(quarters);
            _mm256_add_ps(_mm256_add_ps(a, c), _mm256_add_ps(b, d))
        };
        Self([eight(0), eight(8)])
    }
    #[inline(always)]
    unsafe fn columns4(rows: &[*const f32; LANES]) -> [Self; 4] {
        let eight = |first: usize| unsafe {
            let matrices: [__m256; 4] = from_fn(|i| _mm256_loadu2_m128(rows[first + i + 4], rows[first + i]));
            transposed(matrices)
        };
        let (low, high) = (eight(0), eight(8));
        from_fn(|i| Self([low[i], high[i]]))
    }
}
