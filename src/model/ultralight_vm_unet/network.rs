//! The six-stage U of UltraLight VM-UNet.

use burn::module::Module;
use burn::tensor::Tensor;

use super::{ParallelMamba, ParallelMambaConfig};
use crate::model::block::{BridgedU, DeepBlock, SixStages};
use crate::model::{Prediction, Site};

/// UltraLight VM-UNet: MALUNet's U with Mamba in its deep stages.
#[derive(Module, Debug)]
pub struct UltralightVmUnet {
    u: BridgedU<ParallelMamba>,
}

impl DeepBlock for ParallelMamba {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.forward(x)
    }
}

impl UltralightVmUnet {
    /// Makes the network for RGB input and one output channel.
    pub fn init(site: &Site) -> Self {
        let deep = |channels, site: &Site| ParallelMambaConfig::new(channels).init(&site.at("0"));
        Self { u: BridgedU::init(site, SixStages::init(site, deep, deep)) }
    }

    /// Predicts lesions.
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`, values 0..255, both sides multiples of 32
    /// - output: `[batch, 1, height, width]`
    pub fn forward(&self, images: Tensor<4>) -> Prediction {
        self.u.forward(images)
    }
}
