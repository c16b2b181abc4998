//! From the arguments to the exit code.

use std::ffi::OsString;

use clap::Parser;

use super::args::{Arguments, Command, ModelCommand};
use super::context::Context;
use super::data::args::DataCommand;
use super::exit_code::ExitCode;
use super::printer::{Color, Printer};
use super::store::{self, args::StoreCommand};
use super::{
    audit, bench, compare, data, doctor, evaluate, explain, model, panic, plan, predict, report, run, status,
    verify, work,
};

/// Runs the program with the arguments, of which the first is its name.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> std::process::ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            Printer::new(Color::Auto, false).clap(&error);
            let code = if error.use_stderr() { ExitCode::Usage } else { ExitCode::Success };
            return final_code(code).into();
        }
    };
    let printer = Printer::new(arguments.global.color, arguments.global.quiet);
    panic::install(printer);
    let context = Context::new(arguments.global, printer);
    let result = match &arguments.command {
        Command::Plan(arguments) => plan::run(&context, arguments),
        Command::Run(arguments) => run::run(&context, arguments),
        Command::Work(arguments) => work::run(&context, arguments),
        Command::Status(arguments) => status::run(&context, arguments),
        Command::Report(arguments) => report::run(&context, arguments),
        Command::Audit(arguments) => audit::command::run(&context, arguments),
        Command::Data(DataCommand::List(arguments)) => Ok(data::list::run(&context, arguments)),
        Command::Data(DataCommand::Status(arguments)) => data::status::run(&context, arguments),
        Command::Data(DataCommand::Split(arguments)) => data::split::run(&context, arguments),
        Command::Data(DataCommand::Leaks(arguments)) => data::leaks::run(&context, arguments),
        Command::Data(DataCommand::Verify(arguments)) => data::verify::run(&context, arguments),
        Command::Data(DataCommand::Show(arguments)) => data::show::run(&context, arguments),
        Command::Data(DataCommand::Prune(arguments)) => data::prune::run(&context, arguments),
        Command::Data(DataCommand::Fetch(arguments)) => data::fetch::run(&context, arguments),
        Command::Data(DataCommand::Lock(arguments)) => data::lock::run(&context, arguments),
        Command::Data(DataCommand::Prepare(arguments)) => data::import::prepare(&context, arguments),
        Command::Data(DataCommand::Import(arguments)) => data::import::run(&context, arguments),
        Command::Evaluate(arguments) => evaluate::run(&context, arguments),
        Command::Predict(arguments) => predict::run(&context, arguments),
        Command::Verify(arguments) => verify::run(&context, arguments),
        Command::Store(StoreCommand::List(arguments)) => store::list::run(&context, arguments),
        Command::Store(StoreCommand::Show(arguments)) => store::show::run(&context, arguments),
        Command::Store(StoreCommand::Prune(arguments)) => store::prune::run(&context, arguments),
        Command::Store(StoreCommand::Export(arguments)) => store::export::run(&context, arguments),
        Command::Store(StoreCommand::Import(arguments)) => store::import::run(&context, arguments),
        Command::Explain(arguments) => explain::run(&context, arguments),
        Command::Compare(arguments) => compare::command::run(&context, arguments),
        Command::Bench(command) => bench::run(&context, command),
        Command::Doctor(arguments) => doctor::run(&context, arguments),
        Command::Model(ModelCommand::List(arguments)) => Ok(model::list::run(&context, arguments)),
        Command::Model(ModelCommand::Cost(arguments)) => model::cost::run(&context, arguments),
        Command::Model(ModelCommand::Show(arguments)) => model::show::run(&context, arguments),
    };
    let code = result.unwrap_or_else(|failure| {
        let failure = failure.in_data_folder(&context.data);
        printer.failure(&failure);
        failure.code
    });
    final_code(code).into()
}

fn final_code(code: ExitCode) -> ExitCode {
    if Printer::lost_a_result() { code.with_lost_output() } else { code }
}
