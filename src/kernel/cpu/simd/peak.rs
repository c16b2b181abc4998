//! What one core can do at most, for benchmarks to hold kernels against.

use std::time::Instant;

use super::{WIDE, Wide, for_each_wide_instruction_set};

/// Wide multiply-adds of the loop: enough independent ones to hide their latency, few enough for the registers.
const CHAINS: usize = 8;

/// Floats of the array whose copy is timed: more than any cache holds.
const COPIED: usize = 1 << 26;

for_each_wide_instruction_set! {
    fn multiply_adds(rounds: usize, start: f32) -> f32 = multiply_adds_with
}

#[inline(always)]
fn multiply_adds_with<V: Wide>(rounds: usize, start: f32) -> f32 {
    // So small that a chain of ones stays at one.
    let factor = V::splat(1e-9 * start);
    let mut chains = [V::splat(start); CHAINS];
    for _ in 0..rounds {
        for chain in &mut chains {
            *chain = chain.mul_add(factor, *chain);
        }
    }
    chains.iter().fold(0.0, |sum, chain| sum + chain.sum())
}

/// Billions of floating-point operations a second of one core, measured with independent multiply-adds of the
/// current instruction set; the best of a few trials.
pub fn gigaflops() -> f64 {
    let rounds = 2_000_000;
    let operations = (rounds * CHAINS * WIDE * 2) as f64;
    best_seconds(7, || std::hint::black_box(multiply_adds(rounds, std::hint::black_box(1.0)))).recip()
        * operations
        / 1e9
}

/// Gigabytes a second, read and written, of a copy of an array that no cache holds; the best of a few trials.
pub fn copy_gigabytes() -> f64 {
    let source = vec![1.0_f32; COPIED];
    let mut target = vec![0.0_f32; COPIED];
    let seconds = best_seconds(5, || std::hint::black_box(&mut target).copy_from_slice(&source));
    2.0 * size_of_val(source.as_slice()) as f64 / seconds / 1e9
}

fn best_seconds<T>(trials: usize, mut work: impl FnMut() -> T) -> f64 {
    let timed = (0..trials).map(|_| {
        let began = Instant::now();
        work();
        began.elapsed().as_secs_f64()
    });
    timed.fold(f64::INFINITY, f64::min)
}
