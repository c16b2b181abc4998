//! What a kernel is.

use std::fmt::Debug;

/// An input of an operation: a contiguous array, the last axis fastest.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct Input<'a> {
    /// Length of each axis.
    pub shape: &'a [usize],
    /// Elements.
    pub values: &'a [f32],
}

/// What a forward keeps for its backward beside inputs and output gradient.
pub(in crate::kernel) type Saved = Vec<Vec<f32>>;

/// A differentiable operation of any number of inputs and one output.
pub(in crate::kernel) trait Op: Debug + Send + Sync + 'static {
    /// Shape of the output for inputs of these shapes.
    fn output_shape(&self, inputs: &[Input]) -> Vec<usize>;

    /// The output's elements, and what [`backward`](Self::backward) wants kept; nothing needs to be kept
    /// where `keep` is false.
    fn forward(&self, inputs: &[Input], keep: bool) -> (Vec<f32>, Saved);

    /// The gradient of each input that is `wanted`, in their order.
    fn backward(
        &self,
        inputs: &[Input],
        saved: &Saved,
        gradient: &[f32],
        wanted: &[bool],
    ) -> Vec<Option<Vec<f32>>>;

    /// Multiply-adds of the convolutions in a forward.
    fn multiply_adds(&self, _inputs: &[Input]) -> u64 {
        0
    }

    /// Whether [`backward`](Self::backward) reads the input of that index.
    fn reads_back(&self, _input: usize) -> bool {
        true
    }
}
