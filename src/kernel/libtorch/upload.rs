//! Numbers from the host to a device.

use burn::tensor::Tensor as BurnTensor;
use tch::Tensor;

use super::device::Libtorch;
use super::name::Place;
use super::resident::ResidentBatch;
use super::shim::{self, Arrival};
use super::tensors::{inner, outer};

/// A tensor on its way to a device.
///
/// To a card it goes by way of pinned memory and on a stream of its own, so it travels while the card computes.
pub struct Upload<const D: usize> {
    tensor: Tensor,
    /// None where it is there already.
    arrival: Option<Arrival>,
}

impl<const D: usize> Upload<D> {
    /// The tensor, for what this thread computes; the device waits for it, the host doesn't.
    pub fn arrive(self) -> BurnTensor<D> {
        if let Some(arrival) = &self.arrival {
            shim::arrive(&self.tensor, arrival);
        }
        BurnTensor::from_dispatch(outer(self.tensor))
    }
}

/// Images, masks and truth on their way to a device.
pub struct SentBatch {
    images: Upload<4>,
    masks: Upload<4>,
    truth: Upload<2>,
}

impl SentBatch {
    /// The batch, for what this thread computes; the device waits for it, the host doesn't.
    pub fn arrive(self) -> ResidentBatch {
        let _guard = tch::no_grad_guard();
        let truth = inner(self.truth.arrive().into_dispatch()).ge(0.5);
        ResidentBatch { images: self.images.arrive(), masks: self.masks.arrive(), truth }
    }
}

impl Libtorch {
    /// Sends a batch of `count` images of `size` pixels in height and width to the device.
    ///
    /// # Shapes
    /// - `images`: `[count, 3, size, size]`
    /// - `masks`, `truth`: `[count, size, size]`
    pub fn send_batch(
        self,
        images: &[f32],
        masks: &[f32],
        truth: &[bool],
        [count, size]: [usize; 2],
    ) -> SentBatch {
        let truth: Vec<f32> = truth.iter().map(|&lesion| f32::from(u8::from(lesion))).collect();
        SentBatch {
            images: self.upload(images, [count, 3, size, size]),
            masks: self.upload(masks, [count, 1, size, size]),
            truth: self.upload(&truth, [count, size * size]),
        }
    }

    /// Sends these elements to the device.
    pub fn upload<const D: usize>(self, values: &[f32], shape: [usize; D]) -> Upload<D> {
        let _guard = tch::no_grad_guard();
        let shape = shape.map(|length| length as i64);
        let host = Tensor::from_slice(values).view(shape.as_slice());
        match self.place() {
            Place::Cpu => Upload { tensor: host, arrival: None },
            Place::Cuda(index) => {
                let (tensor, arrival) = shim::upload(&host, index);
                Upload { tensor, arrival: Some(arrival) }
            }
        }
    }

    /// A small tensor of the host on the device: by way of pinned memory, in the order of what this thread computes there.
    pub(super) fn send(self, host: &Tensor) -> Tensor {
        match self.place() {
            Place::Cpu => host.shallow_clone(),
            Place::Cuda(index) => {
                let (tensor, arrival) = shim::upload(host, index);
                shim::arrive(&tensor, &arrival);
                tensor
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_uploaded_is_what_was_given() {
        let values: Vec<f32> = (0..6).map(|index| index as f32).collect();
        let upload = Libtorch::open(Place::Cpu).expect("the processor is there").upload(&values, [2, 3]);
        let tensor: BurnTensor<2> = upload.arrive();
        assert_eq!(tensor.dims(), [2, 3]);
        assert_eq!(tensor.into_data().try_into_vec::<f32>().expect("f32"), values);
    }
}
