//! Which runs no experiment asks for.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cli::args::ExperimentArguments;
use crate::cli::context::{Context, default_threads};
use crate::cli::failure::Failure;
use crate::store::RunRecord;

/// What some experiments ask for.
pub(super) struct Wanted {
    meanings: Vec<Value>,
}

impl Wanted {
    /// Plans the experiments.
    ///
    /// # Errors
    /// When one can't be read or planned, such as where its data isn't prepared: what it asks for isn't known then.
    pub(super) fn by(context: &Context, experiments: &[PathBuf]) -> Result<Self, Failure> {
        let trainer = context.trainer(default_threads())?;
        let mut meanings = Vec::new();
        let arguments = |path: &Path| ExperimentArguments { experiment: path.to_owned(), set: Vec::new() };
        for path in experiments {
            let items = context.plan(&context.experiment(&arguments(path))?, &*trainer)?;
            meanings.extend(items.into_iter().map(|item| on_any_device(item.meaning)));
        }
        Ok(Self { meanings })
    }

    /// True where one of them asks for the run, on whatever device.
    pub(super) fn has(&self, record: &RunRecord) -> bool {
        self.meanings.contains(&on_any_device(record.meaning.clone()))
    }
}

/// An experiment file names no device: the machine that runs it does.
fn on_any_device(mut meaning: Value) -> Value {
    if let Some(meaning) = meaning.as_object_mut() {
        meaning.remove("device");
    }
    meaning
}
