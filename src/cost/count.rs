//! Parameters and multiply-accumulates.

use burn::tensor::{Device, Tensor};
use serde::Serialize;

use crate::experiment::settings::ModelSettings;
use crate::kernel::trace;
use crate::model::Built;

/// What a network costs for one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// Trainable scalars.
    pub parameters: u64,
    /// Tensors that hold them.
    pub tensors: u64,
    /// Multiply-accumulates of convolutions: what the paper calls FLOPs (72,096,256 for
    /// EGE-UNet at 256x256, as the authors logged it).
    pub conv_macs: u64,
}

/// Counts what a network costs for one image of `size` by `size` pixels, by running it once.
pub fn of(settings: &ModelSettings, size: usize) -> Cost {
    let device = Device::flex();
    let built = Built::new(settings, 0, &device);
    let image = Tensor::<4>::zeros([1, 3, size, size], &device);
    let (_, recording) = trace::record(|| built.network.forward(image));
    let state = built.state();
    Cost {
        parameters: state.elements() as u64,
        tensors: state.0.len() as u64,
        conv_macs: recording.operations.iter().map(|operation| operation.conv_macs).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::settings::EgeUnetSettings;

    #[test]
    fn ege_unet_costs_what_the_paper_counts() {
        let settings = ModelSettings::EgeUnet(EgeUnetSettings::default());
        let cost = of(&settings, 256);
        assert_eq!(cost, Cost { parameters: 53_374, tensors: 314, conv_macs: 72_096_256 });
    }

    /// `EGEUNet(c_list=[4, 4, 4, 4, 4, 4])` of the authors' code has 3,166 parameters.
    #[test]
    fn the_narrowest_network_keeps_its_kernels() {
        let settings = EgeUnetSettings { widths: [4; 6], ..EgeUnetSettings::default() };
        assert_eq!(of(&ModelSettings::EgeUnet(settings), 64).parameters, 3_166);
    }

    #[test]
    fn dilation_costs_nothing() {
        let settings = EgeUnetSettings { dilations: [1; 4], ..EgeUnetSettings::default() };
        assert_eq!(of(&ModelSettings::EgeUnet(settings), 256).parameters, 53_374);
    }
}
