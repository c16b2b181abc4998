//! UNet++: A Nested U-Net Architecture for Medical Image Segmentation (Zhou et al., DLMIA 2018).
//!
//! - Paper: <https://arxiv.org/abs/1807.10165>
//! - Shape and names of parameters: <https://github.com/4uiiurz1/pytorch-nested-unet> (`archs.py` at 557ea02), MIT;
//!   this is an independent implementation, checked against it numerically in `tests/parity/`.
//! - Deviations: none from that code without its deep supervision, the definition that has the 9.16 M parameters
//!   that the EGE-UNet paper prints; the authors' own code is for Keras.
//! - Preset: 9,163,329 parameters.

mod network;

pub use network::UnetPlusPlus;
