//! How a thread computes for a while: with gradients or without, and with how many bits.

use std::cell::Cell;

use super::device::Libtorch;
use super::name::Place;
use super::shim;

thread_local! {
    static LEARNS: Cell<bool> = const { Cell::new(false) };
}

/// True within [`Libtorch::learn`].
pub fn learns() -> bool {
    LEARNS.get()
}

/// Puts back what was before, also where the work panics.
struct Restore<F: FnMut()>(F);

impl<F: FnMut()> Drop for Restore<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

impl Libtorch {
    /// Runs `work` as part of a training: its operations can be asked for gradients.
    pub fn learn<T>(self, work: impl FnOnce() -> T) -> T {
        let before = LEARNS.replace(true);
        let _restore = Restore(|| LEARNS.set(before));
        tch::with_grad(work)
    }

    /// Runs `work` without keeping anything for gradients.
    pub fn infer<T>(self, work: impl FnOnce() -> T) -> T {
        let before = LEARNS.replace(false);
        let _restore = Restore(|| LEARNS.set(before));
        let _guard = tch::no_grad_guard();
        work()
    }

    /// Runs `work` in mixed precision where `bf16`: products of matrices and convolutions have factors of 16 bits, and
    /// whatever sums up has 32.
    pub fn mixed<T>(self, bf16: bool, work: impl FnOnce() -> T) -> T {
        if !bf16 {
            return work();
        }
        let on_card = matches!(self.place(), Place::Cuda(_));
        shim::autocast(on_card, true);
        let _restore = Restore(|| shim::autocast(on_card, false));
        work()
    }
}
