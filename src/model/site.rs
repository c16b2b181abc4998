//! Where a parameter stands in a network: its name, and from that its start value.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use burn::module::{Param, ParamId, RunningState};
use burn::tensor::{Device, Tensor, TensorData};

use crate::random;

/// What becomes of a tensor while its network is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The optimizer changes it.
    Trained,
    /// Nothing changes it.
    Frozen,
    /// The forward changes it, as the running mean of a batch normalisation.
    Buffer,
}

/// Names of a network's tensors, as the original code spells them, and what becomes of each in training.
#[derive(Clone, Debug, Default)]
pub struct Names(HashMap<ParamId, (String, Role)>);

impl Names {
    /// The tensor's name.
    ///
    /// # Panics
    /// When the tensor isn't of the network that the names are of.
    pub fn of(&self, id: ParamId) -> &str {
        &self.0[&id].0
    }

    /// The tensor's role.
    ///
    /// # Panics
    /// When the tensor isn't of the network that the names are of.
    pub fn role(&self, id: ParamId) -> Role {
        self.0[&id].1
    }

    /// The longest path, whole steps of it, that the names of all these tensors begin with.
    pub fn path_of(&self, ids: &[ParamId]) -> String {
        let steps = |id: &ParamId| {
            let (path, _) = self.of(*id).rsplit_once('.').unwrap_or_default();
            path.split('.').map(str::to_owned).collect::<Vec<_>>()
        };
        let mut paths = ids.iter().map(steps);
        let mut shared = paths.next().unwrap_or_default();
        for path in paths {
            let same = shared.iter().zip(&path).take_while(|(one, other)| one == other).count();
            shared.truncate(same);
        }
        shared.join(".")
    }
}

/// A place in a network under construction.
///
/// Every parameter is drawn from a stream of its own, derived from the run's seed and the parameter's
/// name, so that adding a layer or changing the order of construction leaves all others as they were.
#[derive(Clone)]
pub struct Site {
    device: Device,
    seed: u64,
    path: String,
    names: Rc<RefCell<Names>>,
}

impl Site {
    /// The root of a network.
    pub fn root(device: &Device, seed: u64) -> Self {
        Self { device: device.clone(), seed, path: String::new(), names: Rc::default() }
    }

    /// The place called `name` below this one; `name` may hold several steps, joined by dots.
    #[must_use]
    pub fn at(&self, name: &str) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self { path, ..self.clone() }
    }

    /// Where the network's tensors stand.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The names of all tensors made so far.
    pub fn names(&self) -> Names {
        self.names.borrow().clone()
    }

    /// A parameter whose elements are all `value`.
    pub fn constant<const D: usize>(&self, name: &str, shape: [usize; D], value: f32) -> Param<Tensor<D>> {
        self.parameter(name, shape, |_| value)
    }

    /// A parameter from a normal distribution of mean 0.
    pub fn normal<const D: usize>(&self, name: &str, shape: [usize; D], std: f64) -> Param<Tensor<D>> {
        self.parameter(name, shape, |stream| (std * stream.normal()) as f32)
    }

    /// A parameter uniform in `[-bound, bound)`.
    pub fn uniform<const D: usize>(&self, name: &str, shape: [usize; D], bound: f64) -> Param<Tensor<D>> {
        self.parameter(name, shape, |stream| stream.range(-bound, bound) as f32)
    }

    /// A parameter from a normal distribution of mean 0 without what lies further than `bound` from it:
    /// PyTorch's `trunc_normal_`.
    pub fn truncated_normal<const D: usize>(
        &self,
        name: &str,
        shape: [usize; D],
        std: f64,
        bound: f64,
    ) -> Param<Tensor<D>> {
        self.parameter(name, shape, |stream| {
            loop {
                let value = std * stream.normal();
                if value.abs() <= bound {
                    return value as f32;
                }
            }
        })
    }

    /// A parameter that starts as a copy of these values and is trained apart from where they come from.
    pub fn copy<const D: usize>(&self, name: &str, values: Tensor<D>) -> Param<Tensor<D>> {
        let parameter = Param::from_data(values.into_data(), &self.device);
        self.names.borrow_mut().0.insert(parameter.id, (self.at(name).path, Role::Trained));
        parameter
    }

    /// The parameter as one that no training changes.
    #[must_use]
    pub fn frozen<const D: usize>(&self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if let Some((_, role)) = self.names.borrow_mut().0.get_mut(&parameter.id) {
            *role = Role::Frozen;
        }
        parameter.set_require_grad(false)
    }

    /// What a forward in training changes: `[length]`, all elements `value`.
    pub fn buffer(&self, name: &str, length: usize, value: f32) -> RunningState<Tensor<1>> {
        let id = ParamId::new();
        self.names.borrow_mut().0.insert(id, (self.at(name).path, Role::Buffer));
        let values = TensorData::new(vec![value; length], [length]);
        RunningState::with_id(id, Tensor::from_data(values, &self.device))
    }

    fn parameter<const D: usize>(
        &self,
        name: &str,
        shape: [usize; D],
        mut draw: impl FnMut(&mut random::Stream) -> f32,
    ) -> Param<Tensor<D>> {
        let path = self.at(name).path;
        let mut stream = random::stream(self.seed, "init", 0, &path);
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| draw(&mut stream)).collect();
        let parameter = Param::from_data(TensorData::new(values, shape), &self.device);
        self.names.borrow_mut().0.insert(parameter.id, (path, Role::Trained));
        parameter
    }
}
