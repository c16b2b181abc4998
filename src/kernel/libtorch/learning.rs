//! Parameters that learn on a device: one array there, which the network's tensors are views of.

use std::ops::Range;

use burn::backend::DispatchTensor;
use burn::tensor::Tensor as BurnTensor;
use tch::{Kind, Tensor};

use super::device::Libtorch;
use super::rates::AdamWRates;
use super::shim::{self, AdamWTensors};
use super::tensors::{inner, outer};

/// Parameters, gradients and moments on a device; the host hears of losses where it asks for them.
pub struct Learning {
    place: Libtorch,
    slots: Vec<Range<usize>>,
    /// All parameters, one after another.
    weights: Tensor,
    /// Each parameter as a leaf of the graph, on the memory of `weights`.
    leaves: Vec<Tensor>,
    first: Tensor,
    second: Tensor,
    /// Steps taken, as a number on the device.
    step: Tensor,
    /// 1 from the first loss on that was no finite number: no step is taken any more.
    stopped: Tensor,
    /// Losses that the host hasn't asked for yet.
    losses: Vec<Tensor>,
}

impl Learning {
    /// Parameters with these elements, of whom each has a range and a shape; and the moments and steps of an optimizer.
    pub fn new(
        place: Libtorch,
        slots: &[(Range<usize>, Vec<usize>)],
        [weights, first, second]: [&[f32]; 3],
        steps: u64,
    ) -> Self {
        let _guard = tch::no_grad_guard();
        let [weights, first, second] =
            [weights, first, second].map(|values| Tensor::from_slice(values).to_device(place.tch()));
        let leaf = |(range, shape): &(Range<usize>, Vec<usize>)| {
            let shape: Vec<i64> = shape.iter().map(|&length| length as i64).collect();
            part(&weights, range).view(shape.as_slice()).detach().set_requires_grad(true)
        };
        let number = |value: f32| Tensor::full([1], f64::from(value), (Kind::Float, place.tch()));
        Self {
            place,
            slots: slots.iter().map(|(range, _)| range.clone()).collect(),
            leaves: slots.iter().map(leaf).collect(),
            weights,
            first,
            second,
            step: number(steps as f32),
            stopped: number(0.0),
            losses: Vec::new(),
        }
    }

    /// Where they are.
    pub fn place(&self) -> Libtorch {
        self.place
    }

    /// The parameter of that slot, for a network: it changes as the parameter learns.
    pub fn leaf(&self, slot: usize) -> DispatchTensor {
        outer(self.leaves[slot].shallow_clone())
    }

    /// One step by the gradients of a loss, of one element; parameters that it doesn't depend on stay.
    ///
    /// Nothing waits for the device. Where the loss is no finite number, no step is taken, nor any after it.
    pub fn step(&mut self, loss: BurnTensor<1>, rates: AdamWRates) {
        let loss = inner(loss.into_dispatch());
        let gradients = Tensor::run_backward(&[&loss], &self.leaves, false, false);
        let _guard = tch::no_grad_guard();
        let loss = loss.detach().to_kind(Kind::Float).reshape([1]);
        self.stopped = self.stopped.maximum(&loss.isfinite().logical_not().to_kind(Kind::Float));
        let taken = 1.0 - &self.stopped;
        let _ = self.step.f_add_(&taken).expect("numbers of one shape");
        let mut tensors = AdamWTensors { weights: vec![], gradients: vec![], first: vec![], second: vec![] };
        for slots in runs(&gradients) {
            let range = self.slots[slots.start].start..self.slots[slots.end - 1].end;
            let flat: Vec<Tensor> = gradients[slots].iter().map(|gradient| gradient.reshape([-1])).collect();
            tensors.gradients.push(Tensor::cat(&flat, 0).to_kind(Kind::Float));
            tensors.weights.push(part(&self.weights, &range));
            tensors.first.push(part(&self.first, &range));
            tensors.second.push(part(&self.second, &range));
        }
        let AdamWRates { rate, beta1, beta2, weight_decay, epsilon } = rates;
        let numbers = [rate, beta1, beta2, weight_decay, epsilon];
        shim::adamw(&tensors, &self.step, &self.stopped, numbers);
        self.losses.push(loss);
    }

    /// Number of losses that weren't asked for yet.
    pub fn pending(&self) -> usize {
        self.losses.len()
    }

    /// The losses of the steps since it was asked last, in order; waits for the device.
    pub fn take_losses(&mut self) -> Vec<f64> {
        if self.losses.is_empty() {
            return Vec::new();
        }
        let losses = std::mem::take(&mut self.losses);
        floats(&Tensor::cat(&losses, 0)).into_iter().map(f64::from).collect()
    }

    /// All parameters.
    pub fn weights(&self) -> Vec<f32> {
        floats(&self.weights)
    }

    /// Both moments of all parameters.
    pub fn moments(&self) -> [Vec<f32>; 2] {
        [floats(&self.first), floats(&self.second)]
    }

    /// Steps taken.
    pub fn steps(&self) -> u64 {
        floats(&self.step)[0] as u64
    }
}

/// The slots in a row that have a gradient, run by run.
fn runs(gradients: &[Tensor]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (slot, _) in gradients.iter().enumerate().filter(|(_, gradient)| gradient.defined()) {
        match runs.last_mut().filter(|run| run.end == slot) {
            Some(run) => run.end += 1,
            None => runs.push(slot..slot + 1),
        }
    }
    runs
}

fn part(flat: &Tensor, range: &Range<usize>) -> Tensor {
    flat.narrow(0, range.start as i64, range.len() as i64)
}

/// The elements, on the host.
pub(super) fn floats(tensor: &Tensor) -> Vec<f32> {
    let tensor = tensor.detach().to_device(tch::Device::Cpu).to_kind(Kind::Float).contiguous();
    let mut values = vec![0.0; tensor.numel()];
    let count = values.len();
    tensor.copy_data(&mut values, count);
    values
}
