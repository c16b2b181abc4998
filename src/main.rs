//! The `ege-bench` binary: parse, run, exit code.

use std::process::ExitCode;

/// Training allocates large buffers of the same few sizes again and again; this allocator keeps them instead of
/// returning them to the system each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ege_bench::cli::main(std::env::args_os())
}
