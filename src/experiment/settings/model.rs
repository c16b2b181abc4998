//! Which network a run trains.

use serde::{Deserialize, Serialize};

/// A network with its settings; the variant's name is the model's name in experiment files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelSettings {
    /// EGE-UNet (Ruan et al., MICCAI 2023).
    EgeUnet(EgeUnetSettings),
}

impl ModelSettings {
    /// The model's name as experiment files spell it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::EgeUnet(_) => "ege-unet",
        }
    }
}

/// Settings of EGE-UNet; the default is the network as released: 53,374 parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct EgeUnetSettings {
    /// Channels of the six stages; each a multiple of 4 (groups of GroupNorm, quarters of GHPA and GAB).
    pub widths: [usize; 6],
    /// Dilations of the four groups of every GAB.
    pub dilations: [usize; 4],
    /// How the learnable tensors of GHPA start.
    pub tensor_init: TensorInit,
}

impl Default for EgeUnetSettings {
    fn default() -> Self {
        Self { widths: [8, 16, 24, 32, 48, 64], dilations: [1, 2, 5, 7], tensor_init: TensorInit::Ones }
    }
}

/// How the learnable tensors of GHPA start (deviation 9: the code says ones, the text says random).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TensorInit {
    /// All ones, as in the released code.
    Ones,
    /// Standard normal, as the paper's text suggests.
    Random,
}
