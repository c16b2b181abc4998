//! Where a parameter stands in a network: its name, and from that its start value.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use burn::module::{Param, ParamId};
use burn::tensor::{Device, Tensor, TensorData};

use crate::random;

/// Names of parameters, as the original code spells them.
pub type Names = HashMap<ParamId, String>;

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

    /// The names of all parameters made so far.
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
        self.names.borrow_mut().insert(parameter.id, path);
        parameter
    }
}
