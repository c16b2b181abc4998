//! `ege-bench work`, hidden: a worker process of `ege-bench run`, on one run.

use std::io::BufReader;

use super::args::WorkArguments;
use super::context::{Context, start_threads};
use super::exit_code::ExitCode;
use super::failure::Failure;
use super::panic;
use super::printer::Printer;
use crate::executor::{Interrupt, Session, provenance, serve};
use crate::kernel::use_kernels;

pub(super) fn run(context: &Context, arguments: &WorkArguments) -> Result<ExitCode, Failure> {
    panic::keep();
    let threads = start_threads(Some(arguments.threads))?;
    use_kernels(arguments.kernels);
    let interrupt = Interrupt::on_signals_patiently()
        .map_err(|error| Failure::usage(format!("can't listen to signals: {error}"), None))?;
    let trainer = context.trainer(threads)?;
    let session = Session {
        results: &context.results,
        trainer: &*trainer,
        interrupt: &interrupt,
        provenance: provenance(&*trainer),
        tensorboard: arguments.tensorboard,
    };
    let input = BufReader::new(std::io::stdin());
    serve(input, Printer::parent(), &session, &context.data, panic::kept).map_err(|error| {
        let hint = "this command is for `ege-bench run` to start".to_owned();
        Failure::usage(format!("no assignment: {error}"), Some(hint))
    })?;
    Ok(ExitCode::Success)
}
