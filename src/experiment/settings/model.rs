//! Which network a run trains.

use serde::{Deserialize, Serialize};

/// A network with its settings; the variant's name is the model's name in experiment files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelSettings {
    /// EGE-UNet (Ruan et al., MICCAI 2023).
    EgeUnet(EgeUnetSettings),
    /// A network as it was published, without settings.
    Baseline(Baseline),
}

impl ModelSettings {
    /// The model's name as experiment files spell it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::EgeUnet(_) => "ege-unet",
            Self::Baseline(baseline) => baseline.name(),
        }
    }

    /// How many encoders the original starts from weights trained on `ImageNet`, as a run may, too.
    pub fn pretrained_encoders(&self) -> usize {
        match self {
            Self::EgeUnet(_) => 0,
            Self::Baseline(baseline) => baseline.pretrained_encoders(),
        }
    }

    /// What is to be said of a run that starts from so many files of such weights, where the original has more.
    pub fn start_label(&self, files: usize) -> Option<&'static str> {
        match self.pretrained_encoders() {
            all if files >= all => None,
            _ if files > 0 => Some("partly from scratch"),
            _ => Some("from scratch"),
        }
    }
}

/// Networks that the paper compares with, and later ones, each as published; how, its card tells (`model::cards`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Baseline {
    /// U-Net (Ronneberger et al., MICCAI 2015) at base width 32.
    Unet,
    /// UNet++ (Zhou et al., DLMIA 2018) at base width 32, without deep supervision.
    UnetPlusPlus,
    /// Attention U-Net (Oktay et al., MIDL 2018) at base width 32.
    AttUnet,
    /// MALUNet (Ruan et al., BIBM 2022).
    Malunet,
    /// UNeXt-S (Valanarasu and Patel, MICCAI 2022).
    UnextS,
    /// UCM-Net (Yuan et al., 2024).
    UcmNet,
    /// `MobileNetV3` (Howard et al., ICCV 2019) with its segmentation head.
    MobilenetV3,
    /// SANet (Wei et al., MICCAI 2021).
    Sanet,
    /// TransFuse-S (Zhang et al., MICCAI 2021).
    TransfuseS,
    /// LB-UNet (Xu and Tong, MICCAI 2024).
    LbUnet,
    /// UltraLight VM-UNet (Wu et al., Patterns 2025).
    UltralightVmUnet,
    /// UTNetV2 (Gao et al., 2022) at base width 32, with maps of 3x3 codes.
    UtnetV2,
    /// `MobileViTv2` (Mehta and Rastegari, 2022) at width 0.75 with the head of `DeepLabv3`.
    MobilevitV2,
}

impl Baseline {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Unet,
        Self::UnetPlusPlus,
        Self::AttUnet,
        Self::Malunet,
        Self::UnextS,
        Self::UcmNet,
        Self::MobilenetV3,
        Self::Sanet,
        Self::TransfuseS,
        Self::LbUnet,
        Self::UltralightVmUnet,
        Self::UtnetV2,
        Self::MobilevitV2,
    ];

    /// How many encoders the original starts from weights trained on `ImageNet`, as a run may, too.
    pub fn pretrained_encoders(self) -> usize {
        match self {
            Self::MobilenetV3 | Self::MobilevitV2 | Self::Sanet => 1,
            Self::TransfuseS => 2,
            _ => 0,
        }
    }

    /// The name in experiment files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unet => "unet",
            Self::UnetPlusPlus => "unet-plus-plus",
            Self::AttUnet => "att-unet",
            Self::Malunet => "malunet",
            Self::UnextS => "unext-s",
            Self::UcmNet => "ucm-net",
            Self::MobilenetV3 => "mobilenet-v3",
            Self::Sanet => "sanet",
            Self::TransfuseS => "transfuse-s",
            Self::LbUnet => "lb-unet",
            Self::UltralightVmUnet => "ultralight-vm-unet",
            Self::UtnetV2 => "utnet-v2",
            Self::MobilevitV2 => "mobilevit-v2",
        }
    }
}

/// Settings of EGE-UNet; the default is the network as released: 53,374 parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
// Runs of earlier versions, which had fewer settings, are of the network as released in the others.
#[serde(rename_all = "kebab-case", default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a part of the network that is there or not")]
pub struct EgeUnetSettings {
    /// Channels of the six stages; each a multiple of 4 (groups of GroupNorm) and of the groups of GHPA and GAB.
    pub widths: [usize; 6],
    /// Whether the three deepest stages of the encoder and of the decoder are GHPA; else they are 3x3 convolutions.
    pub ghpa: bool,
    /// What GHPA does to its groups of channels, in turn.
    pub axes: Vec<Axis>,
    /// Groups of channels in GHPA, at least as many as axes, which take them in turn.
    pub groups: usize,
    /// What becomes of the tensors of GHPA.
    pub tensors: Tensors,
    /// How the learnable tensors of GHPA start.
    pub tensor_init: TensorInit,
    /// Whether the tensors of GHPA pass a depthwise and a pointwise convolution.
    pub tensor_convs: bool,
    /// Whether skips are GAB; else features are added.
    pub gab: bool,
    /// Dilation of each group of every GAB.
    pub dilations: Vec<usize>,
    /// Whether the groups of GAB see the predicted mask.
    pub gab_mask: bool,
    /// Whether masks are predicted, and trained, at every stage of the decoder.
    pub deep_supervision: bool,
}

impl Default for EgeUnetSettings {
    fn default() -> Self {
        Self {
            widths: [8, 16, 24, 32, 48, 64],
            ghpa: true,
            axes: vec![Axis::Xy, Axis::Zx, Axis::Zy, Axis::Dw],
            groups: 4,
            tensors: Tensors::Learned,
            tensor_init: TensorInit::Ones,
            tensor_convs: true,
            gab: true,
            dilations: vec![1, 2, 5, 7],
            gab_mask: true,
            deep_supervision: true,
        }
    }
}

/// What GHPA does to a group of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Axis {
    /// Multiplies it with a tensor over height and width.
    Xy,
    /// Multiplies it with a tensor over channels and height.
    Zx,
    /// Multiplies it with a tensor over channels and width.
    Zy,
    /// Passes it through a pointwise and a depthwise convolution.
    Dw,
}

impl Axis {
    /// The axis as the original names its parameters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Xy => "xy",
            Self::Zx => "zx",
            Self::Zy => "zy",
            Self::Dw => "dw",
        }
    }
}

/// What becomes of the tensors of GHPA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tensors {
    /// They are trained.
    Learned,
    /// They stay as they start.
    Frozen,
    /// There are none: their groups pass unchanged.
    None,
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
