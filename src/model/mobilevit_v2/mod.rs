//! Separable Self-attention for Mobile Vision Transformers (Mehta and Rastegari, 2022): `MobileViTv2` at width 0.75
//! under the head of `DeepLabv3` (Chen et al., 2017, arXiv 1706.05587).
//!
//! - Paper: <https://arxiv.org/abs/2206.02680>
//! - Original code: <https://github.com/apple/ml-cvnets> at commit 7771756, Apple's sample code licence; this is an
//!   independent implementation, checked numerically in `tests/parity/`.
//! - The EGE-UNet paper prints 2.87 M parameters and 0.70 GFLOPs and tells nowhere which width and head it took. At
//!   width 0.75 the network that classifies into 1000 classes has 2,866,009 parameters, so that is the width; but its
//!   encoder alone takes 1.03 G multiply-accumulates of convolutions at 256x256, so no head on it has 0.70 G. The head
//!   is thus one of those that the `MobileViTv2` paper segments with, by the defaults of the code: 256 channels, output
//!   stride 16. What the original's definitions count, in parameters and multiply-accumulates at output strides 16 / 32:
//!
//!   | head | width 0.5 | width 0.75 | width 1 |
//!   |---|---|---|---|
//!   | `simple_seg_head` | 1.11 M, 0.56 / 0.46 G | 2.48 M, 1.25 / 1.03 G | 4.39 M, 2.20 / 1.81 G |
//!   | `deeplabv3`, 256 channels | 3.35 M, 1.12 / 0.60 G | **5.66 M, 2.04** / 1.23 G | 8.52 M, 3.23 / 2.07 G |
//!   | `deeplabv3`, 512 channels | 6.23 M, 1.84 / 0.78 G | 9.50 M, 2.99 / 1.46 G | 13.31 M, 4.42 / 2.37 G |
//!   | `deeplabv3`, 256, separable | 1.78 M, 0.72 / 0.50 G | 3.32 M, 1.44 / 1.08 G | 5.39 M, 2.43 / 1.87 G |
//!   | `pspnet`, 256 channels | 2.36 M, 0.87 / 0.54 G | 4.40 M, 1.70 / 1.14 G | 7.01 M, 2.81 / 1.97 G |
//!   | `pspnet`, 512 channels | 3.54 M, 1.17 / 0.62 G | 6.17 M, 2.16 / 1.26 G | 9.37 M, 3.42 / 2.12 G |
//! - Deviations: one class; no auxiliary head, which the original's files of settings turn on; no dropout, where the
//!   original drops a tenth of the channels that the head ends with. A batch of one image, which PyTorch refuses to
//!   train on, is trained on: the normalisation of its means then leaves the shift alone.
//! - From scratch unless a run names the file of `ImageNet` weights that the original starts its encoder from
//!   (`encoder-weights`).
//! - Weights start as PyTorch's layers do: the original's own initialisation looks at an iterator where it expects a
//!   layer, and changes none.
//! - Preset: 5,662,834 parameters.

mod attention;
mod encoder;
mod head;
mod network;

pub use attention::{AttentionBlock, AttentionBlockConfig, SeparableAttention};
pub use encoder::{Encoder, InvertedResidual, InvertedResidualConfig};
pub use head::Pyramid;
pub use network::MobilevitV2;
