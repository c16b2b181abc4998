//! The `ege-bench` binary: parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ege_bench::cli::main(std::env::args_os())
}
