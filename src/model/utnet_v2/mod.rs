//! UTNetV2: A Multi-scale Transformer Architecture for Medical Image Segmentation (Gao et al., 2022).
//!
//! - Paper: <https://arxiv.org/abs/2203.00131>
//! - Original code: <https://github.com/yhygao/CBIM-Medical-Image-Segmentation> at commit b60c75c, Apache-2.0; this is
//!   an independent implementation, checked numerically in `tests/parity/`.
//! - Deviations: none from that commit with `base_chan=32`, `map_size=3` and `expansion=1`, which has the 12.80 M
//!   parameters that the EGE-UNet paper prints. Its drop rates are 0 by default, so there is no dropout.
//! - As in the original, the semantic maps of the last three stages lead nowhere: three weights never get a gradient.
//! - Preset: 12,800,385 parameters.

mod attention;
mod block;
mod map;
mod network;

pub use attention::{AttentionBlock, BidirectionAttention, Maps};
pub use block::{BasicBlock, InvertedBlock, NormActConv, SeparableConv};
pub use map::{MapFusion, MapGeneration};
pub use network::{Down, Up, UtnetV2};
