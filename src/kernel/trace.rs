//! What an executed graph costs, recorded by the operations themselves.

use std::cell::RefCell;

/// One executed operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The operation's name, such as `conv2d`.
    pub name: &'static str,
    /// Multiply-accumulates, counted for convolutions only: the paper's rule.
    pub conv_macs: u64,
}

thread_local! {
    static RECORDING: RefCell<Option<Vec<Operation>>> = const { RefCell::new(None) };
}

/// Runs `forward` and returns its value with every operation that it executed on this thread, in order.
///
/// Recordings don't nest: an inner one would take operations away from the outer one, so `forward` must
/// not record.
pub fn record<T>(forward: impl FnOnce() -> T) -> (T, Vec<Operation>) {
    RECORDING.with(|recording| *recording.borrow_mut() = Some(Vec::new()));
    let value = forward();
    let operations = RECORDING.with(|recording| recording.borrow_mut().take()).unwrap_or_default();
    (value, operations)
}

/// Notes an executed operation; free of cost unless a recording is on.
pub(super) fn note(name: &'static str, conv_macs: u64) {
    RECORDING.with(|recording| {
        if let Some(operations) = recording.borrow_mut().as_mut() {
            operations.push(Operation { name, conv_macs });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_kept_only_while_recording() {
        note("conv2d", 1);
        let (value, operations) = record(|| {
            note("conv2d", 2);
            note("gelu", 0);
            7
        });
        note("conv2d", 3);
        assert_eq!(value, 7);
        assert_eq!(
            operations,
            [Operation { name: "conv2d", conv_macs: 2 }, Operation { name: "gelu", conv_macs: 0 }]
        );
        assert_eq!(record(|| ()).1, []);
    }
}
