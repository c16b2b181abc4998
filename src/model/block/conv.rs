//! Convolution layers, straight and transposed.

use burn::config::Config;
use burn::module::{Module, Param, ParamId};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::kernel::{self, Conv, Slide, trace};
use crate::model::Site;

/// How weights start.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Start {
    /// Normal with variance `2 / (kernel² · channels_out / groups)`, bias 0 (`EGEUNet._init_weights` in
    /// `models/egeunet.py`, as in many networks of this field).
    FanOut,
    /// Normal with variance `2 / fan_in`, bias 0 (`kaiming_normal_(a=0, mode='fan_in')`).
    FanIn,
    /// Normal with variance `2 / fan_in`, bias uniform within `1 / sqrt(fan_in)`.
    FanInBiased,
    /// Weight and bias uniform within `1 / sqrt(fan_in)`: PyTorch's own.
    Default,
    /// Normal of this standard deviation, bias 0.
    Normal(f64),
    /// Normal of this standard deviation without what lies beyond 2 (`trunc_normal_`), bias 0.
    Truncated(f64),
}

impl Start {
    /// A weight with so many inputs for each of its outputs and so many outputs for each of its inputs.
    pub(super) fn weight<const D: usize>(
        self,
        site: &Site,
        shape: [usize; D],
        [fan_in, fan_out]: [usize; 2],
    ) -> Param<Tensor<D>> {
        match self {
            Self::FanOut => site.normal("weight", shape, (2.0 / fan_out as f64).sqrt()),
            Self::FanIn | Self::FanInBiased => site.normal("weight", shape, (2.0 / fan_in as f64).sqrt()),
            Self::Default => site.uniform("weight", shape, 1.0 / (fan_in as f64).sqrt()),
            Self::Normal(std) => site.normal("weight", shape, std),
            Self::Truncated(std) => site.truncated_normal("weight", shape, std, 2.0),
        }
    }

    /// The bias beside such a weight.
    pub(super) fn bias(self, site: &Site, length: usize, fan_in: usize) -> Param<Tensor<1>> {
        match self {
            Self::Default | Self::FanInBiased => site.uniform("bias", [length], 1.0 / (fan_in as f64).sqrt()),
            _ => site.constant("bias", [length], 0.0),
        }
    }
}

/// Settings of a [2-D convolution](Conv2d).
#[derive(Config, Debug)]
pub struct Conv2dConfig {
    /// Channels in and out.
    pub channels: [usize; 2],
    /// Height and width of the kernel.
    pub kernel: usize,
    /// Pixels from one output to the next.
    #[config(default = "1")]
    pub stride: usize,
    /// Zeros around the input; what keeps the size at stride 1 unless it is given.
    pub padding: Option<usize>,
    /// Distance between the kernel's taps.
    #[config(default = "1")]
    pub dilation: usize,
    /// Groups of channels that don't see each other.
    #[config(default = "1")]
    pub groups: usize,
    /// Whether a number is added to each output channel.
    #[config(default = "true")]
    pub bias: bool,
    /// How weight and bias start.
    #[config(default = "Start::FanOut")]
    pub start: Start,
}

/// A 2-D convolution, zero-padded.
#[derive(Module, Debug)]
pub struct Conv2d {
    /// `[channels_out, channels_in / groups, kernel, kernel]`
    weight: Param<Tensor<4>>,
    /// `[channels_out]`
    bias: Option<Param<Tensor<1>>>,
    stride: usize,
    padding: usize,
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

    /// Makes the layer.
    pub fn init(&self, site: &Site) -> Conv2d {
        let [channels_in, channels_out] = self.channels;
        let area = self.kernel * self.kernel;
        let fans = [area * channels_in / self.groups, area * channels_out / self.groups];
        let shape = [channels_out, channels_in / self.groups, self.kernel, self.kernel];
        Conv2d {
            weight: self.start.weight(site, shape, fans),
            bias: self.bias.then(|| self.start.bias(site, channels_out, fans[0])),
            stride: self.stride,
            padding: self.padding.unwrap_or(self.dilation * (self.kernel - 1) / 2),
            dilation: self.dilation,
            groups: self.groups,
        }
    }
}

impl Conv2d {
    /// Weight and bias, zeros where the layer has none.
    pub fn parameters(&self) -> (Tensor<4>, Tensor<1>) {
        let weight = self.weight.val();
        let none = || Tensor::zeros([weight.dims()[0]], (&weight.device(), weight.dtype()));
        let bias = self.bias.as_ref().map_or_else(none, Param::val);
        (weight, bias)
    }

    /// Identities of the parameters.
    pub fn ids(&self) -> Vec<ParamId> {
        std::iter::once(self.weight.id).chain(self.bias.as_ref().map(|bias| bias.id)).collect()
    }

    /// How the kernel slides, where it keeps the size.
    pub fn conv(&self) -> Conv {
        Conv { dilation: self.dilation, groups: self.groups }
    }

