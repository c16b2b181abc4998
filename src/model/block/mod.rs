//! Layers that networks share.

mod attention_bridge;
mod conv;
mod conv_norm;
mod double_conv;
mod linear;
mod norm;
mod separable;
mod six_stages;

pub use attention_bridge::{AttentionBridge, AttentionBridgeConfig};
pub use conv::{Conv1d, Conv1dConfig, Conv2d, Conv2dConfig, ConvTranspose2d, ConvTranspose2dConfig, Start};
pub use conv_norm::ConvNorm;
pub use double_conv::{DoubleConv, DoubleConvConfig};
pub use linear::{Linear, LinearConfig};
pub use norm::{
    BatchNorm2d, BatchNorm2dConfig, ChannelNorm, ChannelNormConfig, GroupNorm, GroupNormConfig, LayerNorm,
    LayerNormConfig,
};
pub use separable::DepthwiseSeparable;
pub use six_stages::{BridgedU, DeepBlock, PLAIN_ENCODERS, SixStages, WIDTHS};
