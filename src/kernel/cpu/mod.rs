//! Kernels of the built-in processor path: arrays in, arrays out, each with its backward.
//!
//! - One source for every instruction set ([`simd`]), chosen at run time.
//! - Work is cut by image and channel and sums run in a fixed order, so a result has the same bits whatever
//!   the number of threads.

#![expect(
    clippy::inline_always,
    reason = "an instruction set reaches a function only by being inlined into one that enables it"
)]
#![expect(clippy::too_many_arguments, reason = "what a kernel's inner function needs is what it is given")]

mod adamw;
mod axes;
mod bce_dice;
mod bilinear;
mod bilinear_axis;
mod bridge;
mod bridge_group;
mod buffer;
mod channel_norm;
mod conv3x3;
mod conv_band;
mod conv_stage;
mod depthwise;
mod factor;
mod gelu;
mod group_norm;
mod line;
mod norm_conv;
mod pointwise;
mod reduce;
mod scratch;
pub mod simd;
mod stage;
#[cfg(test)]
mod tests;

pub use adamw::{AdamWScale, adamw};
pub(super) use axes::Axes;
pub use bce_dice::BceDice;
pub(super) use bce_dice::DeepBceDice;
pub(super) use bilinear::Bilinear;
pub(super) use bridge::Bridge;
pub(super) use channel_norm::ChannelNorm;
pub(super) use conv_stage::ConvNormPoolGelu;
pub(super) use conv3x3::Conv3x3;
pub(super) use depthwise::Depthwise;
pub(super) use factor::Factor;
pub(super) use gelu::Gelu;
pub(super) use group_norm::GroupNorm;
pub(super) use line::Line;
pub(super) use pointwise::Pointwise;
pub(super) use stage::NormPoolGelu;
