//! Tells what was found.

use serde_json::json;

use super::found::{Device, Found};
use super::self_test;
use crate::cli::args::DoctorArguments;
use crate::cli::context::{Context, start_threads};
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::table::Table;

pub(in crate::cli) fn run(context: &Context, arguments: &DoctorArguments) -> Result<ExitCode, Failure> {
    let found = Found::look();
    let printer = context.printer;
    if !arguments.json {
        tell(context, &found);
    }
    if !arguments.self_test {
        if arguments.json {
            printer.json(&found);
        }
        return Ok(ExitCode::Success);
    }
    let compute = context.compute()?;
    let threads = start_threads(arguments.threads)?;
    compute.prepare(threads);
    if !arguments.json {
        printer.result(format_args!("\nself-test: every network on {compute}, against the built-in path"));
    }
    let tested = self_test::test(compute, |tested| {
        if !arguments.json {
            let self_test::Tested { model, output, loss, gradient, sensitivity, agrees } = tested;
            let verdict = if *agrees { "agrees" } else { "DIFFERS" };
            printer.result(format_args!(
                "{model:<19} {verdict}  output {output:.1e}  loss {loss:.1e}  gradient {gradient:.1e} \
                 (rounding alone {sensitivity:.1e})"
            ));
        }
    })?;
    let differing = tested.iter().filter(|tested| !tested.agrees).count();
    if arguments.json {
        printer.json(&json!({ "found": found, "device": compute.to_string(), "self_test": tested }));
    }
    if differing > 0 {
        let hint = "results of this device can't be trusted; `ege-bench doctor --json` says what it is";
        printer.error(&format!("{differing} of {} networks differ", tested.len()), Some(hint));
        return Ok(ExitCode::CheckFailed);
    }
    Ok(ExitCode::Success)
}

fn tell(context: &Context, found: &Found) {
    let printer = context.printer;
    printer.result(format_args!("ege-bench {}", found.version));
    printer.result(format_args!("machine: {}", found.machine));
    printer.result(format_args!("built-in path: {} instructions", found.instruction_set));
    if found.libtorch.is_empty() {
        printer.result("libtorch: not built in");
    } else {
        let parts: Vec<String> =
            found.libtorch.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let cuda = if found.libtorch_cuda { "with CUDA" } else { "without CUDA" };
        printer.result(format_args!("libtorch: {cuda}; {}", parts.join("; ")));
    }
    for card in &found.cards {
        printer.result(format_args!(
            "card: {}, compute capability {}, {} MiB, {} free, driver {}",
            card.name, card.capability, card.memory_mib, card.free_mib, card.driver
        ));
    }
    if let Some(visible) = &found.visible {
        printer.result(format_args!("CUDA_VISIBLE_DEVICES: {visible}"));
    }
    let mut table = Table::new(["DEVICE", "CLASS", "BF16", "MEMORY"]);
    for Device { name, class, bf16, memory_mib, free_mib, .. } in &found.devices {
        let memory = match (memory_mib, free_mib) {
            (Some(all), Some(free)) => format!("{free} of {all} MiB free"),
            _ => "the machine's".to_owned(),
        };
        table.row([name.clone(), (*class).to_owned(), if *bf16 { "yes" } else { "no" }.to_owned(), memory]);
    }
    printer.result(format_args!("\n{table}"));
    for missing in &found.missing {
        printer.result(format_args!("\nmissing: {}\nhint: {}", missing.what, missing.mend));
    }
}
