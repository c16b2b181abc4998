//! How common Python counters arrive at their numbers.

use std::str::FromStr;

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::Tensor;

use super::Count;
use crate::model::{Names, Role};

/// A rule by which parameters and operations are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Convention {
    /// The paper's: every trained scalar; multiply-accumulates of convolutions.
    Paper,
    /// Every trained scalar; all floating-point operations, a multiply-accumulate as two.
    Flops,
    /// thop 0.1: no learnable tensor outside a layer and no norm of the network's own; multiply-accumulates, those of
    /// a transposed convolution once for every tap of its kernel, no products of two maps as in attention, and four
    /// operations for each normalised element. Its eleven for each element of a resize and one of a pool, where the
    /// original writes them as layers, aren't counted here (8e-3 of UNet++), nor are PyTorch's layer norms where they run as norms over
    /// channels (`UNeXt`, UCM-Net); inside UltraLight VM-UNet's Mamba layers are counted that thop doesn't see.
    Thop,
    /// PyTorch's own `FlopCounterMode`: every trained scalar; convolutions and products only, two operations each.
    Torch,
}

impl Convention {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Paper, Self::Flops, Self::Thop, Self::Torch];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Paper => "paper",
            Self::Flops => "flops",
            Self::Thop => "thop",
            Self::Torch => "torch",
        }
    }
}

impl FromStr for Convention {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|convention| convention.name() == name).ok_or_else(|| {
            let allowed: Vec<&str> = Self::ALL.iter().map(|convention| convention.name()).collect();
            format!("unknown convention `{name}`, allowed: {}", allowed.join(", "))
        })
    }
}

/// What a convention counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Counted {
    /// Parameters.
    pub parameters: u64,
    /// Operations.
    pub operations: u64,
}

/// Operations that thop knows as layers of PyTorch's own with four operations for each element.
const NORMS: [&str; 2] = ["batch_norm", "layer_norm"];

/// The operation that thop doesn't see.
const PRODUCT: &str = "matmul";

impl Count {
    /// What the convention counts.
    pub fn by(&self, convention: Convention) -> Counted {
        let cost = self.cost();
        let (parameters, operations) = match convention {
            Convention::Paper => (cost.parameters, cost.conv_macs),
            Convention::Flops => (cost.parameters, cost.flops),
            Convention::Torch => (cost.parameters, 2 * cost.macs),
            Convention::Thop => (self.parameters_in_layers(), self.thop_operations()),
        };
        Counted { parameters, operations }
    }

    fn thop_operations(&self) -> u64 {
        let of = |operation: &crate::kernel::trace::Operation| {
            let elements = operation.output.iter().product::<usize>() as u64;
            let norm = if NORMS.contains(&operation.name) { 4 * elements } else { 0 };
            // A product of two maps is no layer.
            let linear = if operation.name == PRODUCT { 0 } else { operation.work.other_macs };
            operation.work.conv_macs * operation.work.stretch + linear + norm
        };
        self.operations.iter().map(of).sum()
    }

    /// Scalars of convolutions, linear layers and PyTorch's own norms.
    fn parameters_in_layers(&self) -> u64 {
        let names = &self.built.names;
        let norms = self.parameters_of(&NORMS);
        let mut all = Shapes { names, found: Vec::new() };
        self.built.network.visit(&mut all);
        let is_matrix = |name: &str| {
            // A bias belongs to the weight beside it.
            let weight =
                name.strip_suffix("bias").map_or_else(|| name.to_owned(), |stem| format!("{stem}weight"));
            all.found
                .iter()
                .any(|(_, other, rank, _)| *other == weight && *rank >= 2 && weight.ends_with("weight"))
        };
        let counted = all.found.iter().filter(|(id, name, ..)| norms.contains(id) || is_matrix(name));
        counted.map(|(.., scalars)| scalars).sum()
    }
}

/// Trained parameters: identity, name, rank and number of scalars.
struct Shapes<'a> {
    names: &'a Names,
    found: Vec<(ParamId, String, usize, u64)>,
}

impl ModuleVisitor for Shapes<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.names.role(param.id) == Role::Trained {
            let scalars = param.dims().iter().product::<usize>() as u64;
            self.found.push((param.id, self.names.of(param.id).to_owned(), D, scalars));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::settings::{Baseline, EgeUnetSettings, ModelSettings};

    /// thop 0.1.1 and torch 2.9 on the authors' code, on U-Net and on LB-UNet.
    #[test]
    fn other_counters_are_understood() {
        let ege_unet = Count::new(&ModelSettings::EgeUnet(EgeUnetSettings::default()), 256);
        let counted = |count: &Count, convention| {
            let Counted { parameters, operations } = count.by(convention);
            (parameters, operations)
        };
        assert_eq!(counted(&ege_unet, Convention::Paper), (53_374, 72_096_256));
        assert_eq!(counted(&ege_unet, Convention::Thop), (45_806, 72_096_256));
        assert_eq!(counted(&ege_unet, Convention::Torch), (53_374, 144_192_512));
        let unet = Count::new(&ModelSettings::Baseline(Baseline::Unet), 256);
        assert_eq!(counted(&unet, Convention::Thop), (7_765_985, 13_745_782_784));
        let lb_unet = Count::new(&ModelSettings::Baseline(Baseline::LbUnet), 256);
        assert_eq!(counted(&lb_unet, Convention::Thop), (38_489, 97_999_872));
        // Of the resizes that thop adds here, 11,528,203,776 in all, these are left out.
        let transfuse = Count::new(&ModelSettings::Baseline(Baseline::TransfuseS), 256);
        assert_eq!(counted(&transfuse, Convention::Thop), (26_174_613, 11_528_203_776 - 11 * 1_703_936));
        assert_eq!(counted(&unet, Convention::Torch), (7_765_985, 24_142_413_824));
    }
}
