//! Mamba: a state space model whose parameters depend on its input (Gu and Dao, 2023, arXiv 2312.00752).

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Tensor, TensorData};

use crate::kernel::{Selection, causal_conv1d, exp, multiply, scale, selective_scan, silu, softplus, trace};
use crate::model::Site;
use crate::model::block::{Linear, LinearConfig, Start};

/// Numbers that the state of a channel consists of.
const STATES: usize = 16;

/// Length of the causal convolution's kernel.
const KERNEL: usize = 4;

/// How many times the channels are widened.
const EXPANSION: usize = 2;

/// Channels for each of which the step has one dimension before it is spread, at least one.
const CHANNELS_PER_STEP: usize = 16;

/// Settings of [`Mamba`].
#[derive(Config, Debug)]
pub struct MambaConfig {
    /// Channels in and out.
    pub channels: usize,
}

/// A selective state space model along a sequence, gated by what it starts from.
#[derive(Module, Debug)]
pub struct Mamba {
    widen: Linear,
    /// `[inner, 1, 4]`
    conv_weight: Param<Tensor<3>>,
    /// `[inner]`
    conv_bias: Param<Tensor<1>>,
    select: Linear,
    spread_step: Linear,
    /// `[inner, 16]`: the logarithm of how fast each state decays
    rate: Param<Tensor<2>>,
    /// `[inner]`
    skip: Param<Tensor<1>>,
    narrow: Linear,
}

impl MambaConfig {
    /// Makes the block: decays of 1 to 16, skips of 1, and all layers as the network around starts its own. That sets
    /// the steps' bias to 0, over the start that Mamba gives it.
    pub fn init(&self, site: &Site) -> Mamba {
        let [channels, inner] = [self.channels, EXPANSION * self.channels];
        let step = channels.div_ceil(CHANNELS_PER_STEP);
        let linear = |channels, name: &str| {
            LinearConfig::new(channels)
                .with_start(Start::Truncated(0.02))
                .with_bias(false)
                .init(&site.at(name))
        };
        let conv = site.at("conv1d");
        let rates: Vec<f32> = (0..inner).flat_map(|_| (1..=STATES).map(|k| (k as f32).ln())).collect();
        let rates = Tensor::from_data(TensorData::new(rates, [inner, STATES]), site.device());
        Mamba {
            widen: linear([channels, 2 * inner], "in_proj"),
            conv_weight: conv.normal("weight", [inner, 1, KERNEL], (2.0 / (KERNEL * inner) as f64).sqrt()),
            conv_bias: conv.uniform("bias", [inner], 1.0 / (KERNEL as f64).sqrt()),
            select: linear([inner, step + 2 * STATES], "x_proj"),
            spread_step: LinearConfig::new([step, inner])
                .with_start(Start::Truncated(0.02))
                .init(&site.at("dt_proj")),
            rate: site.copy("A_log", rates),
            skip: site.constant("D", [inner], 1.0),
            narrow: linear([inner, channels], "out_proj"),
        }
    }
}

impl Mamba {
    /// Applies the block.
    ///
    /// # Shapes
    /// - `x` and output: `[batch, length, channels]`
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let inner = self.skip.dims()[0];
        let wide = self.widen.forward(x);
        let gate = silu(wide.clone().narrow(2, inner, inner));
        let x = silu(trace::layer(&[self.conv_weight.id, self.conv_bias.id], || {
            causal_conv1d(wide.narrow(2, 0, inner), self.conv_weight.val(), self.conv_bias.val())
        }));

        let selected = self.select.forward(x.clone());
        let step = selected.dims()[2] - 2 * STATES;
        let selection = Selection {
            step: softplus(self.spread_step.forward(selected.clone().narrow(2, 0, step))),
            input: selected.clone().narrow(2, step, STATES),
            output: selected.narrow(2, step + STATES, STATES),
        };
        let read = trace::layer(&[self.rate.id, self.skip.id], || {
            selective_scan(x, selection, scale(exp(self.rate.val()), -1.0), self.skip.val())
        });
        self.narrow.forward(multiply(read, gate))
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    /// `mamba_ssm`'s start but for the bias of steps, which the network around sets to 0.
    #[test]
    fn decays_skips_and_steps_start_as_in_the_original() {
        let mamba = MambaConfig::new(6).init(&Site::root(&Device::flex(), 1));
        let rates: Vec<f32> = mamba.rate.val().exp().into_data().try_into_vec().expect("f32");
        assert_eq!(rates.len(), 12 * STATES);
        for (index, rate) in rates.iter().enumerate() {
            assert!((rate - (index % STATES + 1) as f32).abs() < 1e-4, "{rate}");
        }
        let skips: Vec<f32> = mamba.skip.val().into_data().try_into_vec().expect("f32");
        assert_eq!(skips, [1.0; 12]);
        let quiet = mamba.spread_step.forward(Tensor::<3>::zeros([1, 1, 1], &Device::flex()));
        let biases: Vec<f32> = quiet.into_data().try_into_vec().expect("f32");
        assert_eq!(biases, [0.0; 12]);
    }
}
