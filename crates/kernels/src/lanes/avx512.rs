use std::arch::x86_64::*;
use std::array::from_fn;

use super::{LANES, Lanes};

/// Sixteen lanes in one register.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(__m512);

/// Four registers whose 128-bit quarters are 4 x 4 matrices, with each of these turned.
#[inline(always)]
unsafe fn transposed([a, b, c, d]: [__m512; 4]) -> [__m512; 4] {
    unsafe {
        let ab = [_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b)].map(|x| _mm512_castps_pd(x));
        let cd = [_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d)].map(|x| _mm512_castps_pd(x));
        [
            _mm512_castpd_ps(_mm512_unpacklo_pd(ab[0], cd[0])),
            _mm512_castpd_ps(_mm512_unpackhi_pd(ab[0], cd[0])),
            _mm512_castpd_ps(_mm512_unpacklo_pd(ab[1], cd[1])),
            _mm512_castpd_ps(_mm512_unpackhi_pd(ab[1], cd[1])),
        ]
    }
}

impl Lanes for Avx512 {
    const WIDE: bool = true;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Self(unsafe { _mm512_set1_ps(x) })
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        Self(unsafe { _mm512_loadu_ps(from) })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe { _mm512_storeu_ps(to, self.0) }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Self(unsafe { _mm512_add_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        Self(unsafe { _mm512_sub_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        Self(unsafe { _mm512_mul_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        Self(unsafe { _mm512_div_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, term: Self) -> Self {
        Self(unsafe { _mm512_fmadd_ps(self.0, factor.0, term.0) })
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        Self(unsafe { _mm512_max_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn abs(self) -> Self {
        Self(unsafe { _mm512_abs_ps(self.0) })
    }
    #[inline(always)]
    unsafe fn round(self) -> Self {
        Self(unsafe { _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(self.0) })
    }
    #[inline(always)]
    unsafe fn exp2_whole(self) -> Self {
        unsafe {
            let exponent = _mm512_add_epi32(_mm512_cvtps_epi32(self.0), _mm512_set1_epi32(127));
            Self(_mm512_castsi512_ps(_mm512_slli_epi32::<23>(exponent)))
        }
    }
    #[inline(always)]
    unsafe fn where_less(self, x: Self, limit: Self, other: Self) -> Self {
        unsafe { Self(_mm512_mask_blend_ps(_mm512_cmp_ps_mask::<_CMP_LT_OQ>(x.0, limit.0), other.0, self.0)) }
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        unsafe {
            // Lanes 0 to 7 become i + (i + 8), and so on.
            let a = _mm512_add_ps(self.0, _mm512_shuffle_f32x4::<0b01_00_11_10>(self.0, self.0));
            let b = _mm512_add_ps(a, _mm512_shuffle_f32x4::<0b10_11_00_01>(a, a));
            let c = _mm512_add_ps(b, _mm512_shuffle_ps::<0b01_00_11_10>(b, b));
            let d = _mm512_add_ps(c, _mm512_shuffle_ps::<0b10_11_00_01>(c, c));
            _mm512_cvtss_f32(d)
        }
    }
    #[inline(always)]
    unsafe fn sums(these: &[Self; LANES]) -> Self {
        unsafe {
            // By halves: eight registers hold two partial sums of eight lanes each, four hold four of four lanes.
            let halves: [__m512; 8] = from_fn(|i| {
                let (a, b) = (these[i].0, these[i + 8].0);
                _mm512_add_ps(_mm512_shuffle_f32x4::<0b01_00_01_00>(a, b), _mm512_shuffle_f32x4::<0b11_10_11_10>(a, b))
            });
            let quarters: [__m512; 4] = from_fn(|i| {
                let (a, b) = (halves[i], halves[i + 4]);
                _mm512_add_ps(_mm512_shuffle_f32x4::<0b10_00_10_00>(a, b), _mm512_shuffle_f32x4::<0b11_01_11_01>(a, b))
            });
            // A quarter of register i is now of number i, 8 + i, 4 + i or 12 + i.
            let [a, b, c, d] = transposed(quarters);
            let sums = _mm512_add_ps(_mm512_add_ps(a, c), _mm512_add_ps(b, d));
            Self(_mm512_shuffle_f32x4::<0b11_01_10_00>(sums, sums))
        }
    }
    #[inline(always)]
    unsafe fn columns4(rows: &[*const f32; LANES]) -> [Self; 4] {
        unsafe {
            let quarter = |row: usize| _mm_loadu_ps(rows[row]);
            let matrices: [__m512; 4] = from_fn(|i| {
                let x = _mm512_castps128_ps512(quarter(i));
                let x = _mm512_insertf32x4::<1>(x, quarter(i + 4));
                let x = _mm512_insertf32x4::<2>(x, quarter(i + 8));
                _mm512_insertf32x4::<3>(x, quarter(i + 12))
            });
            transposed(matrices).map(Self)
        }
    }
}
