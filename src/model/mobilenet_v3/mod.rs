//! Searching for `MobileNetV3` (Howard et al., ICCV 2019), its small variant with the segmentation head of the paper.
//!
//! - Paper: <https://arxiv.org/abs/1905.02244>
//! - Original code: torchvision's `lraspp` over its `mobilenet_v3_small`, <https://github.com/pytorch/vision>,
//!   BSD-3-Clause; this is an independent implementation, checked numerically in `tests/parity/`.
//! - Deviations: one class, and the small backbone where torchvision offers the large one ready made; built by the
//!   same functions, with the dilated last stage. From scratch unless a run names the file of `ImageNet` weights
//!   (`encoder-weights`).
//! - The EGE-UNet paper prints 1.19 M parameters; which head it gave the network is nowhere told, so this is the head
//!   of the `MobileNetV3` paper.
//! - Preset: 1,074,874 parameters.

mod backbone;
mod network;

pub use backbone::{Backbone, InvertedResidual, InvertedResidualConfig, SqueezeExcitation};
pub use network::MobilenetV3;
