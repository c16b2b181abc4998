//! TransFuse: Fusing Transformers and CNNs for Medical Image Segmentation (Zhang et al., MICCAI 2021), its small
//! variant.
//!
//! - Paper: <https://arxiv.org/abs/2102.08005>
//! - Original code: <https://github.com/Rayicer/TransFuse>, without a licence; this is an independent implementation,
//!   checked numerically in `tests/parity/`.
//! - Deviations:
//!   - Images of any size: the original takes 192x256 only, its position embedding being of 12x16 patches. Here the
//!     embedding has that size too and is resized to the patches of the image, bilinearly with corners on corners, as
//!     the original resizes the one of its pretrained transformer once. At 192x256 nothing differs.
//!   - No dropout, where the original drops a fifth of the channels of the features of both branches and a tenth of
//!     the fused ones.
//!   - Both encoders start as the original's do before it loads weights trained on `ImageNet`, unless a run names such
//!     files (`encoder-weights`); without one the position embedding starts at zero.
//! - As in the original, the class token of the transformer is there and leads nowhere: it never gets a gradient.
//! - Preset: 26,248,725 parameters. The 11.50 G that the EGE-UNet paper prints are near what thop counts: 11.53 G, with
//!   linear layers and norms but without the products of attention.

mod decoder;
mod fusion;
mod network;
mod residual;
mod transformer;

pub use decoder::{Up, UpConfig};
pub use fusion::{Fusion, FusionConfig};
pub use network::Transfuse;
pub use residual::ResidualEncoder;
pub use transformer::Transformer;
