//! The five levels of U-Net (paper section 2, figure 1).

use burn::module::Module;
use burn::tensor::Tensor;

use crate::kernel::{concat, max_pool2};
use crate::model::block::{
    Conv2d, Conv2dConfig, ConvTranspose2d, ConvTranspose2dConfig, DoubleConv, DoubleConvConfig, Start,
};
use crate::model::{Prediction, Site};

/// Channels of the levels, from the finest.
const WIDTHS: [usize; 5] = [32, 64, 128, 256, 512];

/// U-Net.
#[derive(Module, Debug)]
pub struct Unet {
    encoders: Vec<DoubleConv>,
    ups: Vec<ConvTranspose2d>,
    decoders: Vec<DoubleConv>,
    head: Conv2d,
}

impl Unet {
    /// Makes the network for RGB input and one output channel.
    pub fn init(site: &Site) -> Self {
        let double = |name: String, channels| DoubleConvConfig::new(channels).init(&site.at(&name));
        let encoder = |level: usize| match level {
            0 => double("inc.double_conv".into(), [3, WIDTHS[0], WIDTHS[0]]),
            _ => double(
                format!("down{level}.maxpool_conv.1.double_conv"),
                [WIDTHS[level - 1], WIDTHS[level], WIDTHS[level]],
            ),
        };
        let up = |step: usize| {
            let channels = [WIDTHS[5 - step], WIDTHS[4 - step]];
            ConvTranspose2dConfig::new(channels, 2).init(&site.at(&format!("up{step}.up")))
        };
        let decoder = |step: usize| {
            let [wide, narrow] = [WIDTHS[5 - step], WIDTHS[4 - step]];
            double(format!("up{step}.conv.double_conv"), [wide, narrow, narrow])
        };
        let head = Conv2dConfig::pointwise([WIDTHS[0], 1]).with_start(Start::Default);
        Self {
            encoders: (0..5).map(encoder).collect(),
            ups: (1..5).map(up).collect(),
            decoders: (1..5).map(decoder).collect(),
            head: head.init(&site.at("outc.conv")),
        }
    }

    /// Predicts lesions.
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`, values 0..255, both sides multiples of 16
    /// - output: `[batch, 1, height, width]`
    pub fn forward(&self, images: Tensor<4>) -> Prediction {
        let mut features = vec![self.encoders[0].forward(images)];
        for encoder in &self.encoders[1..] {
            let finer = features[features.len() - 1].clone();
            features.push(encoder.forward(max_pool2(finer)));
        }
        let bottom = features.pop().expect("five levels");
        let steps = self.ups.iter().zip(&self.decoders).zip(features.into_iter().rev());
        let x = steps
            .fold(bottom, |x, ((up, decoder), skip)| decoder.forward(concat(vec![skip, up.forward(x)], 1)));
        Prediction { output: self.head.forward(x), sides: Vec::new() }
    }
}
