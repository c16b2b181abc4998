//! The spatial and the channel attention bridge on the skips, SAB and CAB, of MALUNet and UltraLight VM-UNet.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::Tensor;

use super::{Conv1d, Conv1dConfig, Conv2d, Conv2dConfig, Linear, LinearConfig, Start};
use crate::kernel::{add, concat, max_channels, mean_channels, mean_pixels, multiply, sigmoid};
use crate::model::Site;

/// Settings of [`AttentionBridge`].
#[derive(Config, Debug)]
pub struct AttentionBridgeConfig {
    /// Channels of the skips, from the finest.
    pub channels: Vec<usize>,
}

/// Weighs the pixels of each skip by one shared convolution, then its channels by the means of all skips.
#[derive(Module, Debug)]
pub struct AttentionBridge {
    spatial: Conv2d,
    joint: Conv1d,
    channels: Vec<Linear>,
}

impl AttentionBridgeConfig {
    /// Makes the block.
    pub fn init(&self, site: &Site) -> AttentionBridge {
        let total = self.channels.iter().sum();
        let channel = |(index, &own): (usize, &usize)| {
            LinearConfig::new([total, own])
                .with_start(Start::Truncated(0.02))
                .init(&site.at(&format!("catt.att{}", index + 1)))
        };
        AttentionBridge {
            spatial: Conv2dConfig::new([2, 1], 7).with_dilation(3).init(&site.at("satt.shared_conv2d.0")),
            joint: Conv1dConfig::new([1, 1], 3).with_bias(false).init(&site.at("catt.get_all_att")),
            channels: self.channels.iter().enumerate().map(channel).collect(),
        }
    }
}

impl AttentionBridge {
    /// Applies the block.
    ///
    /// # Shapes
    /// - `skips` and outputs: `[batch, channels[i], height / 2^i, width / 2^i]`
    pub fn forward(&self, skips: &[Tensor<4>]) -> Vec<Tensor<4>> {
        let weighed: Vec<Tensor<4>> = skips.iter().map(|skip| self.weigh_pixels(skip)).collect();
        let sums: Vec<Tensor<4>> =
            weighed.iter().zip(skips).map(|(weighed, skip)| add(weighed.clone(), skip.clone())).collect();
        let means = concat(sums.iter().map(|sum| mean_pixels(sum.clone())).collect(), 1);
        let [batch, total, ..] = means.dims();
        let joint = self.joint.forward(means.reshape([batch, 1, total]));
        let outputs = self.channels.iter().zip(sums).zip(weighed).map(|((linear, sum), weighed)| {
            let own = sum.dims()[1];
            let weights = sigmoid(linear.forward(joint.clone())).reshape([batch, own, 1, 1]);
            add(multiply(weights, sum), weighed)
        });
        outputs.collect()
    }

    fn weigh_pixels(&self, skip: &Tensor<4>) -> Tensor<4> {
        let seen = concat(vec![mean_channels(skip.clone()), max_channels(skip.clone())], 1);
        multiply(sigmoid(self.spatial.forward(seen)), skip.clone())
    }
}
