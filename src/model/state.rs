//! The parameters of a network by name, as plain arrays.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};

use super::{Names, Network};

/// A tensor as plain numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedTensor {
    /// Length of each axis.
    pub shape: Vec<usize>,
    /// Elements, the last axis fastest.
    pub values: Vec<f32>,
}

/// Tensors by name, sorted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateDict(pub BTreeMap<String, NamedTensor>);

/// Why parameters don't fit a network.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the weights don't fit the network: {}", self.describe())]
pub struct StateError {
    /// Parameters of the network that the weights lack.
    pub missing: Vec<String>,
    /// Tensors of the weights that the network lacks.
    pub unused: Vec<String>,
    /// Name, shape in the weights, shape in the network.
    pub misshaped: Vec<(String, Vec<usize>, Vec<usize>)>,
}

impl StateError {
    fn describe(&self) -> String {
        let list = |what: &str, names: &[String]| match names {
            [] => None,
            names => Some(format!("{} {what} ({})", names.len(), names.join(", "))),
        };
        let shapes: Vec<String> = self
            .misshaped
            .iter()
            .map(|(name, found, expected)| format!("{name} is {found:?}, not {expected:?}"))
            .collect();
        [list("missing", &self.missing), list("unused", &self.unused), list("of another shape", &shapes)]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("; ")
    }
}

impl StateDict {
    /// The parameters and buffers of a network.
    pub(crate) fn of(network: &Network, names: &Names) -> Self {
        let mut collector = Collector { names, state: Self::default() };
        network.visit(&mut collector);
        collector.state
    }

    /// A network with these parameters.
    pub(super) fn apply(&self, network: Network, names: &Names) -> Result<Network, StateError> {
        let own = Self::of(&network, names);
        let error = StateError {
            missing: own.0.keys().filter(|name| !self.0.contains_key(*name)).cloned().collect(),
            unused: self.0.keys().filter(|name| !own.0.contains_key(*name)).cloned().collect(),
            misshaped: own
                .0
                .iter()
                .filter_map(|(name, expected)| {
                    let found = self.0.get(name)?;
                    let differs = found.shape != expected.shape;
                    differs.then(|| (name.clone(), found.shape.clone(), expected.shape.clone()))
                })
                .collect(),
        };
        if error.missing.is_empty() && error.unused.is_empty() && error.misshaped.is_empty() {
            Ok(network.map(&mut Loader { names, state: self }))
        } else {
            Err(error)
        }
    }

    /// Number of elements of all tensors.
    pub fn elements(&self) -> usize {
        self.0.values().map(|tensor| tensor.values.len()).sum()
    }
}

struct Collector<'a> {
    names: &'a Names,
    state: StateDict,
}

impl ModuleVisitor for Collector<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = NamedTensor { shape: param.dims().to_vec(), values: values(param.val()) };
        self.state.0.insert(self.names.of(param.id).to_owned(), tensor);
    }
}

struct Loader<'a> {
    names: &'a Names,
    state: &'a StateDict,
}

impl ModuleMapper for Loader<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let tensor = &self.state.0[self.names.of(param.id)];
        replace(param, tensor.values.clone())
    }
}

/// The elements of a tensor, the last axis fastest.
pub(crate) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("every tensor of a network is f32")
}

/// The parameter with other elements; its identity and whether it is trained stay.
pub(crate) fn replace<const D: usize>(param: Param<Tensor<D>>, values: Vec<f32>) -> Param<Tensor<D>> {
    let (id, tensor, mapper) = param.consume();
    let trained = tensor.is_require_grad();
    let fresh = Tensor::from_data(TensorData::new(values, tensor.dims()), &tensor.device());
    let fresh = if trained { fresh.require_grad() } else { fresh };
    Param::from_mapped_value(id, fresh, mapper)
}
