//! What each layer of a network costs.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use serde::Serialize;

use super::Count;
use crate::model::{Names, Role};

/// Operations that follow one another in one layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Layer {
    /// Where its parameters stand, as the original code names it; empty for operations without any.
    pub path: String,
    /// Its operations, each once.
    pub operations: Vec<&'static str>,
    /// Shape of what the last of them computes.
    pub output: Vec<usize>,
    /// Trained and frozen scalars.
    pub parameters: u64,
    /// Multiply-accumulates of convolutions.
    pub conv_macs: u64,
    /// Floating-point operations.
    pub flops: u64,
}

impl Count {
    /// Every layer, in the order in which they ran; the parameters of all add up to the network's.
    pub fn layers(&self) -> Vec<Layer> {
        let names = &self.built.names;
        let mut layers: Vec<Layer> = Vec::new();
        for operation in &self.operations {
            let path = names.path_of(&operation.layer);
            let same = layers.last().is_some_and(|last| last.path == path);
            if !same {
                let layer = Layer {
                    path,
                    operations: Vec::new(),
                    output: Vec::new(),
                    parameters: 0,
                    conv_macs: 0,
                    flops: 0,
                };
                layers.push(layer);
            }
            let Some(last) = layers.last_mut() else { continue };
            if !last.operations.contains(&operation.name) {
                last.operations.push(operation.name);
            }
            last.output.clone_from(&operation.output);
            last.conv_macs += operation.work.conv_macs;
            last.flops += operation.work.flops();
        }
        let mut owners = Owners { names, layers: &mut layers, others: 0 };
        self.built.network.visit(&mut owners);
        if owners.others > 0 {
            let parameters = owners.others;
            layers.push(Layer {
                path: "(elsewhere)".to_owned(),
                operations: Vec::new(),
                output: Vec::new(),
                parameters,
                conv_macs: 0,
                flops: 0,
            });
        }
        layers
    }
}

/// Gives each parameter to the layer with the longest path that its name begins with.
struct Owners<'a> {
    names: &'a Names,
    layers: &'a mut Vec<Layer>,
    others: u64,
}

impl ModuleVisitor for Owners<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.names.role(param.id) == Role::Buffer {
            return;
        }
        let name = self.names.of(param.id);
        let scalars = param.dims().iter().product::<usize>() as u64;
        let holds = |path: &str| {
            !path.is_empty() && name.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'))
        };
        let mut best: Option<&mut Layer> = None;
        for layer in self.layers.iter_mut().filter(|layer| holds(&layer.path)) {
            if best.as_ref().is_none_or(|best| layer.path.len() > best.path.len()) {
                best = Some(layer);
            }
        }
        match best {
            Some(layer) => layer.parameters += scalars,
            None => self.others += scalars,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::settings::{Baseline, EgeUnetSettings, ModelSettings};

    #[test]
    fn layers_add_up_to_the_network() {
        let ege_unet = ModelSettings::EgeUnet(EgeUnetSettings::default());
        for settings in [ege_unet, ModelSettings::Baseline(Baseline::Unet)] {
            let count = Count::new(&settings, 64);
            let (cost, layers) = (count.cost(), count.layers());
            let sum = |of: fn(&Layer) -> u64| layers.iter().map(of).sum::<u64>();
            assert_eq!(sum(|layer| layer.parameters), cost.parameters + cost.frozen);
            assert_eq!(sum(|layer| layer.conv_macs), cost.conv_macs);
            assert_eq!(sum(|layer| layer.flops), cost.flops);
            assert!(layers.iter().all(|layer| layer.path != "(elsewhere)"), "{layers:?}");
        }
    }

    /// Parameters of each part as the authors' code has them.
    #[test]
    fn the_parts_of_ege_unet_have_their_parameters() {
        let layers = Count::new(&ModelSettings::EgeUnet(EgeUnetSettings::default()), 64).layers();
        let part = |name: &str| {
            let own = layers.iter().filter(|layer| layer.path.split('.').next() == Some(name));
            own.map(|layer| layer.parameters).sum::<u64>()
        };
        let check = |prefix: &str, expected: &[u64]| {
            let found: Vec<u64> = (1..=expected.len()).map(|i| part(&format!("{prefix}{i}"))).collect();
            assert_eq!(found, expected, "{prefix}");
        };
        check("encoder", &[224, 1168, 3480, 1952, 3184, 5728]);
        check("GAB", &[584, 1496, 2792, 4728, 9368]);
        check("gt_conv", &[49, 33, 25, 17, 9]);
        check("decoder", &[6832, 4160, 2392, 3472, 1160]);
        assert_eq!(part("final"), 9);
    }
}
