//! Linear layers over the last axis.

use burn::config::Config;
use burn::module::{Module, Param, ParamId};
use burn::tensor::Tensor;

use super::Start;
use crate::kernel::{self, trace};
use crate::model::Site;

/// Settings of a [linear layer](Linear).
#[derive(Config, Debug)]
pub struct LinearConfig {
    /// Channels in and out.
    pub channels: [usize; 2],
    /// Whether a number is added to each output.
    #[config(default = "true")]
    pub bias: bool,
    /// How weight and bias start.
    #[config(default = "Start::Default")]
    pub start: Start,
}

/// A linear layer over the last axis.
#[derive(Module, Debug)]
pub struct Linear {
    /// `[channels_out, channels_in]`
    weight: Param<Tensor<2>>,
    /// `[channels_out]`
    bias: Option<Param<Tensor<1>>>,
}

impl LinearConfig {
    /// Makes the layer.
    pub fn init(&self, site: &Site) -> Linear {
        let [inputs, outputs] = self.channels;
        Linear {
            weight: self.start.weight(site, [outputs, inputs], [inputs, outputs]),
            bias: self.bias.then(|| self.start.bias(site, outputs, inputs)),
        }
    }
}

impl Linear {
    /// Applies the layer.
    ///
    /// # Shapes
    /// - `x`: `[.., channels_in]`
    /// - output: `[.., channels_out]`
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let bias = self.bias.as_ref();
        let ids: Vec<ParamId> = std::iter::once(self.weight.id).chain(bias.map(|bias| bias.id)).collect();
        trace::layer(&ids, || kernel::linear(x, self.weight.val(), bias.map(Param::val)))
    }

    /// Applies the layer to the channels of each pixel.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, height, width]`
    /// - output: `[batch, channels_out, height, width]`
    pub fn forward_channels(&self, x: Tensor<4>) -> Tensor<4> {
        self.forward(x.permute([0, 2, 3, 1])).permute([0, 3, 1, 2])
    }
}
