//! Convolution layers of stride 1 that keep the size, started as the authors' code starts them.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::Tensor;

use crate::kernel::{self, Conv};
use crate::model::Site;

/// Settings of a [2-D convolution](Conv2d).
#[derive(Config, Debug)]
pub struct Conv2dConfig {
    /// Channels in and out.
    pub channels: [usize; 2],
    /// Height and width of the kernel, odd.
    pub kernel: usize,
    /// Distance between the kernel's taps.
    #[config(default = "1")]
    pub dilation: usize,
    /// Groups of channels that don't see each other.
    #[config(default = "1")]
    pub groups: usize,
}

/// A 2-D convolution with bias, zero-padded to keep the size.
#[derive(Module, Debug)]
pub struct Conv2d {
    /// `[channels_out, channels_in / groups, kernel, kernel]`
    weight: Param<Tensor<4>>,
    /// `[channels_out]`
    bias: Param<Tensor<1>>,
    dilation: usize,
    groups: usize,
}

impl Conv2dConfig {
    /// A convolution of every channel with a kernel of its own.
    pub fn depthwise(channels: usize, kernel: usize) -> Self {
        Self::new([channels, channels], kernel).with_groups(channels)
    }

    /// A convolution of single pixels.
    pub fn pointwise(channels: [usize; 2]) -> Self {
        Self::new(channels, 1)
    }

    /// Makes the layer: weights normal with variance `2 / (kernel² · channels_out / groups)`, bias 0
    /// (`EGEUNet._init_weights` in `models/egeunet.py`).
    pub fn init(&self, site: &Site) -> Conv2d {
        let [channels_in, channels_out] = self.channels;
        let fan_out = self.kernel * self.kernel * channels_out / self.groups;
        let shape = [channels_out, channels_in / self.groups, self.kernel, self.kernel];
        Conv2d {
            weight: site.normal("weight", shape, (2.0 / fan_out as f64).sqrt()),
            bias: site.constant("bias", [channels_out], 0.0),
            dilation: self.dilation,
            groups: self.groups,
        }
    }
}

impl Conv2d {
    /// Weight and bias.
    pub fn parameters(&self) -> (Tensor<4>, Tensor<1>) {
        (self.weight.val(), self.bias.val())
    }

    /// How the kernel slides.
    pub fn slide(&self) -> Conv {
        Conv { dilation: self.dilation, groups: self.groups }
    }

    /// Applies the layer.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, height, width]`
    /// - output: `[batch, channels_out, height, width]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let (weight, bias) = self.parameters();
        kernel::conv2d(x, weight, bias, self.slide())
    }
}

/// Settings of a [1-D convolution](Conv1d).
#[derive(Config, Debug)]
pub struct Conv1dConfig {
    /// Channels in and out.
    pub channels: [usize; 2],
    /// Length of the kernel, odd.
    pub kernel: usize,
    /// Groups of channels that don't see each other.
    #[config(default = "1")]
    pub groups: usize,
}

/// A 1-D convolution with bias, zero-padded to keep the length.
#[derive(Module, Debug)]
pub struct Conv1d {
    /// `[channels_out, channels_in / groups, kernel]`
    weight: Param<Tensor<3>>,
    /// `[channels_out]`
    bias: Param<Tensor<1>>,
    groups: usize,
}

impl Conv1dConfig {
    /// Makes the layer: weights normal with variance `2 / (kernel · channels_out)`, whatever the groups;
    /// bias uniform within `1 / sqrt(fan_in)`, PyTorch's default, which the authors' code leaves alone for
    /// 1-D convolutions (deviation 17).
    pub fn init(&self, site: &Site) -> Conv1d {
        let [channels_in, channels_out] = self.channels;
        let fan_in = channels_in / self.groups * self.kernel;
        let shape = [channels_out, channels_in / self.groups, self.kernel];
        Conv1d {
            weight: site.normal("weight", shape, (2.0 / (self.kernel * channels_out) as f64).sqrt()),
            bias: site.uniform("bias", [channels_out], 1.0 / (fan_in as f64).sqrt()),
            groups: self.groups,
        }
    }
}

impl Conv1d {
    /// Applies the layer.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, length]`
    /// - output: `[batch, channels_out, length]`
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        kernel::conv1d(x, self.weight.val(), self.bias.val(), Conv { dilation: 1, groups: self.groups })
    }
}
