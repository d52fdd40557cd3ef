/// The instructions to compute with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// AVX-512 F.
    Avx512,
    /// AVX2 and FMA.
    Avx2,
    /// NEON, which every 64-bit ARM processor has.
    Neon,
    /// What the compiler makes of plain Rust.
    Portable,
}

impl Level {
    /// The levels that this processor has, the fastest first. `Portable` is always among them.
    pub fn available() -> impl Iterator<Item = Self> {
        [Self::Avx512, Self::Avx2, Self::Neon, Self::Portable].into_iter().filter(|level| level.is_available())
    }

    /// The fastest level that this processor has.
    #[must_use]
    pub fn best() -> Self {
        Self::available().next().unwrap_or(Self::Portable)
    }

    /// Whether this processor has it.
    #[must_use]
    pub fn is_available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => std::arch::is_x86_feature_detected!("avx512f"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => true,
            Self::Portable => true,
            #[allow(unreachable_patterns)]
            _ => false,
        }
    }
}

/// Calls `$body::<V>($arguments)` with the lanes of a level, compiled for that level's instructions.
///
/// `$body` must be `#[inline(always)]`, with all that it calls on `V`, and no such call may be in a closure that others
/// call: that is what has it compiled for them.
macro_rules! at_level {
    ($level:expr, $body:ident($($name:ident: $type:ty),* $(,)?)) => {{
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx512f")]
        unsafe fn avx512($($name: $type),*) {
            unsafe { $body::<$crate::lanes::Avx512>($($name),*) }
        }
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,fma")]
        unsafe fn avx2($($name: $type),*) {
            unsafe { $body::<$crate::lanes::Avx2>($($name),*) }
        }
        let level: $crate::Level = $level;
        assert!(level.is_available(), "this processor has no {level:?}");
        // SAFETY: the processor has the level's instructions; what else `$body` asks for is its caller's to keep.
        match level {
            #[cfg(target_arch = "x86_64")]
            $crate::Level::Avx512 => unsafe { avx512($($name),*) },
            #[cfg(target_arch = "x86_64")]
            $crate::Level::Avx2 => unsafe { avx2($($name),*) },
            #[cfg(target_arch = "aarch64")]
            $crate::Level::Neon => unsafe { $body::<$crate::lanes::Neon>($($name),*) },
            _ => unsafe { $body::<$crate::lanes::Portable>($($name),*) },
        }
    }};
}
pub(crate) use at_level;