    /// Applies the layer.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, height, width]`
    /// - output: `[batch, channels_out, h, w]`, `h = (height + 2 padding - dilation (kernel - 1) - 1) / stride + 1`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let Self { stride, padding, dilation, groups, .. } = *self;
        let slide = Slide { stride, padding, dilation, groups };
        let bias = self.bias.as_ref().map(Param::val);
        trace::layer(&self.ids(), || kernel::convolve(x, self.weight.val(), bias, slide))
    }
}

/// Settings of a [transposed convolution](ConvTranspose2d).
#[derive(Config, Debug)]
pub struct ConvTranspose2dConfig {
    /// Channels in and out.
    pub channels: [usize; 2],
    /// Height and width of the kernel, and pixels from one input to the next in the output.
    pub stride: usize,
    /// How weight and bias start.
    #[config(default = "Start::Default")]
    pub start: Start,
}

/// A transposed 2-D convolution with bias whose kernel is as large as its stride.
#[derive(Module, Debug)]
pub struct ConvTranspose2d {
    /// `[channels_in, channels_out, stride, stride]`
    weight: Param<Tensor<4>>,
    /// `[channels_out]`
    bias: Param<Tensor<1>>,
}

impl ConvTranspose2dConfig {
    /// Makes the layer.
    pub fn init(&self, site: &Site) -> ConvTranspose2d {
        let [channels_in, channels_out] = self.channels;
        let area = self.stride * self.stride;
        // PyTorch takes the second axis of a weight for the inputs, whatever it is of.
        let fans = [area * channels_out, area * channels_in];
        ConvTranspose2d {
            weight: self.start.weight(site, [channels_in, channels_out, self.stride, self.stride], fans),
            bias: self.start.bias(site, channels_out, fans[0]),
        }
    }
}

impl ConvTranspose2d {
    /// Applies the layer.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, height, width]`
    /// - output: `[batch, channels_out, height * stride, width * stride]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        trace::layer(&[self.weight.id, self.bias.id], || {
            kernel::conv_transpose2d(x, self.weight.val(), self.bias.val())
        })
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
    /// Whether a number is added to each output channel.
    #[config(default = "true")]
    pub bias: bool,
}

/// A 1-D convolution, zero-padded to keep the length.
#[derive(Module, Debug)]
pub struct Conv1d {
    /// `[channels_out, channels_in / groups, kernel]`
    weight: Param<Tensor<3>>,
    /// `[channels_out]`
    bias: Option<Param<Tensor<1>>>,
    groups: usize,
}

impl Conv1dConfig {
    /// Makes the layer: weights normal with variance `2 / (kernel · channels_out)`, whatever the groups;
    /// bias uniform within `1 / sqrt(fan_in)`, PyTorch's default, which the authors' code leaves alone for
    /// 1-D convolutions (deviation 17).
    pub fn init(&self, site: &Site) -> Conv1d {
        let [channels_in, channels_out] = self.channels;
        let shape = [channels_out, channels_in / self.groups, self.kernel];
        self.around(site.normal("weight", shape, (2.0 / (self.kernel * channels_out) as f64).sqrt()), site)
    }

    /// Makes the layer with a weight that starts as the transpose of another's, both without groups.
    pub fn init_transposed(&self, other: &Conv1d, site: &Site) -> Conv1d {
        self.around(site.copy("weight", other.weight.val().swap_dims(0, 1)), site)
    }

    fn around(&self, weight: Param<Tensor<3>>, site: &Site) -> Conv1d {
        let [channels_in, channels_out] = self.channels;
        let fan_in = channels_in / self.groups * self.kernel;
        let bias = || site.uniform("bias", [channels_out], 1.0 / (fan_in as f64).sqrt());
        Conv1d { weight, bias: self.bias.then(bias), groups: self.groups }
    }
}

impl Conv1d {
    /// Weight and bias, zeros where the layer has none.
    pub fn parameters(&self) -> (Tensor<3>, Tensor<1>) {
        let weight = self.weight.val();
        let none = || Tensor::zeros([weight.dims()[0]], (&weight.device(), weight.dtype()));
        let bias = self.bias.as_ref().map_or_else(none, Param::val);
        (weight, bias)
    }

    /// Identities of the parameters.
    pub fn ids(&self) -> Vec<ParamId> {
        std::iter::once(self.weight.id).chain(self.bias.as_ref().map(|bias| bias.id)).collect()
    }

    /// Applies the layer.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, length]`
    /// - output: `[batch, channels_out, length]`
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let conv = Conv { dilation: 1, groups: self.groups };
        trace::layer(&self.ids(), || match &self.bias {
            Some(bias) => kernel::conv1d(x, self.weight.val(), bias.val(), conv),
            None => kernel::conv1d_without_bias(x, self.weight.val(), conv),
        })
    }
}
