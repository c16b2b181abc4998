//! The pair of convolutions that a level of a U-Net consists of.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::Tensor;

use super::{BatchNorm2d, BatchNorm2dConfig, Conv2d, Conv2dConfig, Start};
use crate::kernel::relu;
use crate::model::Site;

/// Settings of [`DoubleConv`].
#[derive(Config, Debug)]
pub struct DoubleConvConfig {
    /// Channels in, between and out.
    pub channels: [usize; 3],
}

/// Two 3x3 convolutions, each with batch normalisation and a rectifier.
#[derive(Module, Debug)]
pub struct DoubleConv {
    convs: Vec<Conv2d>,
    norms: Vec<BatchNorm2d>,
}

impl DoubleConvConfig {
    /// Makes the block; the names are the positions in a sequence of convolution, norm and rectifier, twice.
    pub fn init(&self, site: &Site) -> DoubleConv {
        self.init_named(site, ["0", "1", "3", "4"])
    }

    /// Makes the block with these names for convolution and norm, twice.
    pub fn init_named(&self, site: &Site, names: [&str; 4]) -> DoubleConv {
        let [first, middle, last] = self.channels;
        let conv = |channels, name: &str| {
            Conv2dConfig::new(channels, 3).with_start(Start::Default).init(&site.at(name))
        };
        let norm = |channels, name: &str| BatchNorm2dConfig::new(channels).init(&site.at(name));
        DoubleConv {
            convs: vec![conv([first, middle], names[0]), conv([middle, last], names[2])],
            norms: vec![norm(middle, names[1]), norm(last, names[3])],
        }
    }
}

impl DoubleConv {
    /// Applies the block.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, height, width]`
    /// - output: `[batch, channels_out, height, width]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.convs.iter().zip(&self.norms).fold(x, |x, (conv, norm)| relu(norm.forward(conv.forward(x))))
    }
}
