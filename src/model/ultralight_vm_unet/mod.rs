//! UltraLight VM-UNet: Parallel Vision Mamba Significantly Reduces Parameters for Skin Lesion Segmentation (Wu et al.,
//! Patterns 2025).
//!
//! - Paper: <https://arxiv.org/abs/2403.20035>
//! - Original code: <https://github.com/wurenkai/UltraLight-VM-UNet> (`models/UltraLight_VM_UNet.py` at d7648e4), MIT;
//!   this is an independent implementation, checked against it numerically in `tests/parity/`, there with the published
//!   formula in the place of `mamba_ssm`, whose scan is compiled for graphics processors.
//! - Deviations: none in the function computed. Outputs are logits (the original returns their sigmoid). The scan joins
//!   steps in pairs instead of one after another, which rounds otherwise. As in the original, the network's own start
//!   of all linear layers also sets the bias of Mamba's steps to 0, which `mamba_ssm` would spread over 0.001 to 0.1.
//! - Cost: a training step of 8 images at 256x256 took 0.7 to 0.9 s on two busy cores, with a peak of 0.73 GB; EGE-UNet's
//!   beside it 0.5 s and 0.27 GB. The longest sequences have 1024 steps, each channel's state 16 numbers.
//! - Preset: 49,457 parameters. The 0.060 G that the paper prints are what thop counts where it sees nothing inside Mamba:
//!   60,240,000, with linear layers and norms.

mod mamba;
mod network;
mod parallel_mamba;

pub use mamba::{Mamba, MambaConfig};
pub use network::UltralightVmUnet;
pub use parallel_mamba::{ParallelMamba, ParallelMambaConfig};
