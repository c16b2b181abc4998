//! The segmentation head of `MobileNetV3` (paper section 6.4, figure 10) on its backbone.

use burn::module::Module;
use burn::tensor::Tensor;

use super::backbone::{Backbone, OUTPUTS};
use crate::kernel::{add, mean_pixels, multiply, relu, resize_bilinear_areas, sigmoid};
use crate::model::block::{Conv2d, Conv2dConfig, ConvNorm, Start};
use crate::model::{Prediction, Site};

/// Channels of the head.
const HEAD: usize = 128;

/// `MobileNetV3` with its segmentation head.
#[derive(Module, Debug)]
pub struct MobilenetV3 {
    backbone: Backbone,
    features: ConvNorm,
    weighting: Conv2d,
    fine_classifier: Conv2d,
    coarse_classifier: Conv2d,
}

impl MobilenetV3 {
    /// Makes the network for RGB input and one output channel.
    pub fn init(site: &Site) -> Self {
        let [fine, coarse] = OUTPUTS;
        let head = site.at("classifier");
        let conv = |channels| Conv2dConfig::pointwise(channels).with_start(Start::Default);
        let wide = conv([coarse, HEAD]).with_bias(false);
        Self {
            backbone: Backbone::init(&site.at("backbone")),
            features: ConvNorm::init(&wide, &head.at("cbr.0"), &head.at("cbr.1")),
            weighting: wide.init(&head.at("scale.1")),
            fine_classifier: conv([fine, 1]).init(&head.at("low_classifier")),
            coarse_classifier: conv([HEAD, 1]).init(&head.at("high_classifier")),
        }
    }

    /// Predicts lesions.
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`, values 0..255
    /// - output: `[batch, 1, height, width]`
    pub fn forward(&self, images: Tensor<4>) -> Prediction {
        let [_, _, height, width] = images.dims();
        let [fine, coarse] = self.backbone.forward(images);
        let [_, _, fine_height, fine_width] = fine.dims();
        let weights = sigmoid(self.weighting.forward(mean_pixels(coarse.clone())));
        let features = multiply(relu(self.features.forward(coarse)), weights);
        let features = resize_bilinear_areas(features, [fine_height, fine_width]);
        let map = add(self.fine_classifier.forward(fine), self.coarse_classifier.forward(features));
        Prediction { output: resize_bilinear_areas(map, [height, width]), sides: Vec::new() }
    }
}
