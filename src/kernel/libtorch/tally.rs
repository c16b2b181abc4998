//! Confusion matrices and losses that are added up on a device.

use burn::tensor::Tensor as BurnTensor;
use tch::{Kind, Tensor};

use super::learning::floats;
use super::resident::ResidentBatch;
use super::tensors::inner;

/// Judgements of images, on the device until somebody asks for them.
#[derive(Default)]
pub struct Tally {
    counts: Vec<Tensor>,
    losses: Vec<Tensor>,
}

impl Tally {
    /// Adds a batch: its logits, lesion from `threshold` on, and the loss of each image.
    ///
    /// # Shapes
    /// - `logits`: `[batch, 1, height, width]`
    /// - `losses`: `[batch]`
    pub fn add(
        &mut self,
        batch: &ResidentBatch,
        logits: BurnTensor<4>,
        threshold: f32,
        losses: BurnTensor<1>,
    ) {
        let lesion = inner(logits.into_dispatch()).flatten(1, -1).ge(f64::from(threshold));
        let truth = &batch.truth;
        let sum = |pixels: Tensor| pixels.sum_dim_intlist([1_i64].as_slice(), false, Kind::Int64);
        let (not_lesion, not_truth) = (lesion.logical_not(), truth.logical_not());
        let counts = [
            sum(lesion.logical_and(truth)),
            sum(lesion.logical_and(&not_truth)),
            sum(not_lesion.logical_and(truth)),
            sum(not_lesion.logical_and(&not_truth)),
        ];
        self.counts.push(Tensor::stack(&counts, 1));
        self.losses.push(inner(losses.into_dispatch()));
    }

    /// True positives, false positives, false negatives and true negatives of each image, and its loss; waits for the
    /// device.
    pub fn read(self) -> Vec<([u64; 4], f32)> {
        if self.counts.is_empty() {
            return Vec::new();
        }
        let counts = Tensor::cat(&self.counts, 0).to_device(tch::Device::Cpu).contiguous();
        let mut numbers = vec![0_i64; counts.numel()];
        let length = numbers.len();
        counts.copy_data(&mut numbers, length);
        let losses = floats(&Tensor::cat(&self.losses, 0));
        let counts = numbers.as_chunks::<4>().0.iter().map(|counts| counts.map(|count| count as u64));
        counts.zip(losses).collect()
    }
}
