//! Where a step runs.

/// Runs `work` on one of the step's own threads.
///
/// An operation that another thread asks for would wake them and wait, each time anew; asked for by one of
/// themselves, it starts at once.
pub(super) fn on_workers<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    rayon::scope(|_| work())
}
