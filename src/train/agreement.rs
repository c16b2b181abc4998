//! How far a device's numbers are from those of the built-in path.

use burn::tensor::Tensor;

use super::Compute;
use super::any_learner::AnyLearner;
use super::evaluation::infer;
use super::measure::batch;
use crate::experiment::settings::{AdamWSettings, LossSettings, ModelSettings, OptimizerSettings, Precision};
use crate::model::state::values;
use crate::model::{Built, StateDict};

/// How far a network's numbers on a device are from those of the built-in path: norms of differences, relative to the norms
/// of what the built-in path has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agreement {
    /// Of the logits.
    pub output: f64,
    /// Of the loss of the first step.
    pub loss: f64,
    /// Of the gradient of all parameters.
    pub gradient: f64,
    /// Of what the steps changed all parameters by.
    pub change: f64,
}

impl Agreement {
    /// The largest of them that rounding explains, in single precision: of the output and the loss, and of the gradient.
    pub const BOUNDS: [f64; 2] = [1e-4, 5e-3];

    /// True where rounding explains the differences of output, loss and gradient. That of the change it may not: AdamW
    /// divides small gradients by themselves, so that a last digit becomes a step's sign.
    pub fn holds(&self) -> bool {
        let [values, gradient] = Self::BOUNDS;
        self.output <= values && self.loss <= values && self.gradient <= gradient
    }
}

/// What a device makes of a network.
struct Made {
    logits: Vec<f32>,
    losses: Vec<f64>,
    gradient: StateDict,
    change: Vec<f32>,
}

/// Compares a network on a device with the same one on the built-in path, over so many training steps on one batch of
/// `images` images of `size` pixels in height and width.
pub fn agreement(
    model: &ModelSettings,
    (images, size): (usize, usize),
    steps: usize,
    compute: Compute,
) -> Agreement {
    let [here, there] = [Compute::Cpu, compute].map(|compute| make(model, (images, size), steps, compute));
    let gradients = [&here.gradient, &there.gradient]
        .map(|state| state.0.values().flat_map(|tensor| tensor.values.iter().copied()).collect::<Vec<f32>>());
    Agreement {
        output: difference(&here.logits, &there.logits),
        loss: (here.losses[0] - there.losses[0]).abs() / here.losses[0].abs().max(f64::MIN_POSITIVE),
        gradient: difference(&gradients[0], &gradients[1]),
        change: difference(&here.change, &there.change),
    }
}

fn make(model: &ModelSettings, (images, size): (usize, usize), steps: usize, compute: Compute) -> Made {
    let (pictures, masks) = batch(images, size);
    let built = Built::new(model, 42, &compute.training_device());
    let mut learner = AnyLearner::new(built, None, compute, Precision::F32);
    let logits = {
        let input = Tensor::<4>::from_data(pictures.clone(), &compute.device());
        infer(compute, || values(Built::new(model, 42, &compute.device()).network.forward(input).output))
    };
    let part = learner.part(images);
    let parts = |learner: &AnyLearner| {
        let whole = (
            Tensor::<4>::from_data(pictures.clone(), learner.device()),
            Tensor::<4>::from_data(masks.clone(), learner.device()),
        );
        (0..images)
            .step_by(part)
            .map(|first| {
                let count = part.min(images - first);
                (whole.0.clone().narrow(0, first, count), whole.1.clone().narrow(0, first, count))
            })
            .collect()
    };
    let flat =
        |state: &StateDict| state.0.values().flat_map(|tensor| tensor.values.clone()).collect::<Vec<f32>>();
    let start = flat(&learner.state());
    let settings = AdamWSettings::default();
    let mut losses = Vec::new();
    let mut gradient = StateDict::default();
    for step in 0..steps.max(1) {
        learner.step(
            parts(&learner),
            &LossSettings::default(),
            OptimizerSettings::Adamw(settings),
            settings.learning_rate,
        );
        losses.extend(learner.take_losses());
        if step == 0 {
            // After one step the first moment is a tenth of the gradient.
            gradient = learner.moments().first;
        }
    }
    let change = flat(&learner.state()).iter().zip(&start).map(|(now, before)| now - before).collect();
    Made { logits, losses, gradient, change }
}

/// The norm of the difference, relative to that of `expected`.
fn difference(expected: &[f32], found: &[f32]) -> f64 {
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>().sqrt();
    let apart = norm(&mut expected.iter().zip(found).map(|(a, b)| f64::from(a - b)));
    apart / norm(&mut expected.iter().map(|&value| f64::from(value))).max(f64::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::settings::EgeUnetSettings;

    #[test]
    fn the_built_in_path_agrees_with_itself() {
        let model = ModelSettings::EgeUnet(EgeUnetSettings::default());
        let found = agreement(&model, (1, 32), 2, Compute::Cpu);
        assert_eq!(found, Agreement { output: 0.0, loss: 0.0, gradient: 0.0, change: 0.0 });
    }

    #[test]
    fn a_difference_is_relative_to_what_is_expected() {
        assert!((difference(&[3.0, 4.0], &[3.0, 4.5]) - 0.1).abs() < 1e-12);
        assert!(!Agreement { output: 0.0, loss: 0.0, gradient: f64::NAN, change: 0.0 }.holds());
    }
}
