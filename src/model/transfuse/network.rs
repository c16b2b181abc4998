//! The two branches of TransFuse side by side, fused at three scales (paper figure 1).

use burn::module::Module;
use burn::tensor::Tensor;

use super::decoder::{Up, UpConfig};
use super::fusion::{Fusion, FusionConfig, conv, conv_norm};
use super::residual::ResidualEncoder;
use super::transformer::{Transformer, WIDTH};
use crate::kernel::{relu, resize_bilinear};
use crate::model::block::{Conv2d, ConvNorm};
use crate::model::{Prediction, Site};

/// Convolutions with batch normalisation, then one of a single channel.
#[derive(Module, Debug)]
struct Head {
    convs: Vec<ConvNorm>,
    last: Conv2d,
}

impl Head {
    fn init(site: &Site, kernels: &[([usize; 2], usize)]) -> Self {
        let block = |(index, &(channels, kernel)): (usize, &([usize; 2], usize))| {
            conv_norm(&site.at(&index.to_string()), &conv(channels, kernel))
        };
        let last = site.at(&kernels.len().to_string()).at("conv");
        Self { convs: kernels.iter().enumerate().map(block).collect(), last: conv([64, 1], 3).init(&last) }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.last.forward(self.convs.iter().fold(x, |x, conv| relu(conv.forward(x))))
    }
}

/// TransFuse-S.
#[derive(Module, Debug)]
pub struct Transfuse {
    local: ResidualEncoder,
    global: Transformer,
    global_ups: Vec<Up>,
    fusions: Vec<Fusion>,
    fused_ups: Vec<Up>,
    coarse_head: Head,
    global_head: Head,
    head: Head,
}

impl Transfuse {
    /// Makes the network for RGB input and one output channel.
    pub fn init(site: &Site) -> Self {
        let up = |channels, fine, name: &str| UpConfig::new(channels).with_fine(fine).init(&site.at(name));
        let fusion = |local, global, narrowing, name: &str| {
            FusionConfig::new(local, global, narrowing).init(&site.at(name))
        };
        Self {
            local: ResidualEncoder::init(&site.at("resnet")),
            global: Transformer::init(&site.at("transformer")),
            global_ups: vec![up([WIDTH, 128], None, "up1"), up([128, 64], None, "up2")],
            fusions: vec![
                fusion(256, WIDTH, 4, "up_c"),
                fusion(128, 128, 2, "up_c_1_1"),
                fusion(64, 64, 1, "up_c_2_1"),
            ],
            fused_ups: vec![up([256, 128], Some(128), "up_c_1_2"), up([128, 64], Some(64), "up_c_2_2")],
            coarse_head: Head::init(&site.at("final_x"), &[([256, 64], 1), ([64, 64], 3)]),
            global_head: Head::init(&site.at("final_1"), &[([64, 64], 3)]),
            head: Head::init(&site.at("final_2"), &[([64, 64], 3)]),
        }
    }

    /// Predicts lesions; the sides are what the transformer alone predicts and what the coarsest fused features do.
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`, values 0..255, both sides multiples of 16
    /// - output: `[batch, 1, height, width]`
    pub fn forward(&self, images: Tensor<4>) -> Prediction {
        let [_, _, height, width] = images.dims();
        let mut global = vec![self.global.forward(images.clone())];
        for up in &self.global_ups {
            global.push(up.forward(global[global.len() - 1].clone(), None));
        }
        // Both branches from the coarsest scale on.
        let local = self.local.forward(images).into_iter().rev();
        let scales = local.zip(global.iter().cloned()).zip(&self.fusions);
        let fused: Vec<Tensor<4>> =
            scales.map(|((local, global), fusion)| fusion.forward(local, global)).collect();
        let mut x = fused[0].clone();
        for (up, fine) in self.fused_ups.iter().zip(&fused[1..]) {
            x = up.forward(x, Some(fine.clone()));
        }
        let resized = |head: &Head, x: Tensor<4>| resize_bilinear(head.forward(x), [height, width]);
        Prediction {
            output: resized(&self.head, x),
            sides: vec![
                resized(&self.global_head, global[2].clone()),
                resized(&self.coarse_head, fused[0].clone()),
            ],
        }
    }
}
