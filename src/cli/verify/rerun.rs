//! `ege-bench verify --rerun`: a stored run, executed again and compared.

use std::path::Path;

use super::args::VerifyArguments;
use super::made_with::others;
use super::place::Place;
use super::told::Told;
use super::watch::Watch;
use crate::cli::context::{Context, start_threads};
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::label::Labels;
use crate::cli::progress::Progress;
use crate::cli::store::find;
use crate::executor::{Interrupt, PlanItem, Session, Trainer, now, provenance, recall, remember};
use crate::kernel::use_kernels;
use crate::store::{FORMAT, MeasuredWith, NoiseFloor, Provenance, Results, RunFolder, RunState};
use crate::verify::{Comparison, Left, Meter, Spreads, Verdict, compare, judge};

/// From how many repeats on a noise floor is one.
const FLOOR_REPEATS: u32 = 2;

pub(super) fn run(context: &Context, run: &Path, arguments: &VerifyArguments) -> Result<ExitCode, Failure> {
    let stored = find::find(&context.results, run)?;
    let record = find::record(&stored)?;
    let epochs = epochs(arguments, &Left::read(&stored)?, &record.id)?;
    let threads = start_threads(arguments.threads)?;
    use_kernels(arguments.kernels.unwrap_or_else(|| record.provenance.kernels.parse().unwrap_or_default()));
    let trainer = &*context.trainer(threads)?;
    let printer = context.printer;
    let place = Place::new(&context.results, arguments.keep.as_deref())?;
    let files = arguments.encoder_weights.clone();
    let run = remember(&record, files, arguments.folder.as_deref())?;
    if let Some(folder) = run.folder.as_ref().filter(|folder| !folder.path.is_dir()) {
        let id = &record.id;
        let message = format!("{id}: its images came from {}, which isn't there", folder.path.display());
        return Err(Failure::data(message, Some("say where they lie now: `--folder DIR`".to_owned())));
    }
    context.prepare_folders(std::slice::from_ref(&run))?;
    let item = recall(&record, run, trainer, &place.results(1), &context.data)?;
    let signals = Interrupt::on_signals(move || printer.note("stopping; Ctrl-C again ends at once"))
        .map_err(|error| Failure::usage(format!("can't listen to Ctrl-C: {error}"), None))?;

    let provenance = provenance(trainer);
    let mut repeats = Repeats {
        context,
        trainer,
        provenance: &provenance,
        signals: &signals,
        item: &item,
        stored: &stored,
        epochs,
        comparisons: Vec::new(),
        meter: (arguments.times >= FLOOR_REPEATS).then(|| Meter::new(&stored)).transpose()?,
    };
    for repeat in 1..=arguments.times {
        if arguments.times > 1 {
            printer.note(format_args!("repeat {repeat} of {}", arguments.times));
        }
        if !repeats.make(&place.results(repeat))? {
            printer.note(interrupted(place.kept()));
            return Ok(ExitCode::Interrupted);
        }
        place.compared(repeat)?;
    }
    let Repeats { comparisons, meter, .. } = repeats;

    let spreads = meter.map(|meter| meter.spreads());
    if let Some(spreads) = &spreads {
        let floor = floor(spreads, trainer, &provenance);
        // The verdict stands without it, as on a read-only copy of the results.
        if let Err(error) = stored.write_noise_floor(&floor) {
            printer.warning(&format!("the noise floor can't be kept with the run: {error}"));
        }
    }
    let identical = comparisons.iter().all(Comparison::is_identical);
    let judged = spreads.unwrap_or_default();
    let told = Told {
        id: &record.id,
        labels: Labels::of(&item),
        comparisons: &comparisons,
        others: &others(&record.provenance, &provenance),
        promises_bits: trainer.promises_bits(),
        device: trainer.device(),
        spreads: spreads.as_ref(),
        tolerance: arguments.tolerance,
        kept: place.kept(),
    };
    match judge(identical, trainer.promises_bits(), &judged, arguments.tolerance) {
        Ok(verdict) => {
            if arguments.json {
                printer.json(&told.json(verdict));
            } else {
                printer.result(told.text(verdict));
            }
            Ok(if verdict.is_good() { ExitCode::Success } else { ExitCode::CheckFailed })
        }
        Err(refused) => {
            if !arguments.json {
                printer.result(told.text(Verdict::Measured));
            }
            let hint = format!("take a tolerance of {} points or more", refused.floor);
            Err(Failure::usage(refused.to_string(), Some(hint)))
        }
    }
}

