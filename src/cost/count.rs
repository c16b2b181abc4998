//! Parameters and multiply-accumulates.

use burn::tensor::{Device, Tensor};
use serde::Serialize;

use crate::experiment::settings::ModelSettings;
use crate::kernel::trace;
use crate::model::{Built, Role};

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
    let (parameters, tensors) = built.count(Role::Trained);
    Cost {
        parameters,
        tensors,
        conv_macs: recording.operations.iter().map(|operation| operation.work.conv_macs).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::settings::{Axis, Baseline, EgeUnetSettings};

    #[test]
    fn ege_unet_costs_what_the_paper_counts() {
        let settings = ModelSettings::EgeUnet(EgeUnetSettings::default());
        let cost = of(&settings, 256);
        assert_eq!(cost, Cost { parameters: 53_374, tensors: 314, conv_macs: 72_096_256 });
    }

    /// The paper's ablation table, by what the authors' code counts with the parts replaced (`facts` of the claims
    /// file); the mask heads of the last column are those that deep supervision alone wants.
    #[test]
    fn ablations_cost_what_the_original_counts() {
        let check = |parameters: u64, change: &dyn Fn(&mut EgeUnetSettings)| {
            let mut settings = EgeUnetSettings::default();
            change(&mut settings);
            let found = of(&ModelSettings::EgeUnet(settings.clone()), 64).parameters;
            assert_eq!(found, parameters, "{settings:?}");
        };
        check(107_174, &|s| (s.ghpa, s.gab) = (false, false));
        check(107_041, &|s| (s.ghpa, s.gab, s.deep_supervision) = (false, false, false));
        check(34_406, &|s| s.gab = false);
        check(34_273, &|s| (s.gab, s.deep_supervision) = (false, false));
        check(126_142, &|s| s.ghpa = false);
        check(73_526, &|s| (s.axes, s.groups) = (vec![Axis::Xy], 1));
        check(49_948, &|s| s.tensor_convs = false);
        check(52_582, &|s| s.gab_mask = false);
        check(53_374, &|s| s.dilations = vec![1; 4]);
        // Masks that the bridges see are predicted, supervised or not.
        check(53_374, &|s| s.deep_supervision = false);
    }

    /// `EGEUNet(c_list=[4, 4, 4, 4, 4, 4])` of the authors' code has 3,166 parameters.
    #[test]
    fn the_narrowest_network_keeps_its_kernels() {
        let settings = EgeUnetSettings { widths: [4; 6], ..EgeUnetSettings::default() };
        assert_eq!(of(&ModelSettings::EgeUnet(settings), 64).parameters, 3_166);
    }

    /// What the originals count; `tests/parity/baselines.py` prints it.
    #[test]
    fn more_baselines_have_their_published_counts() {
        for (baseline, parameters) in [
            (Baseline::UtnetV2, 12_800_385),
            (Baseline::MobilenetV3, 1_074_874),
            (Baseline::Sanet, 23_899_497),
            (Baseline::TransfuseS, 26_248_725),
        ] {
            assert_eq!(of(&ModelSettings::Baseline(baseline), 64).parameters, parameters, "{baseline:?}");
        }
    }
}
