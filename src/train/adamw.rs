//! AdamW over all parameters of a network.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Gradients, Tensor};

use crate::experiment::settings::AdamWSettings;
use crate::model::state::{replace, values};
use crate::model::{Built, Names};

/// AdamW with the order of operations of PyTorch's `torch.optim.AdamW`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct AdamW {
    /// Steps taken.
    pub step: u64,
    /// First and second moment of each parameter that ever had a gradient, by name.
    pub moments: BTreeMap<String, Moments>,
}

/// Decaying means of a parameter's gradient and of its square.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Moments {
    pub shape: Vec<usize>,
    pub first: Vec<f32>,
    pub second: Vec<f32>,
}

impl AdamW {
    /// The network after one step against `gradients`; parameters without a gradient stay.
    pub fn step(&mut self, built: Built, gradients: &Gradients, settings: AdamWSettings, rate: f64) -> Built {
        self.step += 1;
        let scale = Scale::of(settings, rate, self.step);
        let mut update = Update { names: &built.names, moments: &mut self.moments, gradients, scale };
        Built { network: built.network.map(&mut update), names: built.names }
    }
}

/// What a step multiplies by.
#[derive(Clone, Copy)]
struct Scale {
    keep: f32,
    rest1: f32,
    beta2: f32,
    rest2: f32,
    size: f32,
    root: f32,
    epsilon: f32,
}

impl Scale {
    /// The scale of step `step`, counted from 1; computed in f64, as PyTorch does.
    fn of(settings: AdamWSettings, rate: f64, step: u64) -> Self {
        let power = i32::try_from(step).unwrap_or(i32::MAX);
        Self {
            keep: (1.0 - rate * settings.weight_decay) as f32,
            rest1: (1.0 - settings.beta1) as f32,
            beta2: settings.beta2 as f32,
            rest2: (1.0 - settings.beta2) as f32,
            size: (rate / (1.0 - settings.beta1.powi(power))) as f32,
            root: (1.0 - settings.beta2.powi(power)).sqrt() as f32,
            epsilon: settings.epsilon as f32,
        }
    }
}

struct Update<'a> {
    names: &'a Names,
    moments: &'a mut BTreeMap<String, Moments>,
    gradients: &'a Gradients,
    scale: Scale,
}

impl ModuleMapper for Update<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(gradient) = param.val().grad(self.gradients) else {
            return param;
        };
        let gradient = values(gradient);
        let mut weights = values(param.val());
        let moments = self.moments.entry(self.names[&param.id].clone()).or_insert_with(|| Moments {
            shape: param.dims().to_vec(),
            first: vec![0.0; weights.len()],
            second: vec![0.0; weights.len()],
        });
        update(&mut weights, &gradient, moments, self.scale);
        replace(param, weights)
    }
}

fn update(weights: &mut [f32], gradient: &[f32], moments: &mut Moments, scale: Scale) {
    let state = moments.first.iter_mut().zip(&mut moments.second);
    for ((weight, &g), (first, second)) in weights.iter_mut().zip(gradient).zip(state) {
        *weight *= scale.keep;
        *first += scale.rest1 * (g - *first);
        *second = scale.beta2 * *second + scale.rest2 * g * g;
        *weight -= scale.size * (*first / (second.sqrt() / scale.root + scale.epsilon));
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
                4.999_949_932e-1,
                -1.250_987_411,
                2.998_970_032,
                1.999_988_453e-3,
                9.999_998_147e-4,
                -7.099_930_197e-2,
                1.199_887_943e1,
                -4.000_959_873,
            ],
            [
                4.992_471_039e-1,
                -1.251_960_158,
                2.998_916_626,
                2.993_816_510e-3,
                1.736_814_622e-3,
                -7.187_362_760e-2,
                1.199_780_464e1,
                -4.000_561_714,
            ],
            [
                4.983_837_306e-1,
                -1.252_620_816,
                2.999_403_715,
                3.917_418_420e-3,
                1.735_031_372e-3,
                -7.280_138_135e-2,
                1.199_717_426e1,
                -3.999_840_021,
            ],
        ];
        let mut weights = [0.5_f32, -1.25, 3.0, 1e-3, 0.0, -0.07, 12.0, -4.0];
        let mut moments = Moments { shape: vec![8], first: vec![0.0; 8], second: vec![0.0; 8] };
        for (step, expected) in expected.iter().enumerate() {
            let gradient: Vec<f32> = (0..8)
                .map(|i| ((1.3 * f64::from(i) + step as f64).sin() * 10_f64.powi(i - 5)) as f32)
                .collect();
            update(
                &mut weights,
                &gradient,
                &mut moments,
                Scale::of(AdamWSettings::default(), 1e-3, step as u64 + 1),
            );
            for (weight, expected) in weights.iter().zip(expected) {
                // Two units in the last place of f32, or of the step of 1e-3 where the weight is near 0.
                let bound = 2.4e-7 * f32::abs(*expected).max(1e-3);
                assert!((weight - expected).abs() <= bound, "step {step}: {weight}, not {expected}");
            }
        }
    }
}
