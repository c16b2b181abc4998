//! Layers that networks share.

mod conv;
mod norm;

pub use conv::{Conv1d, Conv1dConfig, Conv2d, Conv2dConfig};
pub use norm::{ChannelNorm, ChannelNormConfig, GroupNorm, GroupNormConfig};
