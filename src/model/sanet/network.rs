//! The shallow attention of SANet (paper section 2.3): coarse features tell which of the finer ones count.

use burn::module::Module;
use burn::tensor::Tensor;

use super::encoder::Res2Net;
use crate::kernel::{concat, multiply, relu, resize_bilinear};
use crate::model::block::{Conv2d, Conv2dConfig, ConvNorm, Start};
use crate::model::{Prediction, Site};

/// Channels of the features that are put together.
const WIDTH: usize = 64;

/// SANet.
#[derive(Module, Debug)]
pub struct Sanet {
    encoder: Res2Net,
    reductions: Vec<ConvNorm>,
    head: Conv2d,
}

impl Sanet {
    /// Makes the network for RGB input and one output channel.
    pub fn init(site: &Site) -> Self {
        let reduction = |stage: usize| {
            let conv = Conv2dConfig::pointwise([256 << stage, WIDTH]).with_start(Start::FanIn);
            let site = site.at(&format!("linear{}", stage + 2));
            ConvNorm::init(&conv, &site.at("0"), &site.at("1"))
        };
        let head = Conv2dConfig::pointwise([3 * WIDTH, 1]).with_start(Start::FanIn);
        Self {
            encoder: Res2Net::init(&site.at("bkbone")),
            reductions: (1..4).map(reduction).collect(),
            head: head.init(&site.at("predict")),
        }
    }

    /// Predicts lesions.
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`, values 0..255, both sides multiples of 32
    /// - output: `[batch, 1, height, width]`
    pub fn forward(&self, images: Tensor<4>) -> Prediction {
        let [_, _, height, width] = images.dims();
        // The finest stage is for the others only.
        let features = self.encoder.forward(images).into_iter().skip(1).zip(&self.reductions);
        let features: Vec<Tensor<4>> = features.map(|(x, reduction)| relu(reduction.forward(x))).collect();
        let [_, _, rows, columns] = features[0].dims();
        let mut parts: Vec<Tensor<4>> = Vec::with_capacity(features.len());
        for x in features.into_iter().rev() {
            let x = resize_bilinear(x, [rows, columns]);
            parts.push(match parts.last() {
                Some(coarser) => multiply(x, coarser.clone()),
                None => x,
            });
        }
        let output = resize_bilinear(self.head.forward(concat(parts, 1)), [height, width]);
        Prediction { output, sides: Vec::new() }
    }
}
