//! EGE-UNet: an Efficient Group Enhanced UNet for Skin Lesion Segmentation (Ruan et al., MICCAI 2023).
//!
//! - Paper: <https://arxiv.org/abs/2307.08473>
//! - Original code: <https://github.com/JCruan519/EGE-UNet> (`models/egeunet.py` at f52ba30), Apache-2.0;
//!   this is an independent implementation, checked against it numerically in `tests/parity/`.
//! - Deviations: none in the function computed. Outputs are logits (the original returns their sigmoid),
//!   and side outputs keep their own resolution until the loss.
//! - Preset: the default settings are the network as released, 53,374 parameters in 314 tensors.

mod axis_group;
mod gab;
mod ghpa;
mod unet;

pub use gab::{Gab, GabConfig};
pub use ghpa::{Ghpa, GhpaConfig};
pub use unet::EgeUnet;
