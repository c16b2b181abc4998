//! What every command works with.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::args::{ExperimentArguments, Global};
use super::data::bar::PairBar;
use super::failure::Failure;
use super::fake_option::{TrainerChoice, TrainerOption};
use super::printer::Printer;
use crate::claim::{self, Claims};
use crate::dataset::{self, Preparation, lock, own_lists};
use crate::executor::{FakeTrainer, NativeTrainer, PlanItem, Trainer, plan};
use crate::experiment::plan::PlannedRun;
use crate::experiment::settings::Precision;
use crate::experiment::{self, Catalogue, Experiment};
use crate::store::Results;
use crate::train::{Compute, DeviceError};

/// What every command works with.
pub(super) struct Context {
    pub printer: Printer,
    pub results: Results,
    pub data: PathBuf,
    trainer: TrainerOption,
    /// As typed.
    device: String,
}

impl Context {
    pub(super) fn new(global: Global, printer: Printer) -> Self {
        let Global { results, data, trainer, device, .. } = global;
        Self { printer, results: Results::new(results), data, trainer, device }
    }

    /// What trains, with so many threads a step; where several devices are named, on the first.
    ///
    /// # Errors
    /// When the device isn't there.
    pub(super) fn trainer(&self, threads: usize) -> Result<Box<dyn Trainer>, Failure> {
        Ok(match &self.trainer.choice {
            TrainerChoice::Native => {
                let compute = self.computes()?[0];
                compute.prepare(threads);
                Box::new(NativeTrainer::new(compute, threads))
            }
            TrainerChoice::Fake(fake) => Box::new(FakeTrainer { place: self.named_device(), ..fake.clone() }),
        })
    }

    /// The one device that is named.
    ///
    /// # Errors
    /// When there are several, or it isn't there.
    pub(super) fn compute(&self) -> Result<Compute, Failure> {
        match self.computes()?.as_slice() {
            [one] => Ok(*one),
            several => {
                let message = format!("{} devices are named; this command works on one", several.len());
                Err(Failure::usage(message, Some(format!("try --device {}", several[0]))))
            }
        }
    }

    /// The names of all devices that are named.
    ///
    /// # Errors
    /// When one isn't there.
    pub(super) fn devices(&self) -> Result<Vec<String>, Failure> {
        match &self.trainer.choice {
            TrainerChoice::Native => Ok(self.computes()?.iter().map(ToString::to_string).collect()),
            TrainerChoice::Fake(_) => Ok(self.device.split(',').map(str::to_owned).collect()),
        }
    }

    fn computes(&self) -> Result<Vec<Compute>, Failure> {
        Compute::list(&self.device)
            .map_err(|error: DeviceError| Failure::usage(error.message, Some(error.hint)))
    }

    /// Fails where a run asks for a precision that the device doesn't have.
    pub(super) fn has_precisions(&self, items: &[PlanItem]) -> Result<(), Failure> {
        let mixed = items.iter().any(|item| item.run.settings.train.precision == Precision::Bf16);
        if !mixed || matches!(self.trainer.choice, TrainerChoice::Fake(_)) {
            return Ok(());
        }
        match self.computes()?.iter().find(|compute| !compute.has_bf16()) {
            Some(compute) => Err(no_bf16(&compute.to_string())),
            None => Ok(()),
        }
    }

    /// The device as typed, where it isn't the default; else empty.
    fn named_device(&self) -> String {
        if self.device == Compute::default().to_string() { String::new() } else { self.device.clone() }
    }

    /// Reads and checks an experiment.
    pub(super) fn experiment(&self, arguments: &ExperimentArguments) -> Result<Experiment, Failure> {
        Ok(experiment::load(&arguments.experiment, &arguments.set, &catalogue(&self.data))?)
    }

    /// Plans an experiment's runs.
    pub(super) fn plan(
        &self,
        experiment: &Experiment,
        trainer: &dyn Trainer,
    ) -> Result<Vec<PlanItem>, Failure> {
        let runs = experiment.runs();
        self.prepare_folders(&runs)?;
        Ok(plan(runs, trainer, &self.results, &self.data)?)
    }

    /// Prepares the folders of the user's images that aren't prepared yet, or have changed since.
    pub(super) fn prepare_folders(&self, runs: &[PlannedRun]) -> Result<(), Failure> {
        let mut seen = Vec::new();
        for run in runs {
            let Some(folder) = &run.folder else { continue };
            let data = &run.settings.data;
            let preparation = Preparation { size: data.size, resize: data.resize };
            if seen.contains(&(folder, preparation)) {
                continue;
            }
            seen.push((folder, preparation));
            if dataset::folder::is_due(folder, preparation, &self.data)? {
                self.printer.note(format_args!("preparing {}", folder.path.display()));
                let bar = PairBar::new(self.printer);
                let mut show = |done, all| bar.show(done, all);
                dataset::folder::prepare(folder, preparation, &self.data, &mut show)?;
            }
        }
        Ok(())
    }

