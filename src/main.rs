//! The `ege-bench` binary: parse, run, exit code.

use std::process::ExitCode;

/// Training allocates large buffers of the same few sizes again and again; this allocator keeps them instead of
/// returning them to the system each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// mimalloc's `mi_option_purge_delay` (`mimalloc.h`), which its binding doesn't name: milliseconds after which
/// unused memory goes back to the system, -1 for never.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Keeps what a training step frees for the next one: the system would clear it anew each time.
#[expect(unsafe_code, reason = "the allocator's options have no safe binding")]
fn keep_memory() {
    // SAFETY: sets a number in mimalloc's own table of options, before any other thread is started.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, -1) };
}

fn main() -> ExitCode {
    keep_memory();
    ege_bench::cli::main(std::env::args_os())
}
