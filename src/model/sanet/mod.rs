//! Shallow Attention Network for Polyp Segmentation (Wei et al., MICCAI 2021).
//!
//! - Paper: <https://arxiv.org/abs/2108.00882>
//! - Original code: <https://github.com/weijun88/SANet>, MIT; this is an independent implementation, checked
//!   numerically in `tests/parity/`.
//! - Deviations: the encoder starts as its layers do by default unless a run names the file of `ImageNet` weights that
//!   the original loads (`encoder-weights`); the colour exchange (an augmentation) and the correction of predicted
//!   probabilities after training are no part of the network and left out. The prediction, at an eighth of the size, is resized to that of the
//!   image as the original does around it, in training and in test.
//! - Preset: 23,899,497 parameters.

mod encoder;
mod network;

pub use encoder::{Res2Net, Res2NetBlock, Res2NetBlockConfig};
pub use network::Sanet;
