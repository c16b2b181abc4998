//! LB-UNet: A Lightweight Boundary-assisted UNet for Skin Lesion Segmentation (Xu and Tong, MICCAI 2024).
//!
//! - Paper: <https://papers.miccai.org/miccai-2024/446-Paper2135.html>
//! - Original code: <https://github.com/xuxuxuxuxuxjh/LB-UNet> (`lbunet.py` at 936508e), which states no licence; this
//!   is an independent implementation, checked against it numerically in `tests/parity/`.
//! - Deviations: none in the function computed. Outputs are logits (the original returns their sigmoid), and side
//!   outputs keep their own resolution until the loss. The original's loss also compares the boundaries of
//!   the three finest gates with boundary maps made from the masks; here nothing does: side outputs are the five masks,
//!   and the heads of the boundaries learn by what their gates pass on alone. It also weighs Dice twice as much as
//!   cross-entropy; here the loss is the experiment's, as for all networks.
//! - Preset: 55,865 parameters, as the code has them. The paper prints 0.038 M, which is what thop counts: 38,489, without
//!   learnable tensors, group norms and the layer norms of the network's own.

mod gate;
mod group_shuffle;
mod local_block;
mod network;

pub use gate::{Gate, GateConfig};
pub use group_shuffle::{GroupShuffle, GroupShuffleConfig};
pub use local_block::{LocalBlock, LocalBlockConfig};
pub use network::LbUnet;
