//! What networks there are.

use crate::experiment::settings::{Baseline, EgeUnetSettings, ModelSettings};

/// A network as `model list` shows it.
#[derive(Clone, Debug)]
pub struct Card {
    /// Name in experiment files.
    pub name: &'static str,
    /// Authors, venue and year.
    pub paper: &'static str,
    /// Where the original code is.
    pub code: &'static str,
    /// Licence of the original code.
    pub licence: &'static str,
    /// The settings as released.
    pub settings: ModelSettings,
}

/// All networks, in the order in which they are listed.
pub fn cards() -> Vec<Card> {
    let ege_unet = Card {
        name: "ege-unet",
        paper: "EGE-UNet (Ruan et al., MICCAI 2023, arXiv 2307.08473)",
        code: "https://github.com/JCruan519/EGE-UNet",
        licence: "Apache-2.0",
        settings: ModelSettings::EgeUnet(EgeUnetSettings::default()),
    };
    std::iter::once(ege_unet).chain(Baseline::ALL.iter().copied().map(baseline)).collect()
}

fn baseline(baseline: Baseline) -> Card {
    let [paper, code, licence] = match baseline {
        Baseline::Unet => [
            "U-Net (Ronneberger et al., MICCAI 2015, arXiv 1505.04597)",
            "https://github.com/milesial/Pytorch-UNet (its shape; written anew)",
            "GPL-3.0",
        ],
        Baseline::UnetPlusPlus => [
            "UNet++ (Zhou et al., DLMIA 2018, arXiv 1807.10165)",
            "https://github.com/4uiiurz1/pytorch-nested-unet (its shape; written anew)",
            "MIT",
        ],
        Baseline::AttUnet => [
            "Attention U-Net (Oktay et al., MIDL 2018, arXiv 1804.03999)",
            "https://github.com/LeeJunHyun/Image_Segmentation (its shape; written anew)",
            "none stated",
        ],
        Baseline::Malunet => [
            "MALUNet (Ruan et al., BIBM 2022, arXiv 2211.01784)",
            "https://github.com/JCruan519/MALUNet",
            "none stated",
        ],
        Baseline::UnextS => [
            "UNeXt-S (Valanarasu and Patel, MICCAI 2022, arXiv 2203.04967)",
            "https://github.com/jeya-maria-jose/UNeXt-pytorch",
            "MIT",
        ],
        Baseline::UcmNet => [
            "UCM-Net (Yuan et al., 2024, arXiv 2310.09457)",
            "https://github.com/chunyuyuan/UCM-Net",
            "Apache-2.0",
        ],
        Baseline::MobilenetV3 => [
            "MobileNetV3 (Howard et al., ICCV 2019, arXiv 1905.02244), small, with its segmentation head",
            "https://github.com/pytorch/vision",
            "BSD-3-Clause",
        ],
        Baseline::Sanet => {
            ["SANet (Wei et al., MICCAI 2021, arXiv 2108.00882)", "https://github.com/weijun88/SANet", "MIT"]
        }
        Baseline::TransfuseS => [
            "TransFuse-S (Zhang et al., MICCAI 2021, arXiv 2102.08005)",
            "https://github.com/Rayicer/TransFuse (written anew)",
            "none",
        ],
        Baseline::LbUnet => {
            ["LB-UNet (Xu and Tong, MICCAI 2024)", "https://github.com/xuxuxuxuxuxjh/LB-UNet", "none stated"]
        }
        Baseline::UltralightVmUnet => [
            "UltraLight VM-UNet (Wu et al., Patterns 2025, arXiv 2403.20035)",
            "https://github.com/wurenkai/UltraLight-VM-UNet",
            "MIT",
        ],
        Baseline::UtnetV2 => [
            "UTNetV2 (Gao et al., 2022, arXiv 2203.00131)",
            "https://github.com/yhygao/CBIM-Medical-Image-Segmentation",
            "Apache-2.0",
        ],
        Baseline::MobilevitV2 => [
            "MobileViTv2 (Mehta and Rastegari, 2022, arXiv 2206.02680), width 0.75, with the head of DeepLabv3",
            "https://github.com/apple/ml-cvnets (written anew)",
            "Apple sample code",
        ],
    };
    Card { name: baseline.name(), paper, code, licence, settings: ModelSettings::Baseline(baseline) }
}

/// The names of all networks.
pub fn names() -> Vec<&'static str> {
    cards().into_iter().map(|card| card.name).collect()
}
