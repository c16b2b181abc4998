//! All trained parameters of a network in one array, so that an optimizer passes over them once.

use std::collections::BTreeMap;
use std::ops::Range;

use burn::backend::DispatchTensor;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Gradients, Tensor};

use crate::model::state::{replace, values};
use crate::model::{Built, NamedTensor, Names, Network, Role, StateDict};

/// Where each parameter stands in the array: one after another, in the order in which the network visits them.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    slots: Vec<Slot>,
    names: Names,
}

/// One parameter's place.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub name: String,
    pub shape: Vec<usize>,
    pub range: Range<usize>,
}

/// Gradients of all parameters in one array, and which of the parameters have one at all.
#[derive(Clone, Debug, Default)]
pub(super) struct Gradient {
    pub values: Vec<f32>,
    pub present: Vec<bool>,
}

impl Layout {
    /// The layout of a network.
    pub fn of(built: &Built) -> Self {
        let mut survey = Survey { names: &built.names, slots: Vec::new() };
        built.network.visit(&mut survey);
        Self { slots: survey.slots, names: built.names.clone() }
    }

    /// The parameters' places, in order.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Elements of all parameters together.
    pub fn elements(&self) -> usize {
        self.slots.last().map_or(0, |slot| slot.range.end)
    }

    /// The array of the tensors of `state`; zeros where it has none of a parameter.
    pub fn array(&self, state: &StateDict) -> Vec<f32> {
        let mut array = vec![0.0; self.elements()];
        for slot in &self.slots {
            if let Some(tensor) = state.0.get(&slot.name) {
                array[slot.range.clone()].copy_from_slice(&tensor.values);
            }
        }
        array
    }

    /// The inverse of [`array`](Self::array).
    pub fn state(&self, array: &[f32]) -> StateDict {
        let tensor = |slot: &Slot| NamedTensor {
            shape: slot.shape.clone(),
            values: array[slot.range.clone()].to_vec(),
        };
        let tensors: BTreeMap<_, _> =
            self.slots.iter().map(|slot| (slot.name.clone(), tensor(slot))).collect();
        StateDict(tensors)
    }

    /// The network with its parameters taken from `array`, as new leaves of the autodiff graph.
    pub fn publish(&self, network: Network, array: &[f32]) -> Network {
        network.map(&mut Publisher { names: &self.names, slots: self.slots.iter(), array })
    }

    /// The network with its parameters on memory that others change: `parameter` gives the tensor of each slot.
    pub fn share(&self, network: Network, parameter: impl Fn(usize) -> DispatchTensor) -> Network {
        network.map(&mut Sharer { names: &self.names, next: 0, parameter })
    }

    /// Writes the network's gradients into `out`.
    pub fn collect(&self, network: &Network, gradients: &Gradients, out: &mut Gradient) {
        out.values.resize(self.elements(), 0.0);
        out.present.clear();
        network.visit(&mut Collector { names: &self.names, slots: self.slots.iter(), gradients, out });
    }
}

impl Gradient {
    /// Adds the gradients of the same parameters for other images.
    pub fn add(&mut self, other: &Self) {
        self.values.iter_mut().zip(&other.values).for_each(|(sum, one)| *sum += one);
        self.present.iter_mut().zip(&other.present).for_each(|(sum, one)| *sum |= one);
    }
}

struct Survey<'a> {
    names: &'a Names,
    slots: Vec<Slot>,
}

impl ModuleVisitor for Survey<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.names.role(param.id) != Role::Trained {
            return;
        }
        let start = self.slots.last().map_or(0, |slot| slot.range.end);
        let shape = param.dims().to_vec();
        let range = start..start + shape.iter().product::<usize>();
        self.slots.push(Slot { name: self.names.of(param.id).to_owned(), shape, range });
    }
}

struct Publisher<'a> {
    names: &'a Names,
    slots: std::slice::Iter<'a, Slot>,
    array: &'a [f32],
}

impl ModuleMapper for Publisher<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.names.role(param.id) != Role::Trained {
            return param;
        }
        let slot = self.slots.next().expect("a network visits the same parameters each time");
        replace(param, self.array[slot.range.clone()].to_vec())
    }
}

struct Sharer<'a, F> {
    names: &'a Names,
    next: usize,
    parameter: F,
}

impl<F: Fn(usize) -> DispatchTensor> ModuleMapper for Sharer<'_, F> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.names.role(param.id) != Role::Trained {
            return param;
        }
        let tensor = Tensor::from_dispatch((self.parameter)(self.next));
        self.next += 1;
        let (id, _, mapper) = param.consume();
        Param::from_mapped_value(id, tensor, mapper)
    }
}

struct Collector<'a> {
    names: &'a Names,
    slots: std::slice::Iter<'a, Slot>,
    gradients: &'a Gradients,
    out: &'a mut Gradient,
}

impl ModuleVisitor for Collector<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.names.role(param.id) != Role::Trained {
            return;
        }
        let slot = self.slots.next().expect("a network visits the same parameters each time");
        let own = &mut self.out.values[slot.range.clone()];
        let gradient = param.val().grad(self.gradients);
        self.out.present.push(gradient.is_some());
        match gradient {
            Some(gradient) => own.copy_from_slice(&values(gradient)),
            None => own.fill(0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::experiment::settings::{EgeUnetSettings, ModelSettings};

    #[test]
    fn every_parameter_has_a_place_and_comes_back() {
        let built = Built::new(&ModelSettings::EgeUnet(EgeUnetSettings::default()), 3, &Device::flex());
        let layout = Layout::of(&built);
        assert_eq!((layout.slots().len(), layout.elements()), (314, 53_374));
        let state = built.state();
        let array = layout.array(&state);
        assert_eq!(layout.state(&array), state);

        let doubled: Vec<f32> = array.iter().map(|x| 2.0 * x).collect();
        let network = layout.publish(built.network, &doubled);
        let published = Built { network, names: built.names }.state();
        assert_eq!(layout.array(&published), doubled);
    }
}
