//! Working memory that a thread keeps from one call to the next.

use std::cell::RefCell;

thread_local! {
    static POOL: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Runs `work` on `len` floats of unspecified content; nested calls get memory of their own.
pub(in crate::kernel) fn with<T>(len: usize, work: impl FnOnce(&mut [f32]) -> T) -> T {
    let mut buffer = POOL.with(|pool| pool.borrow_mut().pop()).unwrap_or_default();
    if buffer.len() < len {
        buffer.resize(len, 0.0);
    }
    let value = work(&mut buffer[..len]);
    POOL.with(|pool| pool.borrow_mut().push(buffer));
    value
}
