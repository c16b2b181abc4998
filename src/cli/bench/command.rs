//! Times training steps and predictions.

use serde_json::json;

use super::profile::Profile;
use crate::cli::args::{BenchArguments, BenchCommand};
use crate::cli::context::{Context, no_bf16, start_threads};
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::model::show::card;
use crate::experiment::settings::Precision;
use crate::kernel::cpu::simd::InstructionSet;
use crate::kernel::profile::profile;
use crate::kernel::{Kernels, use_kernels};
use crate::train::{Compute, Measurement, predictions, training_steps};

pub(in crate::cli) fn run(context: &Context, command: &BenchCommand) -> Result<ExitCode, Failure> {
    let (what, arguments, batch) = match command {
        BenchCommand::Train(arguments) => ("train", arguments, 8),
        BenchCommand::Infer(arguments) => ("infer", arguments, 1),
    };
    let BenchArguments { model, size, kernels, repetitions, .. } = arguments;
    let card = card(model, *size)?;
    let compute = context.compute()?;
    let precision = arguments.precision.0;
    if precision == Precision::Bf16 && !compute.has_bf16() {
        return Err(no_bf16(&compute.to_string()));
    }
    if arguments.profile {
        profilable(arguments, compute)?;
    }
    let threads = start_threads(if arguments.profile { Some(1) } else { arguments.threads })?;
    compute.prepare(threads);
    use_kernels(*kernels);
    let repetitions = *repetitions as usize;
    let measurement = Measurement {
        model: card.settings,
        size: *size,
        batch: arguments.batch_size.map_or(batch, usize::from),
        repetitions,
        warm_up: repetitions.div_ceil(4),
        precision,
    };
    let time = || match command {
        BenchCommand::Train(_) => training_steps(&measurement, compute),
        BenchCommand::Infer(_) => predictions(&measurement, compute),
    };
    let (times, kernel_runs) = if arguments.profile { profile(time) } else { (time(), Vec::new()) };
    let mut times = times?;
    times.sort_by(f64::total_cmp);
    let (minimum, median) = (times[0], median(&times));
    let steps = measurement.warm_up + measurement.repetitions;
    let profile = arguments.profile.then(|| Profile::new(kernel_runs, steps, median));
    let images_per_second = measurement.batch as f64 / median * 1e3;
    let peak = peak_megabytes();
    let set = format!("{:?}", InstructionSet::current()).to_lowercase();
    if arguments.json {
        context.printer.json(&json!({
            "bench": what,
            "model": card.name,
            "size": size,
            "batch_size": measurement.batch,
            "threads": threads,
            "device": compute.to_string(),
            "precision": precision,
            "kernels": kernels.to_string(),
            "instruction_set": set,
            "repetitions": repetitions,
            "median_ms": median,
            "min_ms": minimum,
            "images_per_second": images_per_second,
            "peak_mb": peak,
            "profile": profile.as_ref().map(Profile::json),
        }));
        return Ok(ExitCode::Success);
    }
    let printer = context.printer;
    printer.result(format_args!(
        "{what} {}: batch {} of {size}x{size}, {threads} threads, {}",
        card.name,
        measurement.batch,
        match compute {
            Compute::Cpu => format!("{kernels} kernels ({set})"),
            Compute::Libtorch(_) => compute.to_string(),
        }
    ));
    printer.result(format_args!(
        "median {median:.2} ms, least {minimum:.2} ms of {repetitions}; {images_per_second:.1} images/s"
    ));
    if let Some(peak) = peak {
        printer.result(format_args!("peak memory {peak} MB"));
    }
    if let Some(profile) = profile {
        printer.result(format_args!("\n{}", profile.text()));
    }
    Ok(ExitCode::Success)
}

/// A profile is one of this project's kernels on a single thread.
fn profilable(arguments: &BenchArguments, compute: Compute) -> Result<(), Failure> {
    let why = if compute != Compute::Cpu {
        Some(format!("`{compute}` has no profile"))
    } else if arguments.kernels == Kernels::Plain {
        Some("plain kernels have no profile".to_owned())
    } else {
        arguments
            .threads
            .filter(|&threads| threads != 1)
            .map(|threads| format!("no profile of {threads} threads"))
    };
    let hint = "a profile is one of the built-in path's fused kernels on one thread";
    why.map_or(Ok(()), |why| Err(Failure::usage(why, Some(hint.to_owned()))))
}

/// The middle of sorted values, or the mean of the two in the middle.
pub(super) fn median(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) { f64::midpoint(sorted[half - 1], sorted[half]) } else { sorted[half] }
}

/// The most memory that this process ever held, where the system tells.
fn peak_megabytes() -> Option<u64> {
    let status = fs_err::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes / 1024)
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_middle_is_found() {
        for (sorted, expect) in [(&[3.0][..], 3.0), (&[1.0, 2.0], 1.5), (&[1.0, 2.0, 9.0], 2.0)] {
            assert!((median(sorted) - expect).abs() < 1e-12);
        }
    }
}
