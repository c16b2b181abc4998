//! A network that learns on a device of a library which has gradients of its own.

use burn::tensor::Tensor;

use super::adamw::Moments;
use super::learner::Part;
use super::loss::image_losses;
use super::parameters::Layout;
use crate::experiment::settings::{LossSettings, OptimizerSettings, Precision};
use crate::kernel::libtorch::{AdamWRates, Learning, Libtorch};
use crate::model::{Built, Names, Network, StateDict};

/// A network whose parameters stay on a device from step to step.
pub(super) struct LibraryLearner {
    names: Names,
    layout: Layout,
    /// Its parameters are views of those that learn.
    network: Network,
    learning: Learning,
    bf16: bool,
}

impl LibraryLearner {
    /// A learner of the network; goes on from `moments`.
    pub fn new(built: Built, moments: Option<&Moments>, library: Libtorch, precision: Precision) -> Self {
        let layout = Layout::of(&built);
        let weights = layout.array(&built.state());
        let start = Moments::default();
        let moments = moments.unwrap_or(&start);
        let arrays = [&moments.first, &moments.second].map(|state| layout.array(state));
        let slots: Vec<_> =
            layout.slots().iter().map(|slot| (slot.range.clone(), slot.shape.clone())).collect();
        let arrays = [weights.as_slice(), &arrays[0], &arrays[1]];
        let learning = Learning::new(library, &slots, arrays, moments.step);
        let network = layout.share(built.network, |slot| learning.leaf(slot));
        Self { names: built.names, layout, network, learning, bf16: precision == Precision::Bf16 }
    }

    /// Queues one step on a batch; its loss is known once it is asked for.
    pub fn step(
        &mut self,
        parts: Vec<Part>,
        loss: &LossSettings,
        OptimizerSettings::Adamw(optimizer): OptimizerSettings,
        rate: f64,
    ) {
        let library = self.learning.place();
        library.learn(|| {
            let images: usize = parts.iter().map(|(images, _)| images.dims()[0]).sum();
            let losses: Vec<Tensor<1>> = parts
                .into_iter()
                .map(|(images, masks)| {
                    let prediction = library.mixed(self.bf16, || self.network.forward(images));
                    image_losses(prediction, &masks, loss)
                })
                .collect();
            let share = 1.0 / images.max(1) as f64;
            let loss = crate::kernel::scale(crate::kernel::sum_last(crate::kernel::concat(losses, 0)), share);
            let rates = AdamWRates {
                rate,
                beta1: optimizer.beta1,
                beta2: optimizer.beta2,
                weight_decay: optimizer.weight_decay,
                epsilon: optimizer.epsilon,
            };
            self.learning.step(loss, rates);
        });
    }

    /// Number of steps whose losses weren't asked for.
    pub fn pending(&self) -> usize {
        self.learning.pending()
    }

    /// Losses of the steps since it was asked last; waits for the device.
    pub fn take_losses(&mut self) -> Vec<f64> {
        self.learning.take_losses()
    }

    /// The network as it is now; it changes with the next step.
    pub fn built(&self) -> Built {
        Built { network: self.network.clone(), names: self.names.clone() }
    }

    /// The network's tensors as they are now: parameters, and what its forwards keep.
    pub fn state(&self) -> StateDict {
        let mut state = StateDict::of(&self.network, &self.names);
        state.0.extend(self.layout.state(&self.learning.weights()).0);
        state
    }

    /// What the optimizer remembers.
    pub fn moments(&self) -> Moments {
        let [first, second] = self.learning.moments().map(|moments| self.layout.state(&moments));
        Moments { step: self.learning.steps(), first, second }
    }
}
