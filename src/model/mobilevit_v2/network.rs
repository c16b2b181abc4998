//! The encoder of `MobileViTv2` and the head of `DeepLabv3`.

use burn::module::Module;
use burn::tensor::Tensor;

use super::encoder::Encoder;
use super::head::{CHANNELS, Pyramid};
use crate::kernel::resize_bilinear;
use crate::model::block::{Conv2d, Conv2dConfig, Start};
use crate::model::{Prediction, Site};

/// `MobileViTv2` with the head of `DeepLabv3`.
#[derive(Module, Debug)]
pub struct MobilevitV2 {
    encoder: Encoder,
    pyramid: Pyramid,
    classifier: Conv2d,
}

impl MobilevitV2 {
    /// Makes the network for RGB input and one output channel.
    pub fn init(site: &Site) -> Self {
        let head = site.at("seg_head");
        let classifier = Conv2dConfig::pointwise([CHANNELS, 1]).with_start(Start::Default);
        Self {
            encoder: Encoder::init(&site.at("encoder")),
            pyramid: Pyramid::init(&head.at("aspp.aspp_layer")),
            classifier: classifier.init(&head.at("classifier.block.conv")),
        }
    }

    /// Predicts lesions.
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`, values 0..255
    /// - output: `[batch, 1, height, width]`
    pub fn forward(&self, images: Tensor<4>) -> Prediction {
        let [_, _, height, width] = images.dims();
        let map = self.classifier.forward(self.pyramid.forward(self.encoder.forward(images)));
        Prediction { output: resize_bilinear(map, [height, width]), sides: Vec::new() }
    }
}
