//! Binary cross-entropy plus Dice on the output and on every side output (paper section 2.3).

use burn::tensor::Tensor;

use crate::experiment::settings::{BceForm, LossSettings};
use crate::kernel::{BceDice, deep_bce_dice};
use crate::model::Prediction;

/// The loss of each image; a batch's loss is their mean, as in the authors' code (`GT_BceDiceLoss` in
/// `utils.py`).
///
/// # Shapes
/// - `prediction`: logits, the output of `[batch, 1, height, width]`
/// - `mask`: `[batch, 1, height, width]`, values in `[0, 1]`
/// - output: `[batch]`
pub fn image_losses(prediction: Prediction, mask: &Tensor<4>, settings: &LossSettings) -> Tensor<1> {
    let form = BceDice {
        bce: settings.bce_weight as f32,
        dice: settings.dice_weight as f32,
        smooth: settings.smooth as f32,
        on_probabilities: settings.bce == BceForm::Probabilities,
    };
    let sides = prediction.sides.into_iter().zip(settings.side_weights.map(|weight| weight as f32));
    let outputs = std::iter::once((prediction.output, 1.0)).chain(sides.filter(|(_, weight)| *weight > 0.0));
    deep_bce_dice(outputs.collect(), mask.clone(), form)
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;
    use crate::model::state::values;

    fn tensor(values: Vec<f32>, shape: [usize; 4]) -> Tensor<4> {
        Tensor::from_data(TensorData::new(values, shape), &Device::flex().autodiff())
    }

    fn close(ours: f32, expected: f32) {
        assert!((ours - expected).abs() <= 2e-6 * expected.abs().max(0.05), "{ours}, not {expected}");
    }

    /// `tests/parity/training.py`: PyTorch's `BCELoss` on saturated and ordinary probabilities, plus Dice.
    #[test]
    fn saturated_probabilities_cost_and_pull_as_in_pytorch() {
        let logits =
            tensor(vec![0.3, -2.0, 4.5, -0.1, 30.0, -40.0, -150.0, 120.0], [2, 1, 2, 2]).require_grad();
        let mask = tensor(vec![1.0, 0.0, 0.6, 0.25, 0.0, 1.0, 1.0, 0.5], [2, 1, 2, 2]);
        let prediction = Prediction { output: logits.clone(), sides: Vec::new() };
        let loss = image_losses(prediction, &mask, &LossSettings::default()).mean();
        let gradient = logits.grad(&loss.backward()).unwrap();
        close(values(loss)[0], 37.106_63);
        let expected =
            [-8.459_489e-2, 2.238_065_6e-2, 4.809_885_5e-2, 3.344_476_6e-2, 0.0, -5.310_442_4e-7, 0.0, 0.0];
        for (ours, expected) in values(gradient).into_iter().zip(expected) {
            close(ours, expected);
        }
    }

    fn wave(scale: f64, step: f64, shift: f64) -> Vec<f32> {
        (0..32).map(|i| (scale * (step * f64::from(i) + shift).sin()) as f32).collect()
    }

    /// `tests/parity/training.py`: the authors' `GT_BceDiceLoss`.
    #[test]
    fn side_outputs_weigh_as_in_the_original() {
        let shape = [2, 1, 4, 4];
        let output = tensor(wave(3.0, 0.9, 0.0), shape).require_grad();
        let quarter = std::f64::consts::FRAC_PI_2;
        let sides: Vec<_> = (0..5)
            .map(|level| tensor(wave(2.0, 0.7, quarter + f64::from(level)), shape).require_grad())
            .collect();
        let mask = tensor(wave(0.5, 0.4, 0.0).iter().map(|x| 0.5 + x).collect(), shape);
        let prediction = Prediction { output: output.clone(), sides: sides.clone() };
        let loss = image_losses(prediction, &mask, &LossSettings::default()).mean();
        let gradients = loss.backward();
        close(values(loss)[0], 3.721_624_4);
        close(values(output.grad(&gradients).unwrap())[5], -3.011_554_3e-2);
        let expected = [-1.531_284_3e-2, -1.108_002e-2, -3.332_587_4e-3, -1.335_314_2e-3, -1.756_308_7e-3];
        for (side, expected) in sides.iter().zip(expected) {
            close(values(side.grad(&gradients).unwrap())[5], expected);
        }
    }

    #[test]
    fn both_forms_agree_where_nothing_saturates() {
        let mask = tensor(wave(0.5, 0.4, 0.0).iter().map(|x| 0.5 + x).collect(), [2, 1, 4, 4]);
        let results = [BceForm::Probabilities, BceForm::Logits].map(|bce| {
            let logits = tensor(wave(5.0, 1.1, 0.3), [2, 1, 4, 4]).require_grad();
            let prediction = Prediction { output: logits.clone(), sides: Vec::new() };
            let loss =
                image_losses(prediction, &mask, &LossSettings { bce, ..LossSettings::default() }).mean();
            let gradient = logits.grad(&loss.backward()).unwrap();
            (values(loss)[0], values(gradient))
        });
        close(results[0].0, results[1].0);
        for (a, b) in results[0].1.iter().zip(&results[1].1) {
            close(*a, *b);
        }
    }
}
