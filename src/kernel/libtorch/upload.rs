//! Numbers from the host to a device.

use burn::tensor::Tensor as BurnTensor;
use tch::Tensor;

use super::device::Libtorch;
use super::name::Place;
use super::tensors::outer;

impl Libtorch {
    /// A tensor of these elements on the device.
    ///
    /// To a card they go by way of pinned memory, and the caller doesn't wait until they are there; what is computed of
    /// them does, by the order of the device's work.
    pub fn upload<const D: usize>(self, values: &[f32], shape: [usize; D]) -> BurnTensor<D> {
        let _guard = tch::no_grad_guard();
        let shape = shape.map(|length| length as i64);
        BurnTensor::from_dispatch(outer(self.send(&Tensor::from_slice(values).view(shape.as_slice()))))
    }

    /// A tensor of the host on the device, in the same way.
    pub(super) fn send(self, host: &Tensor) -> Tensor {
        match self.place() {
            Place::Cpu => host.shallow_clone(),
            Place::Cuda(_) => host.pin_memory(self.tch()).to_device_(self.tch(), host.kind(), true, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_uploaded_is_what_was_given() {
        let values: Vec<f32> = (0..6).map(|index| index as f32).collect();
        let tensor = Libtorch::open(Place::Cpu).expect("the processor is there").upload(&values, [2, 3]);
        assert_eq!(tensor.dims(), [2, 3]);
        assert_eq!(tensor.into_data().try_into_vec::<f32>().expect("f32"), values);
    }
}
