//! The Group Shuffle Attention Block, GSA.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::Tensor;

use crate::kernel::{concat, multiply, resize_bilinear};
use crate::model::Site;
use crate::model::block::{ChannelNorm, ChannelNormConfig, DepthwiseSeparable};

/// Groups of channels, each with a learnable plane.
const GROUPS: usize = 4;

/// The groups in the order in which they are joined again.
const ORDER: [usize; GROUPS] = [1, 3, 0, 2];

/// Height and width of a learnable plane.
const PLANE_SIZE: usize = 8;

/// A learnable plane, resized to the map and convolved.
#[derive(Module, Debug)]
struct Plane {
    /// `[1, channels, 8, 8]`
    tensor: Param<Tensor<4>>,
    convs: DepthwiseSeparable,
}

/// Settings of [`GroupShuffle`].
#[derive(Config, Debug)]
pub struct GroupShuffleConfig {
    /// Channels in, a multiple of 4, and out.
    pub channels: [usize; 2],
}

/// Quarters of the channels, each multiplied with a learnable plane of its own and joined in another order, between two
/// normalisations and a depthwise-separable convolution.
#[derive(Module, Debug)]
pub struct GroupShuffle {
    norm_in: ChannelNorm,
    planes: Vec<Plane>,
    norm_out: ChannelNorm,
    out: DepthwiseSeparable,
}

impl GroupShuffleConfig {
    /// Makes the block.
    pub fn init(&self, site: &Site) -> GroupShuffle {
        let [channels_in, _] = self.channels;
        let own = channels_in / GROUPS;
        let plane = |number: usize| Plane {
            tensor: site.constant(&format!("share_space{number}"), [1, own, PLANE_SIZE, PLANE_SIZE], 1.0),
            convs: DepthwiseSeparable::init([own, own], &site.at(&format!("conv{number}"))),
        };
        GroupShuffle {
            norm_in: ChannelNormConfig::new(channels_in).init(&site.at("norm1")),
            planes: (1..=GROUPS).map(plane).collect(),
            norm_out: ChannelNormConfig::new(channels_in).init(&site.at("norm2")),
            out: DepthwiseSeparable::init(self.channels, &site.at("ldw")),
        }
    }
}

impl GroupShuffle {
    /// Applies the block.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, height, width]`
    /// - output: `[batch, channels_out, height, width]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [_, channels, height, width] = x.dims();
        let own = channels / GROUPS;
        let x = self.norm_in.forward(x);
        let group = |index: usize| {
            let plane = &self.planes[index];
            let factor = plane.convs.forward(resize_bilinear(plane.tensor.val(), [height, width]));
            multiply(x.clone().narrow(1, index * own, own), factor)
        };
        let joined = concat(ORDER.map(group).to_vec(), 1);
        self.out.forward(self.norm_out.forward(joined))
    }
}
