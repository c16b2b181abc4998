//! The steps of TransFuse from a coarse scale to the next finer one.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::Tensor;

use super::fusion::conv;
use crate::kernel::{add, concat, multiply, relu, resize_bilinear, sigmoid};
use crate::model::Site;
use crate::model::block::ConvNorm;

/// A convolution with batch normalisation at these positions of a sequence.
fn at_positions(site: &Site, [first, second]: [usize; 2], channels: [usize; 2], kernel: usize) -> ConvNorm {
    ConvNorm::init(&conv(channels, kernel), &site.at(&first.to_string()), &site.at(&second.to_string()))
}

/// Pixels of the finer features weighted by what both scales tell (Attention U-Net, arXiv 1804.03999).
#[derive(Module, Debug)]
struct Gate {
    coarse: ConvNorm,
    fine: ConvNorm,
    weight: ConvNorm,
}

impl Gate {
    fn init(site: &Site, [coarse, fine]: [usize; 2], inner: usize) -> Self {
        let pointwise = |channels, name: &str| at_positions(&site.at(name), [0, 1], channels, 1);
        Self {
            coarse: pointwise([coarse, inner], "W_g"),
            fine: pointwise([fine, inner], "W_x"),
            weight: pointwise([inner, 1], "psi"),
        }
    }

    fn forward(&self, coarse: Tensor<4>, fine: Tensor<4>) -> Tensor<4> {
        let both = relu(add(self.coarse.forward(coarse), self.fine.forward(fine.clone())));
        multiply(fine, sigmoid(self.weight.forward(both)))
    }
}

/// Settings of [`Up`].
#[derive(Config, Debug)]
pub struct UpConfig {
    /// Channels in and out.
    pub channels: [usize; 2],
    /// Channels of the finer features, where there are some.
    pub fine: Option<usize>,
}

/// Features at twice their height and width, beside the finer ones where there are some, and convolved.
#[derive(Module, Debug)]
pub struct Up {
    gate: Option<Gate>,
    convs: Vec<ConvNorm>,
    around: ConvNorm,
}

impl UpConfig {
    /// Makes the step.
    pub fn init(&self, site: &Site) -> Up {
        let [channels, out] = self.channels;
        let wide = channels + self.fine.unwrap_or(0);
        let inner = site.at("conv.double_conv");
        Up {
            gate: self.fine.map(|fine| Gate::init(&site.at("attn_block"), [channels, fine], out)),
            convs: vec![
                at_positions(&inner, [0, 1], [wide, out], 3),
                at_positions(&inner, [3, 4], [out, out], 3),
            ],
            around: at_positions(&site.at("conv.identity"), [0, 1], [wide, out], 1),
        }
    }
}

impl Up {
    /// Applies the step.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, height, width]`
    /// - `fine`: `[batch, fine channels, 2 * height, 2 * width]`
    /// - output: `[batch, channels_out, 2 * height, 2 * width]`
    pub fn forward(&self, x: Tensor<4>, fine: Option<Tensor<4>>) -> Tensor<4> {
        let [_, _, height, width] = x.dims();
        let mut x = resize_bilinear(x, [2 * height, 2 * width]);
        if let (Some(gate), Some(fine)) = (&self.gate, fine) {
            x = concat(vec![gate.forward(x.clone(), fine), x], 1);
        }
        let inner = self.convs[1].forward(relu(self.convs[0].forward(x.clone())));
        relu(add(inner, self.around.forward(x)))
    }
}
