//! MALUNet: A Multi-Attention and Light-weight UNet for Skin Lesion Segmentation (Ruan et al., BIBM 2022).
//!
//! - Paper: <https://arxiv.org/abs/2211.01784>
//! - Original code: <https://github.com/JCruan519/MALUNet> (`models/malunet.py` at e184b47), which states no licence;
//!   this is an independent implementation, checked against it numerically in `tests/parity/`.
//! - Deviations: none in the function computed. Outputs are logits (the original returns their sigmoid). The two
//!   memories of an external attention start as each other's transpose and are trained apart, as in the original
//!   once it is on a GPU; on a CPU the original keeps them in one storage.
//! - Preset: 177,943 parameters.

mod dilated_gated_attention;
mod external_attention;
mod network;

pub use dilated_gated_attention::{DilatedGatedAttention, DilatedGatedAttentionConfig};
pub use external_attention::{ExternalAttention, ExternalAttentionConfig};
pub use network::Malunet;
