//! All networks behind one type.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::ege_unet::EgeUnet;
use super::{Names, Site, StateDict, StateError};
use crate::experiment::settings::ModelSettings;

/// What a network predicts, as logits.
#[derive(Clone, Debug)]
pub struct Prediction {
    /// `[batch, 1, height, width]`
    pub output: Tensor<4>,
    /// Side outputs from the finest to the coarsest, `[batch, 1, any, any]`, each to be resized to the
    /// output's size; empty for a network without deep supervision.
    pub sides: Vec<Tensor<4>>,
}

/// A network of any kind.
#[derive(Module, Debug)]
pub enum Network {
    /// EGE-UNet.
    EgeUnet(EgeUnet),
}

impl Network {
    /// Predicts lesions.
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`
    pub fn forward(&self, images: Tensor<4>) -> Prediction {
        match self {
            Self::EgeUnet(network) => network.forward(images),
        }
    }

    /// True if what is computed for an image doesn't depend on the other images of its batch, in training too:
    /// the network has no batch normalisation.
    pub fn sees_images_alone(&self) -> bool {
        match self {
            Self::EgeUnet(_) => true,
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
        };
        Self { network, names: site.names() }
    }

    /// All parameters by name.
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