    /// The arguments by which a worker gets the same context.
    pub(super) fn worker_arguments(&self) -> Vec<OsString> {
        let option = |name: &str, value: &OsStr| {
            // In one word, so that a value may begin with a dash.
            let mut word = OsString::from(name);
            word.push("=");
            word.push(value);
            word
        };
        vec![
            option("--results", self.results.path().as_os_str()),
            option("--data", self.data.as_os_str()),
            option("--trainer", OsStr::new(&self.trainer.text)),
        ]
    }

    /// The command that makes the experiment's results, for those who want to make them again.
    pub(super) fn command(&self, arguments: &ExperimentArguments) -> String {
        let mut words = vec!["ege-bench run".to_owned(), quoted_path(&arguments.experiment)];
        if let TrainerChoice::Fake(_) = self.trainer.choice {
            words.push("--trainer fake".to_owned());
        }
        if !self.named_device().is_empty() {
            words.push(format!("--device {}", quoted(&self.device)));
        }
        words.extend(arguments.set.iter().map(|set| format!("--set {}", quoted(set))));
        words.join(" ")
    }
}

/// Reads and checks the claims files that an experiment names: before anything else is done, so that a
/// mistake in one is told before hours of training.
pub(super) fn claims(experiment: &Experiment) -> Result<Vec<Claims>, Failure> {
    Ok(experiment.claims.iter().map(|path| claim::load(path)).collect::<Result<_, _>>()?)
}

/// Starts the threads of a step, all cores where none are asked for; before anything uses them, since they
/// start once.
pub(super) fn start_threads(asked: Option<u16>) -> Result<usize, Failure> {
    let threads = asked.map_or_else(default_threads, usize::from);
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()
        .map_err(|error| Failure::usage(format!("can't start {threads} threads: {error}"), None))?;
    Ok(threads)
}

/// The failure of a device that doesn't compute in bf16.
pub(super) fn no_bf16(device: &str) -> Failure {
    let hint = "libtorch does, on processors and on graphics cards from compute capability 8.0 on; \"f32\" is everywhere";
    Failure::usage(format!("`{device}` doesn't compute in bf16"), Some(hint.to_owned()))
}

/// Threads of a training step where none are asked for: all cores.
pub(super) fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The names that experiment files may use; the user's own splits below `data` among them.
fn catalogue(data: &Path) -> Catalogue {
    let lock = lock::builtin();
    let splits = |name: &str| {
        // A folder that can't be read is told where a split of it is asked for.
        let own = own_lists::names(name, data).unwrap_or_default();
        lock.splits(name).into_iter().map(str::to_owned).chain(own).collect()
    };
    Catalogue { datasets: lock.datasets().into_iter().map(|name| (name.to_owned(), splits(name))).collect() }
}

/// The word as a POSIX shell takes it.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-=+,:@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The path as a shell takes it, where it isn't taken for an option. What isn't Unicode is written as `$'\xFF'`, which
/// bash and zsh know.
pub(super) fn quoted_path(path: &Path) -> String {
    let begins = path.as_os_str().as_encoded_bytes().first();
    let path = if begins == Some(&b'-') { Path::new(".").join(path) } else { path.to_owned() };
    if let Some(text) = path.to_str() {
        return quoted(text);
    }
    let byte = |&byte: &u8| match byte {
        b'\'' | b'\\' => format!("\\{}", char::from(byte)),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("\\x{byte:02X}"),
    };
    let bytes: String = path.as_os_str().as_encoded_bytes().iter().map(byte).collect();
    format!("$'{bytes}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        for (word, expect) in [
            ("experiments/größe.toml", "experiments/größe.toml"),
            ("a b", "'a b'"),
            ("x=[1]", "'x=[1]'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), expect);
        }
    }

    #[test]
    fn paths_are_no_options_and_keep_their_bytes() {
        for (path, expect) in
            [("a.toml", "a.toml"), ("-a.toml", "./-a.toml"), ("/-a", "/-a"), ("a\nb", "'a\nb'")]
        {
            assert_eq!(quoted_path(Path::new(path)), expect);
        }
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;
            let path = Path::new(OsStr::from_bytes(b"-it's \xff\\.toml"));
            assert_eq!(quoted_path(path), r"$'./-it\'s \xFF\\.toml'");
        }
    }
}
