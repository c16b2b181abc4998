//! Devices that are there.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use burn::backend::DispatchDevice;
use burn::tensor::Device;

use super::name::Place;
use super::shim;

/// A device of libtorch that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Libtorch(Place);

/// True if tensors of this device are libtorch's.
pub(in crate::kernel) fn has(device: &Device) -> bool {
    matches!(device.as_dispatch(), DispatchDevice::LibTorch(_))
}

impl Libtorch {
    /// The device at that place.
    ///
    /// # Errors
    /// When it isn't there: a sentence, and what to do about it.
    pub fn open(place: Place) -> Result<Self, (String, String)> {
        let Place::Cuda(index) = place else { return Ok(Self(place)) };
        if !shim::built_with_cuda() {
            let message = "this build's libtorch is the one without CUDA".to_owned();
            return Err((message, "`just libtorch cuda` makes one with it".to_owned()));
        }
        let count = shim::cuda_devices();
        if count == 0 {
            let hint = match std::env::var("CUDA_VISIBLE_DEVICES") {
                Ok(list) => {
                    format!("CUDA_VISIBLE_DEVICES is `{list}`; `ege-bench doctor` tells what was found")
                }
                Err(_) => "`ege-bench doctor` tells whether a driver was found".to_owned(),
            };
            return Err(("no CUDA device is there".to_owned(), hint));
        }
        if index >= count {
            let last = count - 1;
            let message = format!("there is no CUDA device {index}: {count} are visible");
            return Err((message, format!("allowed: libtorch:cuda:0 to libtorch:cuda:{last}")));
        }
        Ok(Self(place))
    }

    /// Every graphics card that this process sees.
    pub fn cards() -> Vec<Self> {
        (0..shim::cuda_devices()).map(|index| Self(Place::Cuda(index))).collect()
    }

    /// Where it is.
    pub fn place(self) -> Place {
        self.0
    }

    /// The device for burn's tensors: without burn's own gradients, since libtorch has its own.
    pub fn device(self) -> Device {
        match self.0 {
            Place::Cpu => Device::libtorch(),
            Place::Cuda(index) => Device::libtorch_cuda(index),
        }
    }

    /// The device for tch.
    pub(super) fn tch(self) -> tch::Device {
        match self.0 {
            Place::Cpu => tch::Device::Cpu,
            Place::Cuda(index) => tch::Device::Cuda(index),
        }
    }

    /// Makes this process ready to compute there with so many threads.
    pub fn prepare(self, threads: usize) {
        tch::set_num_threads(threads as i32);
        // What a step frees is kept for the next one: the system would clear it anew each time.
        shim::prepare();
    }

    /// Compute capability, of a graphics card.
    pub fn capability(self) -> Option<(i32, i32)> {
        match self.0 {
            Place::Cpu => None,
            Place::Cuda(index) => shim::capability(index),
        }
    }

    /// Whether the device computes in bfloat16: all processors do, and graphics cards from compute capability 8.0 on.
    pub fn has_bf16(self) -> bool {
        self.0 == Place::Cpu || self.capability().is_some_and(|(major, _)| major >= 8)
    }

    /// Memory of the device in bytes, that is free and that there is; none for the processor.
    pub fn memory(self) -> Option<(u64, u64)> {
        match self.0 {
            Place::Cpu => None,
            Place::Cuda(index) => shim::memory(index),
        }
    }

    /// Runs `work`; a lack of memory, which libtorch tells by way of a panic, is an error with its words.
    ///
    /// # Errors
    /// When the device's memory doesn't suffice.
    pub fn within_memory<T>(self, work: impl FnOnce() -> T) -> Result<T, String> {
        WATCHING.fetch_add(1, Ordering::Relaxed);
        let done = catch_unwind(AssertUnwindSafe(work));
        WATCHING.fetch_sub(1, Ordering::Relaxed);
        done.or_else(|panic| match lack_of_memory(&*panic) {
            Some(words) => Err(words),
            None => resume_unwind(panic),
        })
    }
}

/// How many calls of [`Libtorch::within_memory`] are under way.
static WATCHING: AtomicUsize = AtomicUsize::new(0);

/// True for a panic that [`Libtorch::within_memory`] makes an error of, so that nobody needs to tell it as a bug.
pub fn is_awaited(panic: &(dyn std::any::Any + Send)) -> bool {
    WATCHING.load(Ordering::Relaxed) > 0 && lack_of_memory(panic).is_some()
}

/// What libtorch said of memory that it couldn't get, if that was it.
fn lack_of_memory(panic: &(dyn std::any::Any + Send)) -> Option<String> {
    let text =
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref().copied())?;
    let start = [
        "CUDA out of memory",
        "CUDA error: out of memory",
        "CUDA driver error: out of memory",
        "CUBLAS_STATUS_ALLOC_FAILED",
        "CUDNN_STATUS_ALLOC_FAILED",
        "CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
        "CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED",
        "DefaultCPUAllocator: can't allocate memory",
        "DefaultCPUAllocator: not enough memory",
    ]
    .iter()
    .find_map(|words| text.find(words))?;
    // What follows is where in libtorch it happened.
    let words = text[start..].split("\\n").next().unwrap_or_default();
    Some(words.lines().next().unwrap_or_default().trim_end_matches(['"', ')']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lack_of_memory_is_told_from_other_panics() {
        let cpu = Libtorch::open(Place::Cpu).unwrap();
        let words = cpu.within_memory(|| tch::Tensor::zeros([1 << 50], (tch::Kind::Float, tch::Device::Cpu)));
        let words = words.map(|_| ()).unwrap_err();
        assert!(
            words.starts_with("DefaultCPUAllocator: ") && words.contains("memory") && !words.contains('\n'),
            "{words}"
        );
        assert_eq!(cpu.within_memory(|| 3), Ok(3));
        let other = catch_unwind(|| cpu.within_memory(|| panic!("something else")).map(|()| 0));
        assert!(other.is_err());
        let cuda = "called `Result::unwrap()` on an `Err` value: Torch(\"CUDA out of memory. Tried to allocate 2.00 GiB.\\nException raised from malloc\")";
        let payload: Box<dyn std::any::Any + Send> = Box::new(cuda.to_owned());
        assert_eq!(
            lack_of_memory(&*payload).as_deref(),
            Some("CUDA out of memory. Tried to allocate 2.00 GiB.")
        );
    }

    #[test]
    fn a_card_that_is_not_there_is_refused() {
        let (message, hint) = Libtorch::open(Place::Cuda(64)).unwrap_err();
        assert!(message.contains("CUDA") && !hint.is_empty(), "{message}; {hint}");
    }
}
