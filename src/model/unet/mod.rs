//! U-Net: Convolutional Networks for Biomedical Image Segmentation (Ronneberger et al., MICCAI 2015).
//!
//! - Paper: <https://arxiv.org/abs/1505.04597>
//! - Shape and names of parameters: <https://github.com/milesial/Pytorch-UNet>, GPL-3.0; this is an independent
//!   implementation, checked numerically in `tests/parity/`.
//! - Deviations: base width 32 and convolutions with bias, the definition that has the 7.77 M parameters that the
//!   EGE-UNet paper prints; the padding that keeps the size, and batch normalisation, as in common use.
//! - Preset: 7,765,985 parameters.

mod network;

pub use network::Unet;
