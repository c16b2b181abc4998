//! What libtorch has and tch hasn't, by way of `libtorch-shim/shim.cpp`.

use std::ffi::{CStr, c_char, c_int, c_void};

use tch::Tensor;

// Links the functions below.
use libtorch_shim as _;

/// A tensor of C++, as tch hands it out.
type Handle = *mut c_void;

// SAFETY: the declarations are those of `libtorch-shim/shim.h`, which `shim.cpp` is compiled against.
unsafe extern "C" {
    safe fn ege_prepare() -> *const c_char;
    safe fn ege_cuda_built() -> c_int;
    safe fn ege_cuda_devices() -> c_int;
    fn ege_cuda_capability(index: c_int, major: *mut c_int, minor: *mut c_int) -> c_int;
    fn ege_cuda_memory(index: c_int, free: *mut u64, total: *mut u64) -> c_int;
    safe fn ege_versions() -> *const c_char;
    safe fn ege_autocast(cuda: c_int, on: c_int) -> *const c_char;
    fn ege_upload(
        host: Handle,
        index: c_int,
        output: *mut Handle,
        arrival: *mut *mut c_void,
    ) -> *const c_char;
    fn ege_arrive(uploaded: Handle, arrival: *mut c_void) -> *const c_char;
    fn ege_forget(arrival: *mut c_void);
    fn ege_channel_norm(
        x: Handle,
        weight: Handle,
        bias: Handle,
        epsilon: f64,
        output: *mut Handle,
    ) -> *const c_char;
    fn ege_adamw(
        tensors: *const Handle,
        count: c_int,
        step: Handle,
        stopped: Handle,
        rates: *const f64,
    ) -> *const c_char;
}

/// Keeps what is freed within the process, and single precision single.
pub(super) fn prepare() {
    told(ege_prepare());
}

/// Whether this libtorch is one with CUDA.
pub fn built_with_cuda() -> bool {
    ege_cuda_built() != 0
}

/// Number of graphics cards that this process sees; 0 without a driver.
pub(super) fn cuda_devices() -> usize {
    ege_cuda_devices().max(0) as usize
}

/// Compute capability of a card.
pub(super) fn capability(index: usize) -> Option<(i32, i32)> {
    let (mut major, mut minor) = (0, 0);
    // SAFETY: both pointers are to numbers of this frame, which the function writes before it returns.
    let found = unsafe { ege_cuda_capability(index as c_int, &raw mut major, &raw mut minor) };
    (found != 0).then_some((major, minor))
}

/// Free and whole memory of a card in bytes.
pub(super) fn memory(index: usize) -> Option<(u64, u64)> {
    let (mut free, mut total) = (0, 0);
    // SAFETY: both pointers are to numbers of this frame, which the function writes before it returns.
    let found = unsafe { ege_cuda_memory(index as c_int, &raw mut free, &raw mut total) };
    (found != 0).then_some((free, total))
}

/// What libtorch says of itself: lines of `name=value`.
pub fn versions() -> String {
    words(ege_versions()).unwrap_or_default()
}

/// Begins or ends mixed precision on this thread.
pub(super) fn autocast(on_card: bool, on: bool) {
    told(ege_autocast(c_int::from(on_card), c_int::from(on)));
}

/// The end of a copy to a card.
pub(super) struct Arrival(*mut c_void);

// SAFETY: an event of CUDA may be waited for and freed by another thread than the one that recorded it.
unsafe impl Send for Arrival {}

impl Drop for Arrival {
    fn drop(&mut self) {
        // SAFETY: the handle is ours and isn't used any more.
        unsafe { ege_forget(self.0) }
    }
}

/// Begins to copy a tensor of the host to a card, beside what the card computes.
pub(super) fn upload(host: &Tensor, index: usize) -> (Tensor, Arrival) {
    let (mut output, mut arrival) = (std::ptr::null_mut(), std::ptr::null_mut());
    // SAFETY: the handle is that of a tensor that lives until the function returns; it writes two handles that are ours.
    let error = unsafe { ege_upload(handle(host), index as c_int, &raw mut output, &raw mut arrival) };
    told(error);
    // SAFETY: the function told no error, so it made a tensor, which nobody else frees.
    (unsafe { Tensor::from_ptr(output.cast()) }, Arrival(arrival))
}

/// Makes what this thread computes on the card from here on wait for a copy.
pub(super) fn arrive(uploaded: &Tensor, arrival: &Arrival) {
    // SAFETY: both handles live until the function returns.
    told(unsafe { ege_arrive(handle(uploaded), arrival.0) });
}

/// Layer normalisation over the second axis, with a backward of its own.
pub(super) fn channel_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, epsilon: f64) -> Tensor {
    let mut output = std::ptr::null_mut();
    // SAFETY: the handles are those of tensors that live until the function returns; it writes one handle that is ours.
    let error =
        unsafe { ege_channel_norm(handle(x), handle(weight), handle(bias), epsilon, &raw mut output) };
    told(error);
    // SAFETY: the function told no error, so it made a tensor, which nobody else frees.
    unsafe { Tensor::from_ptr(output.cast()) }
}

/// What a step of AdamW changes, piece by piece, and by what.
pub(super) struct AdamWTensors {
    pub weights: Vec<Tensor>,
    pub gradients: Vec<Tensor>,
    pub first: Vec<Tensor>,
    pub second: Vec<Tensor>,
}

/// A step of AdamW (`_fused_adamw_`), in place; none is taken where `stopped` is 1.
///
/// `rates` are the learning rate, both decays, the weight decay and epsilon.
pub(super) fn adamw(tensors: &AdamWTensors, step: &Tensor, stopped: &Tensor, rates: [f64; 5]) {
    let AdamWTensors { weights, gradients, first, second } = tensors;
    let count = weights.len();
    assert!([gradients, first, second].iter().all(|list| list.len() == count), "lists of one length");
    let all: Vec<Handle> = [weights, gradients, first, second].into_iter().flatten().map(handle).collect();
    // SAFETY: four times `count` handles of tensors that live until the function returns, and five numbers.
    let error =
        unsafe { ege_adamw(all.as_ptr(), count as c_int, handle(step), handle(stopped), rates.as_ptr()) };
    told(error);
}

fn handle(tensor: &Tensor) -> Handle {
    tensor.as_ptr().cast_mut().cast()
}

/// Panics with the words of an error, as tch does with those of its own functions.
fn told(error: *const c_char) {
    if let Some(words) = words(error) {
        panic!("libtorch: {words}");
    }
}

/// The words at a pointer of the shim, if it isn't null.
fn words(text: *const c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: the shim's texts end with a zero byte and stand in memory of this thread until its next call.
    Some(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}
