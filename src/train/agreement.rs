//! How far a device's numbers are from those of the built-in path.

use burn::tensor::{Tensor, TensorData};

use super::any_learner::AnyLearner;
use super::evaluation::infer;
use super::measure::batch;
use super::{Compute, TrainError};
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
    /// Of the gradient on the built-in path, where each pixel's last bit is another one: what rounding alone makes of it.
    pub sensitivity: f64,
}

impl Agreement {
    /// The largest of them that rounding explains, in single precision: of the output and the loss, and of the gradient.
    pub const BOUNDS: [f64; 2] = [1e-4, 1e-3];

    /// How often its sensitivity a network's gradient may be off, where that is more than the bound: at the kink of a
    /// rectifier, or where two pixels of a pool are alike, a last digit decides where a gradient goes.
    pub const SENSITIVITIES: f64 = 4.0;

    /// True where rounding explains the differences of output, loss and gradient. That of the change it may not: AdamW
    /// divides small gradients by themselves, so that a last digit becomes a step's sign.
    pub fn holds(&self) -> bool {
        let [values, gradient] = Self::BOUNDS;
        let gradient = gradient.max(Self::SENSITIVITIES * self.sensitivity);
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
///
/// # Errors
/// When the device's memory doesn't suffice.
pub fn agreement(
    model: &ModelSettings,
    images: (usize, usize),
    steps: usize,
    compute: Compute,
) -> Result<Agreement, TrainError> {
    compute.within_memory(|| compare(model, images, steps, compute))
}

fn compare(
    model: &ModelSettings,
    (images, size): (usize, usize),
    steps: usize,
    compute: Compute,
) -> Agreement {
    let batch = batch(images, size);
    let [here, there] = [Compute::Cpu, compute].map(|compute| make(model, &batch, images, steps, compute));
    let nudged = make(model, &(nudged(&batch.0, (images, size)), batch.1), images, 1, Compute::Cpu);
    let gradients = [&here.gradient, &there.gradient, &nudged.gradient]
        .map(|state| state.0.values().flat_map(|tensor| tensor.values.iter().copied()).collect::<Vec<f32>>());
    Agreement {
        output: difference(&here.logits, &there.logits),
        loss: (here.losses[0] - there.losses[0]).abs() / here.losses[0].abs().max(f64::MIN_POSITIVE),
        gradient: difference(&gradients[0], &gradients[1]),
        change: difference(&here.change, &there.change),
        sensitivity: difference(&gradients[0], &gradients[2]),
    }
}

/// The same pictures with another last bit in each pixel.
fn nudged(pictures: &TensorData, (images, size): (usize, usize)) -> TensorData {
    let pixels = pictures.iter::<f32>().map(|pixel| f32::from_bits(pixel.to_bits() ^ 1));
    TensorData::new(pixels.collect::<Vec<f32>>(), [images, 3, size, size])
}

fn make(
    model: &ModelSettings,
    (pictures, masks): &(TensorData, TensorData),
    images: usize,
    steps: usize,
    compute: Compute,
) -> Made {
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
        let found = agreement(&model, (1, 32), 2, Compute::Cpu).unwrap();
        assert!((1e-8..1e-3).contains(&found.sensitivity), "{found:?}");
        let sensitivity = found.sensitivity;
        assert_eq!(found, Agreement { output: 0.0, loss: 0.0, gradient: 0.0, change: 0.0, sensitivity });
    }

    #[test]
    fn a_difference_is_relative_to_what_is_expected() {
        assert!((difference(&[3.0, 4.0], &[3.0, 4.5]) - 0.1).abs() < 1e-12);
        let found =
            |gradient, sensitivity| Agreement { output: 0.0, loss: 0.0, gradient, change: 0.0, sensitivity };
        assert!(!found(f64::NAN, 0.0).holds() && !found(0.1, f64::NAN).holds());
        assert!(found(9e-4, 0.0).holds() && !found(2e-3, 0.0).holds());
        assert!(found(1.2e-2, 4e-3).holds() && !found(2e-2, 4e-3).holds());
    }
}
