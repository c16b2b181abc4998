//! A panic is a bug, and is told as one.

use std::panic::PanicHookInfo;
use std::sync::{Mutex, PoisonError};

use super::printer::Printer;
use crate::executor::VERSION;
use crate::kernel::libtorch::is_awaited;

/// Tells every panic from now on; the process then ends with code 101, as Rust does by itself.
pub(super) fn install(printer: Printer) {
    std::panic::set_hook(Box::new(move |info| {
        if !is_awaited(info.payload()) {
            printer.error(&text(info), Some(&advice()));
        }
    }));
}

/// The first panic of a worker: its run failed of it, and its parent tells so.
static KEPT: Mutex<Option<String>> = Mutex::new(None);

/// Keeps the first panic from now on and tells none.
pub(super) fn keep() {
    std::panic::set_hook(Box::new(|info| {
        if is_awaited(info.payload()) {
            return;
        }
        let text = text(info);
        // A thread that waited for the one with the panic has another one to tell, which explains nothing.
        KEPT.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(text);
    }));
}

/// What the first panic said.
pub(super) fn kept() -> String {
    let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner).take();
    kept.unwrap_or_else(|| format!("this is a bug in ege-bench {VERSION}: a panic without a message"))
}

fn text(info: &PanicHookInfo<'_>) -> String {
    let message = info.payload_as_str().unwrap_or("no message");
    let place = info.location().map(|place| format!(" at {place}")).unwrap_or_default();
    format!("this is a bug in ege-bench {VERSION}: {message}{place}")
}

/// What to do about a panic.
pub(super) fn advice() -> String {
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    format!(
        "please report the line above with the version, your operating system ({}) and the command `ege-bench {}`; \
         finished epochs are kept, so the same command goes on",
        std::env::consts::OS,
        arguments.join(" ")
    )
}
