//! All networks behind one type.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};

use super::att_unet::AttUnet;
use super::ege_unet::EgeUnet;
use super::lb_unet::LbUnet;
use super::malunet::Malunet;
use super::mobilenet_v3::MobilenetV3;
use super::mobilevit_v2::MobilevitV2;
use super::sanet::Sanet;
use super::transfuse::Transfuse;
use super::ucm_net::UcmNet;
use super::ultralight_vm_unet::UltralightVmUnet;
use super::unet::Unet;
use super::unet_plus_plus::UnetPlusPlus;
use super::unext::UnextS;
use super::utnet_v2::UtnetV2;
use super::{Names, Role, Site, StateDict, StateError};
use crate::experiment::settings::{Baseline, ModelSettings, is_size, nearest_size};

/// What a network predicts, as logits.
#[derive(Clone, Debug)]
pub struct Prediction {
    /// `[batch, 1, height, width]`
    pub output: Tensor<4>,
    /// Side outputs from the finest to the coarsest, `[batch, 1, any, any]`, each to be resized to the
    /// output's size; empty for a network without deep supervision.
    pub sides: Vec<Tensor<4>>,
}

/// Images of a size that no network takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "images of {height}x{width} pixels: the networks halve height and width five times; the nearest size is {}x{}",
    nearest_size(*height),
    nearest_size(*width)
)]
pub struct SizeError {
    /// Height in pixels.
    pub height: usize,
    /// Width in pixels.
    pub width: usize,
}

/// Checks that networks take images of this size, which needn't be square.
///
/// # Errors
/// When a side isn't a multiple of 32 between 32 and 1024.
pub fn check_size(height: usize, width: usize) -> Result<(), SizeError> {
    if is_size(height) && is_size(width) { Ok(()) } else { Err(SizeError { height, width }) }
}

/// A network of any kind.
#[derive(Module, Debug)]
pub enum Network {
    /// EGE-UNet.
    EgeUnet(EgeUnet),
    /// U-Net.
    Unet(Unet),
    /// UNet++.
    UnetPlusPlus(UnetPlusPlus),
    /// Attention U-Net.
    AttUnet(AttUnet),
    /// MALUNet.
    Malunet(Malunet),
    /// UNeXt-S.
    UnextS(UnextS),
    /// UCM-Net.
    UcmNet(UcmNet),
    /// `MobileNetV3` with its segmentation head.
    MobilenetV3(MobilenetV3),
    /// SANet.
    Sanet(Sanet),
    /// TransFuse-S.
    Transfuse(Transfuse),
    /// LB-UNet.
    LbUnet(LbUnet),
    /// UltraLight VM-UNet.
    UltralightVmUnet(UltralightVmUnet),
    /// UTNetV2.
    UtnetV2(UtnetV2),
    /// `MobileViTv2` with the head of `DeepLabv3`.
    MobilevitV2(MobilevitV2),
}

