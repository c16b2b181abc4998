//! Attention U-Net: Learning Where to Look for the Pancreas (Oktay et al., MIDL 2018).
//!
//! - Paper: <https://arxiv.org/abs/1804.03999>
//! - Shape and names of parameters: <https://github.com/LeeJunHyun/Image_Segmentation> (`AttU_Net` of `network.py` at
//!   5e9da93), which states no licence; this is an independent implementation, checked against it numerically in
//!   `tests/parity/`.
//! - Deviations: base width 32 instead of that code's 64, the definition that has the 8.73 M parameters that the
//!   EGE-UNet paper prints. That code's gates already differ from the paper's: they see both maps at the finer size,
//!   and normalise.
//! - Preset: 8,726,077 parameters.

mod gate;
mod network;

pub use gate::{AttentionGate, AttentionGateConfig};
pub use network::AttUnet;
