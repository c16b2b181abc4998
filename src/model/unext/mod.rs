//! UNeXt-S, the small one of UNeXt: MLP-based Rapid Medical Image Segmentation Network (Valanarasu and Patel, MICCAI 2022).
//!
//! - Paper: <https://arxiv.org/abs/2203.04967>
//! - Original code: <https://github.com/jeya-maria-jose/UNeXt-pytorch> (`UNext_S` of `archs.py` at 6ad0855), MIT; this is
//!   an independent implementation, checked against it numerically in `tests/parity/`.
//! - Deviations: none in the function computed as released. The original can drop elements in its multilayer
//!   perceptrons and whole branches (`drop_rate`, `drop_path_rate`); its training code leaves both at 0, and here is
//!   neither.
//! - Preset: 253,561 parameters.

mod network;
mod shifted_mlp;

pub use network::UnextS;
pub use shifted_mlp::{ShiftedMlp, ShiftedMlpConfig};
