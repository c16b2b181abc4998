//! Output arrays of kernels.

/// An array whose every element its caller writes before anyone reads it.
///
/// Zeroing first would cost a pass over memory as long as many kernels. Debug builds fill it with NaN instead,
/// so that an element that a kernel forgets shows in every test.
#[expect(clippy::uninit_vec, reason = "the point of this function")]
pub(super) fn unwritten(len: usize) -> Vec<f32> {
    if cfg!(debug_assertions) {
        return vec![f32::NAN; len];
    }
    let mut array = Vec::with_capacity(len);
    // SAFETY: the capacity is `len`, floats need no drop, and callers write every element before it is read;
    // the debug build's tests would see one that isn't.
    unsafe { array.set_len(len) };
    array
}
