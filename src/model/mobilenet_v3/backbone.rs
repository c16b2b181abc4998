//! The small backbone of `MobileNetV3` (table 2 of the paper), its last stage dilated instead of strided.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::Tensor;

use crate::kernel::{add, hard_sigmoid, hard_swish, mean_pixels, multiply, relu};
use crate::model::Site;
use crate::model::block::{BatchNorm2dConfig, Conv2d, Conv2dConfig, ConvNorm, Start};

/// Channels of the first layer.
const STEM: usize = 16;

/// Channels of the stages' ends that the head sees: of the second block and of the last layer.
pub(super) const OUTPUTS: [usize; 2] = [24, 576];

/// Blocks before the finer of the outputs.
const FINE_BLOCKS: usize = 2;

/// Normal with variance `2 / (kernel² · channels_out)`, as PyTorch has the outputs of an input: it doesn't look at
/// the groups.
fn start(channels_out: usize, kernel: usize) -> Start {
    Start::Normal((2.0 / (kernel * kernel * channels_out) as f64).sqrt())
}

fn conv_norm(site: &Site, conv: Conv2dConfig) -> ConvNorm {
    let ([_, channels], kernel) = (conv.channels, conv.kernel);
    let conv = conv.with_bias(false).with_start(start(channels, kernel));
    let norm = BatchNorm2dConfig::new(channels).with_epsilon(1e-3).with_momentum(0.01);
    ConvNorm::with_norm(&conv, &norm, [&site.at("0"), &site.at("1")])
}

/// Channels weighted by what their means tell.
#[derive(Module, Debug)]
pub struct SqueezeExcitation {
    squeeze: Conv2d,
    excite: Conv2d,
}

impl SqueezeExcitation {
    /// Makes the layer; the means pass a quarter of the channels, rounded to a multiple of 8.
    pub fn init(site: &Site, channels: usize) -> Self {
        let narrow = ((channels / 4 + 4) / 8 * 8).max(8);
        let conv = |[channels_in, channels_out]: [usize; 2], name: &str| {
            let conv = Conv2dConfig::pointwise([channels_in, channels_out]);
            conv.with_start(start(channels_out, 1)).init(&site.at(name))
        };
        Self { squeeze: conv([channels, narrow], "fc1"), excite: conv([narrow, channels], "fc2") }
    }

    /// Applies the layer.
    ///
    /// # Shapes
    /// - `x` and output: `[batch, channels, height, width]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let means = relu(self.squeeze.forward(mean_pixels(x.clone())));
        multiply(x, hard_sigmoid(self.excite.forward(means)))
    }
}

/// Settings of [`InvertedResidual`].
#[derive(Config, Debug)]
pub struct InvertedResidualConfig {
    /// Channels in, between and out.
    pub channels: [usize; 3],
    /// Height and width of the depthwise kernel.
    pub kernel: usize,
    /// Pixels from one output of the depthwise convolution to the next.
    pub stride: usize,
    /// Distance between the taps of the depthwise convolution.
    pub dilation: usize,
    /// Whether channels are weighted by their means.
    pub weighted: bool,
    /// Whether the activation is the hard swish; else it is a rectifier.
    pub hard_swish: bool,
}

/// Channels made more, a depthwise convolution of them, and channels made fewer again.
#[derive(Module, Debug)]
pub struct InvertedResidual {
    expand: Option<ConvNorm>,
    depthwise: ConvNorm,
    weighting: Option<SqueezeExcitation>,
    project: ConvNorm,
    around: bool,
    hard_swish: bool,
}

impl InvertedResidualConfig {
    /// Makes the block; the names are the positions in a sequence of what there is.
    pub fn init(&self, site: &Site) -> InvertedResidual {
        let [channels_in, wide, channels_out] = self.channels;
        let mut position = 0..;
        let mut next = || site.at(&format!("block.{}", position.next().unwrap_or_default()));
        let depthwise =
            Conv2dConfig::depthwise(wide, self.kernel).with_stride(self.stride).with_dilation(self.dilation);
        InvertedResidual {
            expand: (wide != channels_in)
                .then(|| conv_norm(&next(), Conv2dConfig::pointwise([channels_in, wide]))),
            depthwise: conv_norm(&next(), depthwise),
            weighting: self.weighted.then(|| SqueezeExcitation::init(&next(), wide)),
            project: conv_norm(&next(), Conv2dConfig::pointwise([wide, channels_out])),
            around: self.stride == 1 && channels_in == channels_out,
            hard_swish: self.hard_swish,
        }
    }
}

impl InvertedResidual {
    /// Applies the block.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, height, width]`
    /// - output: `[batch, channels_out, height / stride, width / stride]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let active = |x| if self.hard_swish { hard_swish(x) } else { relu(x) };
        let wide = match &self.expand {
            Some(expand) => active(expand.forward(x.clone())),
            None => x.clone(),
        };
        let mixed = active(self.depthwise.forward(wide));
        let mixed = match &self.weighting {
            Some(weighting) => weighting.forward(mixed),
            None => mixed,
        };
        let output = self.project.forward(mixed);
        if self.around { add(output, x) } else { output }
    }
}

/// The backbone.
#[derive(Module, Debug)]
pub struct Backbone {
    stem: ConvNorm,
    blocks: Vec<InvertedResidual>,
    last: ConvNorm,
}

impl Backbone {
    /// Makes the backbone for RGB input.
    pub fn init(site: &Site) -> Self {
        let block = |channels, kernel, stride, dilation, weighted, hard_swish| {
            InvertedResidualConfig::new(channels, kernel, stride, dilation, weighted, hard_swish)
        };
        let blocks = [
            block([STEM, 16, 16], 3, 2, 1, true, false),
            block([16, 72, 24], 3, 2, 1, false, false),
            block([24, 88, 24], 3, 1, 1, false, false),
            block([24, 96, 40], 5, 2, 1, true, true),
            block([40, 240, 40], 5, 1, 1, true, true),
            block([40, 240, 40], 5, 1, 1, true, true),
            block([40, 120, 48], 5, 1, 1, true, true),
            block([48, 144, 48], 5, 1, 1, true, true),
            block([48, 288, 96], 5, 1, 2, true, true),
            block([96, 576, 96], 5, 1, 2, true, true),
            block([96, 576, 96], 5, 1, 2, true, true),
        ];
        let at = |index: usize| site.at(&index.to_string());
        Self {
            stem: conv_norm(&at(0), Conv2dConfig::new([3, STEM], 3).with_stride(2)),
            blocks: blocks.iter().enumerate().map(|(index, block)| block.init(&at(index + 1))).collect(),
            last: conv_norm(&at(blocks.len() + 1), Conv2dConfig::pointwise([96, OUTPUTS[1]])),
        }
    }

    /// Features of two scales.
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`
    /// - output: `[batch, 24, height / 8, width / 8]` and `[batch, 576, height / 16, width / 16]`
    pub fn forward(&self, images: Tensor<4>) -> [Tensor<4>; 2] {
        let run = |x, blocks: &[InvertedResidual]| blocks.iter().fold(x, |x, block| block.forward(x));
        let (first, rest) = self.blocks.split_at(FINE_BLOCKS);
        let fine = run(hard_swish(self.stem.forward(images)), first);
        let coarse = run(fine.clone(), rest);
        [fine, hard_swish(self.last.forward(coarse))]
    }
}
