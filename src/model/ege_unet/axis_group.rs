//! What GHPA does to one group of channels.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use crate::experiment::settings::{Axis, EgeUnetSettings, TensorInit, Tensors};
use crate::kernel::{FactorConvs, gelu, line_factor, multiply, plane_factor, resize_bilinear, trace};
use crate::model::Site;
use crate::model::block::{Conv1d, Conv1dConfig, Conv2d, Conv2dConfig, DepthwiseSeparable};

/// Length of a learnable tensor along each spatial axis.
const TENSOR_SIZE: usize = 8;

/// One group of channels.
#[derive(Module, Debug)]
pub enum Group {
    /// Multiplied with a tensor over height and width.
    Plane(PlaneFactor),
    /// Multiplied with a tensor over channels and height.
    Rows(LineFactor),
    /// Multiplied with a tensor over channels and width.
    Columns(LineFactor),
    /// Through a pointwise and a depthwise convolution, in that order (deviation 18).
    Plain(Separable),
}

/// A learnable tensor over both spatial axes, resized to the feature map and convolved; none leaves the map as it
/// is.
#[derive(Module, Debug)]
pub struct PlaneFactor {
    /// `[1, channels, 8, 8]`
    tensor: Option<Param<Tensor<4>>>,
    convs: Option<DepthwiseSeparable>,
}

/// A learnable tensor over channels and one spatial axis, resized and convolved; none leaves the map as it is.
#[derive(Module, Debug)]
pub struct LineFactor {
    /// `[1, 1, channels, 8]`
    tensor: Option<Param<Tensor<4>>>,
    convs: Option<(Conv1d, Conv1d)>,
}

/// A pointwise convolution, GELU and a depthwise one.
#[derive(Module, Debug)]
pub struct Separable {
    /// Of single pixels.
    pub pointwise: Conv2d,
    /// Of each channel by itself.
    pub depthwise: Conv2d,
}

/// The group number `index` along its axis, of so many channels.
pub(super) fn group(
    axis: Axis,
    index: usize,
    channels: usize,
    settings: &EgeUnetSettings,
    site: &Site,
) -> Group {
    // The original has one group for each axis, and names it without a number.
    let number = if index == 0 { String::new() } else { format!("_{}", index + 1) };
    let tensor = |shape| {
        let name = format!("params_{}{number}", axis.name());
        let tensor = match settings.tensor_init {
            TensorInit::Ones => site.constant(&name, shape, 1.0),
            TensorInit::Random => site.normal(&name, shape, 1.0),
        };
        if settings.tensors == Tensors::Frozen { site.frozen(tensor) } else { tensor }
    };
    let there = settings.tensors != Tensors::None;
    let convs = there && settings.tensor_convs;
    let own = site.at(&format!("conv_{}{number}", axis.name()));
    let at = |step: &str| own.at(step);
    let line = || LineFactor {
        tensor: there.then(|| tensor([1, 1, channels, TENSOR_SIZE])),
        convs: convs.then(|| {
            let depthwise = Conv1dConfig::new([channels, channels], 3).with_groups(channels).init(&at("0"));
            (depthwise, Conv1dConfig::new([channels, channels], 1).init(&at("2")))
        }),
    };
    match axis {
        Axis::Xy => Group::Plane(PlaneFactor {
            tensor: there.then(|| tensor([1, channels, TENSOR_SIZE, TENSOR_SIZE])),
            convs: convs.then(|| DepthwiseSeparable::init([channels; 2], &own)),
        }),
        Axis::Zx => Group::Rows(line()),
        Axis::Zy => Group::Columns(line()),
        Axis::Dw => {
            let at = |step: usize| site.at(&format!("dw{number}.{step}"));
            Group::Plain(Separable {
                pointwise: Conv2dConfig::pointwise([channels, channels]).init(&at(0)),
                depthwise: Conv2dConfig::depthwise(channels, 3).init(&at(2)),
            })
        }
    }
}

impl Group {
    /// Applies the group's operation.
    ///
    /// # Shapes
    /// - `x` and output: `[batch, channels, height, width]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [_, channels, height, width] = x.dims();
        let factor = match self {
            Self::Plane(plane) => plane.factor([height, width]),
            Self::Rows(line) => line.factor([1, channels, height, 1]),
            Self::Columns(line) => line.factor([1, channels, 1, width]),
            Self::Plain(convs) => return convs.forward(x),
        };
        match factor {
            Some(factor) => multiply(x, factor),
            None => x,
        }
    }
}

impl PlaneFactor {
    /// The factor at this size: `[1, channels, height, width]`.
    pub fn factor(&self, size: [usize; 2]) -> Option<Tensor<4>> {
        let tensor = self.tensor.as_ref()?.val();
        let Some(DepthwiseSeparable { depthwise, pointwise }) = &self.convs else {
            return Some(resize_bilinear(tensor, size));
        };
        let (depthwise_weight, depthwise_bias) = depthwise.parameters();
        let (pointwise_weight, pointwise_bias) = pointwise.parameters();
        let convs = FactorConvs { depthwise_weight, depthwise_bias, pointwise_weight, pointwise_bias };
        let ids = [depthwise.ids(), pointwise.ids()].concat();
        Some(trace::layer(&ids, || plane_factor(tensor, convs, size)))
    }
}

impl LineFactor {
    /// The factor of this shape: `[1, channels, length, 1]` or `[1, channels, 1, length]`.
    pub fn factor(&self, shape: [usize; 4]) -> Option<Tensor<4>> {
        let tensor = self.tensor.as_ref()?.val();
        let Some((depthwise, pointwise)) = &self.convs else {
            return Some(resize_bilinear(tensor, [shape[1], shape[2] * shape[3]]).reshape(shape));
        };
        let (depthwise_weight, depthwise_bias) = depthwise.parameters();
        let (pointwise_weight, pointwise_bias) = pointwise.parameters();
        let convs = FactorConvs { depthwise_weight, depthwise_bias, pointwise_weight, pointwise_bias };
        let ids = [depthwise.ids(), pointwise.ids()].concat();
        Some(trace::layer(&ids, || line_factor(tensor, convs, shape)))
    }
}

impl Separable {
    /// Applies the convolutions.
    ///
    /// # Shapes
    /// - `x` and output: `[batch, channels, height, width]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.depthwise.forward(gelu(self.pointwise.forward(x)))
    }
}
