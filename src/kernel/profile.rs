//! How long each kernel of a computation takes, beside what it would take at least: a profile and its roofline.
//!
//! A kernel's floor is what its multiply-adds take at the processor's peak, or what its arrays take to be read or
//! written once at the speed of memory, whichever is longer. What caches hold may be faster than that; functions such as
//! `exp`, and sums, count as nothing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::fused::{Input, Op, Saved};

/// Forward or backward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From inputs to the output.
    Forward,
    /// From the output's gradient to those of the inputs.
    Backward,
}

/// All runs of one kernel on inputs of one shape in one direction.
#[derive(Clone, Debug, PartialEq)]
pub struct KernelRuns {
    /// The kernel.
    pub kernel: String,
    /// Shape of its first input.
    pub shape: Vec<usize>,
    /// Which way.
    pub direction: Direction,
    /// Multiply-adds of one run.
    pub multiply_adds: u64,
    /// Bytes of the arrays that one run reads or writes, each once.
    pub bytes: u64,
    /// Milliseconds of each run.
    pub milliseconds: Vec<f64>,
}

impl KernelRuns {
    /// Milliseconds that a run takes at least on one core with that many billion floating-point operations and gigabytes
    /// a second.
    pub fn floor(&self, gigaflops: f64, gigabytes: f64) -> f64 {
        let arithmetic = 2.0 * self.multiply_adds as f64 / gigaflops / 1e6;
        let memory = self.bytes as f64 / gigabytes / 1e6;
        arithmetic.max(memory)
    }

    fn is_like(&self, other: &Self) -> bool {
        (&self.kernel, &self.shape, self.direction, self.multiply_adds, self.bytes)
            == (&other.kernel, &other.shape, other.direction, other.multiply_adds, other.bytes)
    }
}

static ON: AtomicBool = AtomicBool::new(false);
static RUNS: Mutex<Vec<KernelRuns>> = Mutex::new(Vec::new());

/// Runs `work` and returns its value with every kernel that ran meanwhile, on any thread, in the order in which they ran
/// first. Kernels of several threads at once take longer than alone, so a profile is one of a single thread.
pub fn profile<T>(work: impl FnOnce() -> T) -> (T, Vec<KernelRuns>) {
    let runs = || std::mem::take(&mut *RUNS.lock().unwrap_or_else(PoisonError::into_inner));
    runs();
    ON.store(true, Ordering::Relaxed);
    let value = work();
    ON.store(false, Ordering::Relaxed);
    (value, runs())
}

fn floats(inputs: &[Input]) -> usize {
    inputs.iter().map(|input| input.values.len()).sum()
}

fn note(op: &dyn Op, inputs: &[Input], direction: Direction, work: (u64, usize), began: Instant) {
    let milliseconds = vec![began.elapsed().as_secs_f64() * 1e3];
    let name = format!("{op:?}");
    let run = KernelRuns {
        kernel: name.split([' ', '(', '{']).next().unwrap_or_default().to_owned(),
        shape: inputs[0].shape.to_vec(),
        direction,
        multiply_adds: work.0,
        bytes: (size_of::<f32>() * work.1) as u64,
        milliseconds,
    };
    let mut runs = RUNS.lock().unwrap_or_else(PoisonError::into_inner);
    match runs.iter_mut().find(|other| other.is_like(&run)) {
        Some(other) => other.milliseconds.extend(run.milliseconds),
        None => runs.push(run),
    }
}

/// The forward of a kernel, noted while a profile is on.
pub(super) fn forward(op: &dyn Op, inputs: &[Input], keep: bool) -> (Vec<f32>, Saved) {
    if !ON.load(Ordering::Relaxed) {
        return op.forward(inputs, keep);
    }
    let began = Instant::now();
    let (output, saved) = op.forward(inputs, keep);
    let kept: usize = saved.iter().map(Vec::len).sum();
    let moved = floats(inputs) + output.len() + kept;
    note(op, inputs, Direction::Forward, (op.multiply_adds(inputs), moved), began);
    (output, saved)
}

/// The backward of a kernel, noted while a profile is on.
pub(super) fn backward(
    op: &dyn Op,
    inputs: &[Input],
    saved: &Saved,
    gradient: &[f32],
    wanted: &[bool],
) -> Vec<Option<Vec<f32>>> {
    if !ON.load(Ordering::Relaxed) {
        return op.backward(inputs, saved, gradient, wanted);
    }
    let began = Instant::now();
    let gradients = op.backward(inputs, saved, gradient, wanted);
    let read = inputs.iter().enumerate().filter(|(index, _)| op.reads_back(*index));
    let read: usize = read.map(|(_, input)| input.values.len()).sum();
    let kept: usize = saved.iter().map(Vec::len).sum();
    let written: usize = gradients.iter().flatten().map(Vec::len).sum();
    // One product of matrices for each of the gradients of the input and of the parameters.
    let products = 1 + u64::from(wanted[0]);
    let work = (products * op.multiply_adds(inputs), read + kept + gradient.len() + written);
    note(op, inputs, Direction::Backward, work, began);
    gradients
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floor_is_the_longer_of_arithmetic_and_memory() {
        let runs = |multiply_adds, bytes| KernelRuns {
            kernel: "Conv3x3".to_owned(),
            shape: vec![1],
            direction: Direction::Forward,
            multiply_adds,
            bytes,
            milliseconds: Vec::new(),
        };
        // 100 GFLOP/s and 20 GB/s.
        assert!((runs(500_000_000, 1_000_000).floor(100.0, 20.0) - 10.0).abs() < 1e-9);
        assert!((runs(500_000_000, 400_000_000).floor(100.0, 20.0) - 20.0).abs() < 1e-9);
    }
}
