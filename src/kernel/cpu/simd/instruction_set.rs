//! Which instruction set runs, decided at run time.

use std::sync::atomic::{AtomicU8, Ordering};

/// An instruction set that kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum InstructionSet {
    /// AVX2 with fused multiply-add (x86-64 since 2013).
    Avx2 = 1,
    /// Plain Rust, whatever the processor.
    Portable = 2,
    /// AVX-512 (F, VL, DQ, BW), where vectors of sixteen lanes pay; the bits are those of [`Avx2`](Self::Avx2).
    Avx512 = 3,
}

/// The set that runs, once it is known.
static CURRENT: AtomicU8 = AtomicU8::new(0);

impl InstructionSet {
    /// The best set that this processor has, or the one that [`force`](Self::force) named.
    #[inline]
    pub fn current() -> Self {
        Self::of(CURRENT.load(Ordering::Relaxed)).unwrap_or_else(Self::detect)
    }

    #[inline]
    fn of(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Avx2),
            2 => Some(Self::Portable),
            3 => Some(Self::Avx512),
            _ => None,
        }
    }

    #[cold]
    fn detect() -> Self {
        let best = Self::best(None);
        // Whoever forces one meanwhile goes before.
        match CURRENT.compare_exchange(0, best as u8, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => best,
            Err(known) => Self::of(known).unwrap_or(best),
        }
    }

    /// Makes kernels use this set from now on where the processor has it, else the next best one; the best of all for none.
    /// For tests and measurements.
    pub fn force(set: Option<Self>) {
        CURRENT.store(Self::best(set) as u8, Ordering::Relaxed);
    }

    fn best(most: Option<Self>) -> Self {
        let all = [Self::Avx512, Self::Avx2, Self::Portable];
        let first = most.and_then(|most| all.iter().position(|set| *set == most)).unwrap_or(0);
        all[first..].iter().copied().find(|set| set.is_there()).unwrap_or(Self::Portable)
    }

    /// Whether this processor has it.
    #[cfg(target_arch = "x86_64")]
    pub fn is_there(self) -> bool {
        use std::arch::is_x86_feature_detected as has;
        match self {
            Self::Portable => true,
            Self::Avx2 => has!("avx2") && has!("fma"),
            Self::Avx512 => {
                Self::Avx2.is_there()
                    && has!("avx512f")
                    && has!("avx512vl")
                    && has!("avx512dq")
                    && has!("avx512bw")
            }
        }
    }

    /// Whether this processor has it.
    #[cfg(not(target_arch = "x86_64"))]
    pub fn is_there(self) -> bool {
        self == Self::Portable
    }

    /// The name of the bits that kernels have with it: sets of one name differ in speed alone.
    pub fn arithmetic(self) -> &'static str {
        match self {
            Self::Avx2 | Self::Avx512 => "avx2",
            Self::Portable => "portable",
        }
    }
}

/// Defines `fn $name` that runs `$generic::<V>`, `V` a [`Vector`](super::Vector), compiled for the current instruction set.
macro_rules! for_each_instruction_set {
    ($(#[$doc:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? = $generic:ident) => {
        $(#[$doc])*
        $vis fn $name($($arg: $ty),*) $(-> $ret)? {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($arg: $ty),*) $(-> $ret)? {
                $generic::<$crate::kernel::cpu::simd::Avx2>($($arg),*)
            }
            match $crate::kernel::cpu::simd::InstructionSet::current() {
                #[cfg(target_arch = "x86_64")]
                // SAFETY: `current` names AVX2 only where the processor has AVX2 and FMA, and AVX-512 where it has them, too.
                $crate::kernel::cpu::simd::InstructionSet::Avx2
                | $crate::kernel::cpu::simd::InstructionSet::Avx512 => unsafe { avx2($($arg),*) },
                _ => $generic::<$crate::kernel::cpu::simd::Portable>($($arg),*),
            }
        }
    };
}
pub(in crate::kernel) use for_each_instruction_set;

/// Defines `fn $name` that runs `$generic::<W>`, `W` a [`Wide`](super::Wide) vector, compiled for the current instruction set.
macro_rules! for_each_wide_instruction_set {
    ($(#[$doc:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? = $generic:ident) => {
        $(#[$doc])*
        $vis fn $name($($arg: $ty),*) $(-> $ret)? {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
            fn avx512($($arg: $ty),*) $(-> $ret)? {
                $generic::<$crate::kernel::cpu::simd::Avx512>($($arg),*)
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($arg: $ty),*) $(-> $ret)? {
                $generic::<$crate::kernel::cpu::simd::Twice<$crate::kernel::cpu::simd::Avx2>>($($arg),*)
            }
            match $crate::kernel::cpu::simd::InstructionSet::current() {
                #[cfg(target_arch = "x86_64")]
                // SAFETY: `current` names AVX-512 only where the processor has all of these, AVX2 and FMA.
                $crate::kernel::cpu::simd::InstructionSet::Avx512 => unsafe { avx512($($arg),*) },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: `current` names AVX2 only where the processor has AVX2 and FMA.
                $crate::kernel::cpu::simd::InstructionSet::Avx2 => unsafe { avx2($($arg),*) },
                _ => $generic::<$crate::kernel::cpu::simd::Twice<$crate::kernel::cpu::simd::Portable>>($($arg),*),
            }
        }
    };
}
pub(in crate::kernel) use for_each_wide_instruction_set;
