//! What stands for libtorch in a build without it: types that have no values, though nobody outside is told so, since the
//! compiler would call everything unreachable there that follows one.

use std::convert::Infallible;
use std::ops::Range;

use burn::backend::DispatchTensor;
use burn::tensor::{Device, Tensor};

use super::name::Place;
use super::rates::AdamWRates;
use super::stock::{Sample, Stock};
use crate::kernel::native::Native;

/// A device of libtorch that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Libtorch {
    never: Infallible,
}

/// Parameters that learn on a device.
pub struct Learning {
    never: Infallible,
}

/// A stock of images on a device.
pub struct Resident {
    never: Infallible,
}

/// A batch on a device.
pub struct ResidentBatch {
    /// `[batch, 3, height, width]`, as the network takes it.
    pub images: Tensor<4>,
    /// `[batch, 1, height, width]`, what the loss compares with.
    pub masks: Tensor<4>,
}

/// A tensor on its way to a device.
pub struct Upload<const D: usize> {
    never: Infallible,
}

/// Images, masks and truth on their way to a device.
pub struct SentBatch {
    never: Infallible,
}

/// Judgements of images.
#[derive(Default)]
pub struct Tally(());

/// False: nothing is on libtorch.
pub(in crate::kernel) fn has(_: &Device) -> bool {
    false
}

/// False: nothing learns on libtorch.
pub fn learns() -> bool {
    false
}

/// Empty: there is no libtorch that could say anything.
pub fn versions() -> String {
    String::new()
}

/// False, as nothing of libtorch is built in.
pub fn built_with_cuda() -> bool {
    false
}

/// False: nothing of libtorch panics.
pub fn is_awaited(_: &(dyn std::any::Any + Send)) -> bool {
    false
}

/// Nobody asks, since nothing is on libtorch.
pub(in crate::kernel) fn compute(operation: &Native, _: Vec<DispatchTensor>) -> Vec<DispatchTensor> {
    unreachable!("{operation:?} in a build without libtorch")
}

#[expect(missing_docs, reason = "the same as in a build with libtorch, where they are described")]
impl Libtorch {
    /// # Errors
    /// Always: there is none.
    pub fn open(_: Place) -> Result<Self, (String, String)> {
        let hint = "`just libtorch cpu` (or `just libtorch cuda`) brings libtorch and builds with it";
        Err(("this build has no libtorch".to_owned(), hint.to_owned()))
    }

    pub fn cards() -> Vec<Self> {
        Vec::new()
    }

    pub fn place(self) -> Place {
        match self.never {}
    }

    pub fn device(self) -> Device {
        match self.never {}
    }

    pub fn prepare(self, _: usize) {
        match self.never {}
    }

    pub fn has_bf16(self) -> bool {
        match self.never {}
    }

    pub fn memory(self) -> Option<(u64, u64)> {
        match self.never {}
    }

    pub fn capability(self) -> Option<(i32, i32)> {
        match self.never {}
    }

    pub fn upload<const D: usize>(self, _: &[f32], _: [usize; D]) -> Upload<D> {
        match self.never {}
    }

    pub fn send_batch(self, _: &[f32], _: &[f32], _: &[bool], _: [usize; 2]) -> SentBatch {
        match self.never {}
    }

    /// # Errors
    /// Never, since nobody can ask.
    pub fn within_memory<T>(self, _: impl FnOnce() -> T) -> Result<T, String> {
        match self.never {}
    }

    pub fn learn<T>(self, _: impl FnOnce() -> T) -> T {
        match self.never {}
    }

    pub fn infer<T>(self, _: impl FnOnce() -> T) -> T {
        match self.never {}
    }

    pub fn mixed<T>(self, _: bool, _: impl FnOnce() -> T) -> T {
        match self.never {}
    }
}

#[expect(missing_docs, reason = "the same as in a build with libtorch, where they are described")]
impl Learning {
    pub fn new(place: Libtorch, _: &[(Range<usize>, Vec<usize>)], _: [&[f32]; 3], _: u64) -> Self {
        match place.never {}
    }

    pub fn place(&self) -> Libtorch {
        match self.never {}
    }

    pub fn leaf(&self, _: usize) -> DispatchTensor {
        match self.never {}
    }

    pub fn step(&mut self, _: Tensor<1>, _: AdamWRates) {
        match self.never {}
    }

    pub fn pending(&self) -> usize {
        match self.never {}
    }

    pub fn take_losses(&mut self) -> Vec<f64> {
        match self.never {}
    }

    pub fn weights(&self) -> Vec<f32> {
        match self.never {}
    }

    pub fn moments(&self) -> [Vec<f32>; 2] {
        match self.never {}
    }

    pub fn steps(&self) -> u64 {
        match self.never {}
    }
}

#[expect(missing_docs, reason = "the same as in a build with libtorch, where they are described")]
impl Resident {
    pub fn new(place: Libtorch, _: &Stock<'_>) -> Self {
        match place.never {}
    }

    pub fn batch(&self, _: &[Sample]) -> ResidentBatch {
        match self.never {}
    }
}

#[expect(missing_docs, reason = "the same as in a build with libtorch, where they are described")]
impl Tally {
    pub fn add(&mut self, _: &ResidentBatch, _: Tensor<4>, _: f32, _: Tensor<1>) {}

    pub fn read(self) -> Vec<([u64; 4], f32)> {
        Vec::new()
    }
}

#[expect(missing_docs, reason = "the same as in a build with libtorch, where they are described")]
impl<const D: usize> Upload<D> {
    pub fn arrive(self) -> Tensor<D> {
        match self.never {}
    }
}

#[expect(missing_docs, reason = "the same as in a build with libtorch, where they are described")]
impl SentBatch {
    pub fn arrive(self) -> ResidentBatch {
        match self.never {}
    }
}
