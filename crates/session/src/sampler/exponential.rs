//! The exponential function, with the same bits on every platform.

/// `e^x` for `x` from -700 to 0, to within a few units in the last place; below that, what it is for -700.
///
/// The standard library's goes to the platform's mathematics library, whose last bits differ from one to the next, and
/// with them now and then a sampled token. This one adds and multiplies only: `x = k ln 2 + r`, the Taylor series of
/// `e^r`, times `2^k`. Without branches, so that it can be vectorised.
pub(crate) fn exp(x: f64) -> f64 {
    /// Adding and taking away 1.5 * 2^52 rounds to a whole number.
    const ROUNDING: f64 = 6_755_399_441_055_744.0;
    /// ln 2 in two parts; the first has trailing zero bits, so that its product with `k` is exact.
    const LN_2_HIGH: f64 = f64::from_bits(0x3FE6_2E42_FEE0_0000);
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    const INVERSE_FACTORIALS: [f64; 13] = [
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ];
    let x = x.max(-700.0);
    let shifted = x * std::f64::consts::LOG2_E + ROUNDING;
    let k = shifted - ROUNDING;
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    let series = INVERSE_FACTORIALS.iter().fold(0.0, |sum, factor| sum * r + factor);
    // The lowest bits of `shifted` are k; the shift leaves nothing but the exponent.
    series * f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52)
}
