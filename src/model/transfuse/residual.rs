//! The convolutional branch: the first three stages of `ResNet`-34 (He et al., 2015, arXiv 1512.03385).

use burn::module::Module;
use burn::tensor::Tensor;

use crate::kernel::{add, max_pool, relu};
use crate::model::Site;
use crate::model::block::{Conv2dConfig, ConvNorm, Start};

/// Channels of the stages.
const WIDTHS: [usize; 3] = [64, 128, 256];

/// Blocks of the stages.
const BLOCKS: [usize; 3] = [3, 4, 6];

fn conv(channels: [usize; 2], kernel: usize, stride: usize) -> Conv2dConfig {
    Conv2dConfig::new(channels, kernel).with_stride(stride).with_bias(false).with_start(Start::FanOut)
}

/// Two 3x3 convolutions around which the input is passed.
#[derive(Module, Debug)]
struct Block {
    convs: Vec<ConvNorm>,
    around: Option<ConvNorm>,
}

impl Block {
    fn init(site: &Site, [channels, own]: [usize; 2]) -> Self {
        let stride = if channels == own { 1 } else { 2 };
        let inner = |channels, stride, number: usize| {
            let [conv_site, norm_site] = ["conv", "bn"].map(|name| site.at(&format!("{name}{number}")));
            ConvNorm::init(&conv(channels, 3, stride), &conv_site, &norm_site)
        };
        let around = || {
            let [conv_site, norm_site] = ["downsample.0", "downsample.1"].map(|name| site.at(name));
            ConvNorm::init(&conv([channels, own], 1, stride), &conv_site, &norm_site)
        };
        Self {
            convs: vec![inner([channels, own], stride, 1), inner([own, own], 1, 2)],
            around: (channels != own).then(around),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let inner = relu(self.convs[0].forward(x.clone()));
        let around = match &self.around {
            Some(around) => around.forward(x),
            None => x,
        };
        relu(add(self.convs[1].forward(inner), around))
    }
}

/// The branch.
#[derive(Module, Debug)]
pub struct ResidualEncoder {
    stem: ConvNorm,
    stages: Vec<Vec<Block>>,
}

impl ResidualEncoder {
    /// Makes the branch for RGB input.
    pub fn init(site: &Site) -> Self {
        let stage = |stage: usize| {
            let own = WIDTHS[stage];
            let before = if stage == 0 { own } else { WIDTHS[stage - 1] };
            let block = |index: usize| {
                let channels = if index == 0 { before } else { own };
                Block::init(&site.at(&format!("layer{}.{index}", stage + 1)), [channels, own])
            };
            (0..BLOCKS[stage]).map(block).collect()
        };
        Self {
            stem: ConvNorm::init(&conv([3, WIDTHS[0]], 7, 2), &site.at("conv1"), &site.at("bn1")),
            stages: (0..WIDTHS.len()).map(stage).collect(),
        }
    }

    /// Features of the three stages, from the finest.
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`, both sides multiples of 16
    /// - output: `[batch, 64 << stage, height / 4 >> stage, width / 4 >> stage]`
    pub fn forward(&self, images: Tensor<4>) -> Vec<Tensor<4>> {
        let mut x = max_pool(relu(self.stem.forward(images)), 3, 2, 1);
        let mut features = Vec::with_capacity(self.stages.len());
        for stage in &self.stages {
            x = stage.iter().fold(x, |x, block| block.forward(x));
            features.push(x.clone());
        }
        features
    }
}