impl Network {
    /// Predicts lesions.
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`, of a size that [`check_size`] accepts
    ///
    /// # Panics
    /// When it doesn't: what a user asks for is checked where it is read.
    pub fn forward(&self, images: Tensor<4>) -> Prediction {
        let [_, _, height, width] = images.dims();
        let size = check_size(height, width);
        assert!(size.is_ok(), "{size:?}");
        match self {
            Self::EgeUnet(network) => network.forward(images),
            Self::Unet(network) => network.forward(images),
            Self::UnetPlusPlus(network) => network.forward(images),
            Self::AttUnet(network) => network.forward(images),
            Self::Malunet(network) => network.forward(images),
            Self::UnextS(network) => network.forward(images),
            Self::UcmNet(network) => network.forward(images),
            Self::MobilenetV3(network) => network.forward(images),
            Self::Sanet(network) => network.forward(images),
            Self::Transfuse(network) => network.forward(images),
            Self::LbUnet(network) => network.forward(images),
            Self::UltralightVmUnet(network) => network.forward(images),
            Self::UtnetV2(network) => network.forward(images),
            Self::MobilevitV2(network) => network.forward(images),
        }
    }

    /// True if what is computed for an image doesn't depend on the other images of its batch, in training too:
    /// the network has no batch normalisation.
    pub fn sees_images_alone(&self) -> bool {
        match self {
            Self::EgeUnet(_) | Self::Malunet(_) | Self::UcmNet(_) | Self::UltralightVmUnet(_) => true,
            Self::Unet(_)
            | Self::UnetPlusPlus(_)
            | Self::AttUnet(_)
            | Self::UnextS(_)
            | Self::MobilenetV3(_)
            | Self::Sanet(_)
            | Self::Transfuse(_)
            | Self::LbUnet(_)
            | Self::UtnetV2(_)
            | Self::MobilevitV2(_) => false,
        }
    }
}

/// A network together with the names of its parameters.
#[derive(Clone, Debug)]
pub struct Built {
    /// The network.
    pub network: Network,
    /// Names of its parameters, as the original code spells them.
    pub names: Names,
}

impl Built {
    /// Makes the network that `settings` describe, its parameters drawn from `seed`.
    pub fn new(settings: &ModelSettings, seed: u64, device: &Device) -> Self {
        let site = Site::root(device, seed);
        let network = match settings {
            ModelSettings::EgeUnet(settings) => Network::EgeUnet(EgeUnet::init(settings, &site)),
            ModelSettings::Baseline(baseline) => match baseline {
                Baseline::Unet => Network::Unet(Unet::init(&site)),
                Baseline::UnetPlusPlus => Network::UnetPlusPlus(UnetPlusPlus::init(&site)),
                Baseline::AttUnet => Network::AttUnet(AttUnet::init(&site)),
                Baseline::Malunet => Network::Malunet(Malunet::init(&site)),
                Baseline::UnextS => Network::UnextS(UnextS::init(&site)),
                Baseline::UcmNet => Network::UcmNet(UcmNet::init(&site)),
                Baseline::MobilenetV3 => Network::MobilenetV3(MobilenetV3::init(&site)),
                Baseline::Sanet => Network::Sanet(Sanet::init(&site)),
                Baseline::TransfuseS => Network::Transfuse(Transfuse::init(&site)),
                Baseline::LbUnet => Network::LbUnet(LbUnet::init(&site)),
                Baseline::UltralightVmUnet => Network::UltralightVmUnet(UltralightVmUnet::init(&site)),
                Baseline::UtnetV2 => Network::UtnetV2(UtnetV2::init(&site)),
                Baseline::MobilevitV2 => Network::MobilevitV2(MobilevitV2::init(&site)),
            },
        };
        Self { network, names: site.names() }
    }

    /// Scalars and tensors that have this role.
    pub fn count(&self, role: Role) -> (u64, u64) {
        let mut count = Count { names: &self.names, role, scalars: 0, tensors: 0 };
        self.network.visit(&mut count);
        (count.scalars, count.tensors)
    }

    /// The names of the tensors that have this role, in the order in which the network visits them.
    pub fn names_of(&self, role: Role) -> Vec<String> {
        let mut list = List { names: &self.names, role, found: Vec::new() };
        self.network.visit(&mut list);
        list.found
    }

    /// All parameters and buffers by name.
    pub fn state(&self) -> StateDict {
        StateDict::of(&self.network, &self.names)
    }

    /// The same network with the parameters of `state`.
    ///
    /// # Errors
    /// When a parameter is missing, left over or of another shape; all of them are listed.
    pub fn with_state(self, state: &StateDict) -> Result<Self, StateError> {
        let network = state.apply(self.network, &self.names)?;
        Ok(Self { network, names: self.names })
    }
}

struct Count<'a> {
    names: &'a Names,
    role: Role,
    scalars: u64,
    tensors: u64,
}

impl ModuleVisitor for Count<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.names.role(param.id) == self.role {
            self.scalars += param.dims().iter().product::<usize>() as u64;
            self.tensors += 1;
        }
    }
}

struct List<'a> {
    names: &'a Names,
    role: Role,
    found: Vec<String>,
}

impl ModuleVisitor for List<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.names.role(param.id) == self.role {
            self.found.push(self.names.of(param.id).to_owned());
        }
    }
}