/// How many epochs are executed again and compared.
fn epochs(arguments: &VerifyArguments, stored: &Left, id: &str) -> Result<usize, Failure> {
    if arguments.tolerance.is_some() && arguments.times < FLOOR_REPEATS {
        let message = "a tolerance needs the noise floor, and that needs two repeats or more";
        return Err(Failure::usage(message, Some(format!("add `--times {FLOOR_REPEATS}`"))));
    }
    let had = stored.epochs();
    if arguments.times >= FLOOR_REPEATS && stored.complete.is_none() {
        let hint = "without `--times` the epochs that it has can be verified";
        return Err(Failure::usage(
            format!("{id} isn't done, so it has no noise floor"),
            Some(hint.to_owned()),
        ));
    }
    if had == 0 {
        return Err(Failure::usage(format!("{id} has no complete epoch to compare with"), None));
    }
    match arguments.epochs.map(|epochs| epochs as usize) {
        Some(asked) if asked > had => {
            let hint = format!("take `--epochs {had}` or less");
            Err(Failure::usage(format!("{id} has {had} epochs, {asked} are asked for"), Some(hint)))
        }
        asked => Ok(asked.unwrap_or(had)),
    }
}

fn interrupted(kept: Option<&Path>) -> String {
    let left = kept.map_or_else(
        || "nothing is kept".to_owned(),
        |kept| format!("what there is stays in {}", kept.display()),
    );
    format!("interrupted, no verdict; {left}, and the same command begins anew")
}

fn floor(spreads: &Spreads, trainer: &dyn Trainer, made: &Provenance) -> NoiseFloor {
    NoiseFloor {
        format: FORMAT,
        repeats: spreads.repeats,
        promises_bits: trainer.promises_bits(),
        among_repeats: spreads.among_repeats,
        from_stored: spreads.from_stored,
        measured_with: MeasuredWith {
            version: made.version.clone(),
            commit: made.commit.clone(),
            dirty: made.dirty,
            device: made.device.clone(),
            hardware: made.hardware.clone(),
            kernels: made.kernels.clone(),
            instruction_set: made.instruction_set.clone(),
        },
        measured: now(),
    }
}

/// Repeats of a run, one after another.
struct Repeats<'a> {
    context: &'a Context,
    trainer: &'a dyn Trainer,
    provenance: &'a Provenance,
    signals: &'a Interrupt,
    item: &'a PlanItem,
    stored: &'a RunFolder,
    epochs: usize,
    comparisons: Vec<Comparison>,
    meter: Option<Meter>,
}

impl Repeats<'_> {
    /// Makes a repeat below `results` and compares it; false if it was asked to stop.
    fn make(&mut self, results: &Results) -> Result<bool, Failure> {
        let stop = Interrupt::default();
        if self.signals.is_requested() {
            return Ok(false);
        }
        let session = Session {
            results,
            trainer: self.trainer,
            interrupt: &stop,
            provenance: self.provenance.clone(),
            tensorboard: false,
        };
        let mut watch = Watch {
            progress: Progress::new(self.context.printer, &[self.item], 1, self.trainer),
            signals: self.signals,
            stop: &stop,
            last: self.epochs,
            reached: false,
        };
        let state = session.work_on(self.item, &mut watch)?;
        let reached = watch.reached;
        // Its last bar goes before anything else is said.
        drop(watch);
        match state {
            RunState::Done { .. } => {}
            RunState::Failed { kind, message } => {
                let message = format!("the repeat failed ({kind}), where the stored run didn't: {message}");
                return Err(Failure { code: ExitCode::RunFailed, ..Failure::usage(message, None) });
            }
            _ if reached => {}
            _ => return Ok(false),
        }
        let repeated = results.run(&self.item.id);
        self.comparisons.push(compare(self.stored, &repeated, self.epochs)?);
        if let Some(meter) = &mut self.meter {
            meter.add(&repeated)?;
        }
        Ok(true)
    }
}
