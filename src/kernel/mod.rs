//! The operations that these networks spend their time in.
//!
//! Networks call these functions and nothing below them, so that an operation is counted in one place
//! ([`trace`]) and made faster in one place.

#![expect(unsafe_code, reason = "vector instructions, each block with its reason")]

mod activation;
mod arithmetic;
mod attention;
mod conv;
pub mod cpu;
mod factor;
mod fused;
pub mod libtorch;
mod loss;
mod native;
mod norm;
mod pad;
mod pool;
pub mod probe;
pub mod profile;
mod resize;
mod scan;
mod shift;
mod tokens;
pub mod trace;

pub use activation::{exp, gelu, hard_sigmoid, hard_swish, relu, sigmoid, silu, softmax, softplus};
pub use arithmetic::{add, concat, detach, linear, matmul, mean_pixels, multiply, scale, sum_last};
pub use attention::{AxesConvs, BridgeGroup, BridgeTail, bridge_groups, multiply_axes};
pub use conv::{Conv, Slide, conv_transpose2d, conv1d, conv1d_without_bias, conv2d, convolve};
pub use cpu::{AdamWScale, BceDice, adamw};
pub use factor::{FactorConvs, line_factor, plane_factor};
pub use fused::{Kernels, kernels, use_kernels, with_kernels};
pub use loss::deep_bce_dice;
pub use native::in_training;
pub use norm::{
    BatchMoments, batch_norm, batch_norm_train, channel_norm, conv_norm_pool_gelu, group_norm, instance_norm,
    layer_norm, norm_pool_gelu, shares,
};
pub use pad::pad_reflect;
pub use pool::{average_pool, max_channels, max_pool, max_pool2, mean_channels};
pub use resize::{
    merge_patches, merge_pixels, repeat_pixels, resize_bilinear, resize_bilinear_areas, split_patches,
};
pub use scan::{Selection, causal_conv1d, selective_scan};
pub use shift::shift_chunks;
pub use tokens::self_attention;
