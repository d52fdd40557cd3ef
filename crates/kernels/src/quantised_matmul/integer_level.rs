/// The instructions to multiply small integers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntegerLevel {
    /// AVX-512 with VNNI.
    Avx512Vnni,
    /// AVX2, FMA and F16C.
    Avx2,
    /// What the compiler makes of plain Rust: to compare with.
    Plain,
}

impl IntegerLevel {
    /// The levels that this processor has, the fastest first. `Plain` is always among them.
    pub fn available() -> impl Iterator<Item = Self> {
        [Self::Avx512Vnni, Self::Avx2, Self::Plain].into_iter().filter(|level| level.is_available())
    }

    /// The fastest of the levels that have vector instructions, if this processor has one.
    #[must_use]
    pub fn best() -> Option<Self> {
        Self::available().find(|&level| level != Self::Plain)
    }

    /// Whether this processor has it.
    #[must_use]
    pub fn is_available(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            let avx2 = has!("avx2") && has!("fma") && has!("f16c");
            match self {
                Self::Avx512Vnni => {
                    avx2 && has!("avx512f") && has!("avx512bw") && has!("avx512vl") && has!("avx512vnni")
                }
                Self::Avx2 => avx2,
                Self::Plain => true,
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            self == Self::Plain
        }
    }
}
