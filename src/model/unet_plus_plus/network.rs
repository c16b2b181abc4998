//! The triangle of nodes of UNet++ (paper section 3, figure 1).

use burn::module::Module;
use burn::tensor::Tensor;

use crate::kernel::{concat, max_pool2, resize_bilinear};
use crate::model::block::{Conv2d, Conv2dConfig, DoubleConv, DoubleConvConfig, Start};
use crate::model::{Prediction, Site};

/// Channels of the levels, from the finest.
const WIDTHS: [usize; 5] = [32, 64, 128, 256, 512];

/// UNet++.
#[derive(Module, Debug)]
pub struct UnetPlusPlus {
    /// By column, then by level: the first column is the encoder, each one after it is a level shorter.
    nodes: Vec<Vec<DoubleConv>>,
    head: Conv2d,
}

impl UnetPlusPlus {
    /// Makes the network for RGB input and one output channel.
    pub fn init(site: &Site) -> Self {
        let node = |level: usize, column: usize| {
            let width = WIDTHS[level];
            let channels_in = match (level, column) {
                (0, 0) => 3,
                (_, 0) => WIDTHS[level - 1],
                // All nodes before it on its level, and one of the level below.
                _ => column * width + WIDTHS[level + 1],
            };
            DoubleConvConfig::new([channels_in, width, width])
                .init_named(&site.at(&format!("conv{level}_{column}")), ["conv1", "bn1", "conv2", "bn2"])
        };
        let levels = WIDTHS.len();
        Self {
            nodes: (0..levels)
                .map(|column| (0..levels - column).map(|level| node(level, column)).collect())
                .collect(),
            head: Conv2dConfig::pointwise([WIDTHS[0], 1]).with_start(Start::Default).init(&site.at("final")),
        }
    }

    /// Predicts lesions.
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`, values 0..255, both sides multiples of 16
    /// - output: `[batch, 1, height, width]`
    pub fn forward(&self, images: Tensor<4>) -> Prediction {
        let mut levels: Vec<Vec<Tensor<4>>> = vec![vec![self.nodes[0][0].forward(images)]];
        for encoder in &self.nodes[0][1..] {
            let finer = levels[levels.len() - 1][0].clone();
            levels.push(vec![encoder.forward(max_pool2(finer))]);
        }
        for (column, nodes) in self.nodes.iter().enumerate().skip(1) {
            for (level, node) in nodes.iter().enumerate() {
                let [_, _, height, width] = levels[level][0].dims();
                let coarser = resize_bilinear(levels[level + 1][column - 1].clone(), [height, width]);
                let seen = levels[level].iter().cloned().chain([coarser]).collect();
                levels[level].push(node.forward(concat(seen, 1)));
            }
        }
        let last = levels[0][WIDTHS.len() - 1].clone();
        Prediction { output: self.head.forward(last), sides: Vec::new() }
    }
}
