//! AdamW over all parameters of a network.

use super::parameters::{Gradient, Layout};
use crate::experiment::settings::AdamWSettings;
use crate::kernel::{AdamWScale, adamw};
use crate::model::StateDict;

/// What AdamW remembers, by name of parameter.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Moments {
    /// Steps taken.
    pub step: u64,
    /// Decaying means of the gradients.
    pub first: StateDict,
    /// Decaying means of their squares.
    pub second: StateDict,
}

/// AdamW with the order of operations of PyTorch's `torch.optim.AdamW`.
#[derive(Clone, Debug)]
pub(super) struct AdamW {
    step: u64,
    /// Decaying means of every parameter's gradient, laid out as the parameters are.
    first: Vec<f32>,
    /// Decaying means of its square.
    second: Vec<f32>,
}

impl AdamW {
    /// An optimizer that has taken no step yet.
    pub fn new(layout: &Layout) -> Self {
        Self::resume(&Moments::default(), layout)
    }

    /// Goes on from what was remembered.
    pub fn resume(moments: &Moments, layout: &Layout) -> Self {
        Self {
            step: moments.step,
            first: layout.array(&moments.first),
            second: layout.array(&moments.second),
        }
    }

    /// What it remembers.
    pub fn moments(&self, layout: &Layout) -> Moments {
        Moments { step: self.step, first: layout.state(&self.first), second: layout.state(&self.second) }
    }

    /// Changes the parameters by one step; those without a gradient stay, and so do their moments.
    pub fn step(
        &mut self,
        weights: &mut [f32],
        gradient: &Gradient,
        layout: &Layout,
        settings: AdamWSettings,
        rate: f64,
    ) {
        self.step += 1;
        let scale = scale(settings, rate, self.step);
        let mut slots = layout.slots().iter().zip(&gradient.present).peekable();
        // Parameters in a row that all have a gradient are one pass.
        while let Some((slot, &present)) = slots.next() {
            if !present {
                continue;
            }
            let mut range = slot.range.clone();
            while let Some((next, _)) = slots.next_if(|(_, present)| **present) {
                range.end = next.range.end;
            }
            adamw(
                &mut weights[range.clone()],
                &gradient.values[range.clone()],
                &mut self.first[range.clone()],
                &mut self.second[range],
                scale,
            );
        }
    }
}

/// What step `step`, counted from 1, multiplies by; computed in f64, as PyTorch does.
fn scale(settings: AdamWSettings, rate: f64, step: u64) -> AdamWScale {
    let power = i32::try_from(step).unwrap_or(i32::MAX);
    AdamWScale {
        keep: (1.0 - rate * settings.weight_decay) as f32,
        rest1: (1.0 - settings.beta1) as f32,
        beta2: settings.beta2 as f32,
        rest2: (1.0 - settings.beta2) as f32,
        size: (rate / (1.0 - settings.beta1.powi(power))) as f32,
        root: (1.0 - settings.beta2.powi(power)).sqrt() as f32,
        epsilon: settings.epsilon as f32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `tests/parity/training.py`: three steps of `torch.optim.AdamW`.
    #[test]
    fn steps_equal_pytorch() {
        let expected = [
            [
                4.999_95e-1,
                -1.250_987_4,
                2.998_97,
                1.999_988_5e-3,
                9.999_998e-4,
                -7.099_93e-2,
                1.199_887_9e1,
                -4.000_96,
            ],
            [
                4.992_471e-1,
                -1.251_960_2,
                2.998_916_6,
                2.993_816_5e-3,
                1.736_814_6e-3,
                -7.187_363e-2,
                1.199_780_5e1,
                -4.000_561_7,
            ],
            [
                4.983_837_3e-1,
                -1.252_620_8,
                2.999_403_7,
                3.917_418_4e-3,
                1.735_031_4e-3,
                -7.280_138e-2,
                1.199_717_4e1,
                -3.999_84,
            ],
        ];
        let mut weights = [0.5_f32, -1.25, 3.0, 1e-3, 0.0, -0.07, 12.0, -4.0];
        let (mut first, mut second) = ([0.0; 8], [0.0; 8]);
        for (step, expected) in expected.iter().enumerate() {
            let gradient: Vec<f32> = (0..8)
                .map(|i| ((1.3 * f64::from(i) + step as f64).sin() * 10_f64.powi(i - 5)) as f32)
                .collect();
            let scale = scale(AdamWSettings::default(), 1e-3, step as u64 + 1);
            adamw(&mut weights, &gradient, &mut first, &mut second, scale);
            for (weight, expected) in weights.iter().zip(expected) {
                // Two units in the last place of f32, or of the step of 1e-3 where the weight is near 0.
                let bound = 2.4e-7 * f32::abs(*expected).max(1e-3);
                assert!((weight - expected).abs() <= bound, "step {step}: {weight}, not {expected}");
            }
        }
    }
}
