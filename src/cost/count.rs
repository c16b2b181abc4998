//! What a network costs, counted while it runs once.

use std::collections::HashSet;

use burn::module::ParamId;
use burn::tensor::{Device, Tensor};
use serde::Serialize;

use crate::experiment::settings::ModelSettings;
use crate::kernel::trace::{self, Operation};
use crate::model::{Built, Role};

/// What a network costs for one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// Trained scalars.
    pub parameters: u64,
    /// Tensors that hold them.
    pub tensors: u64,
    /// Scalars that no training changes.
    pub frozen: u64,
    /// Multiply-accumulates of convolutions: what the paper calls FLOPs (72,096,256 for
    /// EGE-UNet at 256x256, as the authors logged it).
    pub conv_macs: u64,
    /// Multiply-accumulates of convolutions, linear layers and matrix products.
    pub macs: u64,
    /// Floating-point operations: a multiply-accumulate is two, anything else on a scalar one.
    pub flops: u64,
    /// Bytes of what all operations compute, at 32 bits a number: what a training keeps, roughly.
    pub activation_bytes: u64,
    /// Bytes of all weights at 32 bits a number.
    pub weight_bytes_f32: u64,
    /// Bytes of all weights at 16 bits a number.
    pub weight_bytes_f16: u64,
}

/// A network that ran once, and what ran.
pub struct Count {
    pub(super) built: Built,
    pub(super) operations: Vec<Operation>,
}

/// Counts what a network costs for one image of `size` by `size` pixels, by running it once.
pub fn of(settings: &ModelSettings, size: usize) -> Cost {
    Count::new(settings, size).cost()
}

impl Count {
    /// Runs the network on one image of `size` by `size` pixels.
    pub fn new(settings: &ModelSettings, size: usize) -> Self {
        let device = Device::flex();
        let built = Built::new(settings, 0, &device);
        let image = Tensor::<4>::zeros([1, 3, size, size], &device);
        let (_, recording) = trace::record(|| built.network.forward(image));
        Self { built, operations: recording.operations }
    }

    /// The sums.
    pub fn cost(&self) -> Cost {
        let (parameters, tensors) = self.built.count(Role::Trained);
        let frozen = self.built.count(Role::Frozen).0;
        let sum = |of: &dyn Fn(&Operation) -> u64| self.operations.iter().map(of).sum::<u64>();
        let weights = parameters + frozen + self.built.count(Role::Buffer).0;
        Cost {
            parameters,
            tensors,
            frozen,
            conv_macs: sum(&|operation| operation.work.conv_macs),
            macs: sum(&|operation| operation.work.conv_macs + operation.work.other_macs),
            flops: sum(&|operation| operation.work.flops()),
            activation_bytes: 4 * sum(&|operation| operation.output.iter().product::<usize>() as u64),
            weight_bytes_f32: 4 * weights,
            weight_bytes_f16: 2 * weights,
        }
    }

    /// Parameters of the layers that ran one of these operations.
    pub(super) fn parameters_of(&self, names: &[&str]) -> HashSet<ParamId> {
        let ran = self.operations.iter().filter(|operation| names.contains(&operation.name));
        ran.flat_map(|operation| operation.layer.iter().copied()).collect()
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
        assert_eq!((cost.parameters, cost.tensors, cost.conv_macs), (53_374, 314, 72_096_256));
        assert_eq!((cost.macs, cost.weight_bytes_f32, cost.weight_bytes_f16), (72_096_256, 213_496, 106_748));
        // Everything but multiply-accumulates is less than a third of them.
        assert!(cost.flops > 2 * 72_096_256 && cost.flops < 3 * 72_096_256, "{}", cost.flops);
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

    /// By the definitions that their cards name.
    #[test]
    fn baselines_have_their_published_counts() {
        let published = [
            (Baseline::Unet, 7_765_985),
            (Baseline::UnetPlusPlus, 9_163_329),
            (Baseline::AttUnet, 8_726_077),
            (Baseline::Malunet, 177_943),
            (Baseline::UnextS, 253_561),
            (Baseline::UcmNet, 46_188),
            (Baseline::MobilenetV3, 1_074_874),
            (Baseline::Sanet, 23_899_497),
            (Baseline::TransfuseS, 26_248_725),
            (Baseline::LbUnet, 55_865),
            (Baseline::UltralightVmUnet, 49_457),
            (Baseline::UtnetV2, 12_800_385),
            (Baseline::MobilevitV2, 5_662_834),
        ];
        assert_eq!(published.map(|(baseline, _)| baseline), Baseline::ALL);
        for (baseline, parameters) in published {
            let found =
                Built::new(&ModelSettings::Baseline(baseline), 0, &Device::flex()).count(Role::Trained);
            assert_eq!(found.0, parameters, "{}", baseline.name());
        }
    }
}
