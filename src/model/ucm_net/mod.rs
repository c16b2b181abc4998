//! UCM-Net: A lightweight and efficient solution for skin lesion segmentation using MLP and CNN (Yuan et al., 2024).
//!
//! - Paper: <https://arxiv.org/abs/2310.09457>
//! - Original code: <https://github.com/chunyuyuan/UCM-Net> (`archs_ucm.py` at de98f42), Apache-2.0; this is an
//!   independent implementation, checked against it numerically in `tests/parity/`.
//! - Deviations: none in the function computed for images whose sides are multiples of 64, which the original wants;
//!   for others a step up goes to its skip's size. Side outputs keep their own resolution until the loss: the original
//!   runs their heads after the resize, which is the same function and takes 31,684,608 conv MACs at 256x256 where 23,528,448
//!   are counted here. No gradient passes the shortcut of a block, which the original detaches.
//! - Preset: 46,188 trained parameters, and 1,248 more that the original makes and never reads, which are frozen here.

mod network;
mod ucm_block;

pub use network::UcmNet;
pub use ucm_block::{UcmBlock, UcmBlockConfig};
