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
}

static FORCED: AtomicU8 = AtomicU8::new(0);

impl InstructionSet {
    /// The best set that this processor has, or the one that [`force`](Self::force) named.
    pub fn current() -> Self {
        match FORCED.load(Ordering::Relaxed) {
            forced if forced != Self::Portable as u8 && Self::has_avx2() => Self::Avx2,
            _ => Self::Portable,
        }
    }

    /// Makes kernels use this set where the processor has it; for tests and measurements.
    pub fn force(set: Option<Self>) {
        FORCED.store(set.map_or(0, |set| set as u8), Ordering::Relaxed);
    }

    #[cfg(target_arch = "x86_64")]
    fn has_avx2() -> bool {
        std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn has_avx2() -> bool {
        false
    }
}

/// Defines `fn $name` that runs `$generic::<V>` compiled for the current instruction set.
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
                // SAFETY: `current` names AVX2 only where the processor has AVX2 and FMA.
                $crate::kernel::cpu::simd::InstructionSet::Avx2 => unsafe { avx2($($arg),*) },
                _ => $generic::<$crate::kernel::cpu::simd::Portable>($($arg),*),
            }
        }
    };
}
pub(in crate::kernel) use for_each_instruction_set;
