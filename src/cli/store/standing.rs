//! How a stored run stands, as far as its folder can be read.

use crate::cli::label::Labels;
use crate::executor::{FakeTrainer, Reason};
use crate::experiment::fingerprint;
use crate::metric::{Boundary, Counts, Definition, Score};
use crate::store::{CountsRow, RunFolder, RunRecord, RunState, StoreError, Weights};

/// What is known of a run from its folder alone.
pub(in crate::cli) struct Standing {
    pub record: RunRecord,
    /// How far it is, seen from outside: a run whose process died is interrupted.
    pub reason: Reason,
    /// Complete epochs.
    pub epochs_done: usize,
    /// Epochs that its settings ask for; none where they can't be read.
    pub epochs: Option<usize>,
    /// Counts of the reported images; empty until it is done.
    pub counts: Vec<CountsRow>,
}

impl Standing {
    /// Reads the folder of a run.
    ///
    /// # Errors
    /// When something in it can't be read, is damaged or of a newer format.
    pub(in crate::cli) fn read(folder: &RunFolder) -> Result<Self, StoreError> {
        let record = folder.record()?.ok_or_else(|| StoreError::Damaged {
            path: folder.path().join("run.json"),
            message: "there is no such file".to_owned(),
        })?;
        let name = (record.experiment.as_str(), record.variant.as_str(), record.seed);
        let reason = Reason::of(folder, name, &record.meaning, &[])?;
        let told = folder.events()?.last().map_or(0, |event| event.epoch);
        let epochs_done = match reason {
            Reason::Interrupted { epochs_done } => epochs_done,
            _ => told,
        };
        let done = matches!(record.state, RunState::Done { .. });
        let counts = if done { folder.counts()? } else { Vec::new() };
        let epochs = record.meaning["settings"]["train"]["epochs"].as_u64().map(|epochs| epochs as usize);
        Ok(Self { record, reason, epochs_done, epochs, counts })
    }

    /// The state in words: `failed (diverged)`.
    pub(in crate::cli) fn state(&self) -> String {
        match &self.reason {
            Reason::Failed { kind, .. } => format!("failed ({kind})"),
            other => other.state_word().to_owned(),
        }
    }

    /// `3/300`.
    pub(in crate::cli) fn progress(&self) -> String {
        let asked = self.epochs.map_or_else(|| "?".to_owned(), |epochs| epochs.to_string());
        format!("{}/{asked}", self.epochs_done)
    }

    /// A metric over the reported images under these weights, a share in 0..1 or in pixels; none before the run is done
    /// and where a distance wasn't kept.
    pub(in crate::cli) fn metric(&self, definition: Definition, weights: Weights) -> Option<f64> {
        let images = images(&self.counts, weights);
        definition.value(&images.into_iter().map(|(_, score)| score).collect::<Vec<_>>())
    }

    /// The variant's name with what is to be known of its numbers.
    pub(in crate::cli) fn variant(&self) -> String {
        labels(&self.record).behind(&self.record.variant)
    }
}

/// What is to be known of a run's numbers before they are compared.
pub(in crate::cli) fn labels(record: &RunRecord) -> Labels {
    let settings = fingerprint::settings(&record.meaning).ok();
    Labels {
        fake: record.meaning["device"] == FakeTrainer::DEVICE,
        synthetic: record.synthetic,
        start: settings.and_then(|settings| settings.model.start_label(record.encoder_weights.len())),
    }
}

/// Id and score of each image that was reported under these weights, in their order.
pub(in crate::cli) fn images(rows: &[CountsRow], weights: Weights) -> Vec<(&str, Score)> {
    rows.iter().filter(|row| row.weights == weights).map(|row| (row.image.as_str(), score(row))).collect()
}

fn score(row: &CountsRow) -> Score {
    Score {
        counts: Counts { tp: row.tp, fp: row.fp, fn_: row.fn_, tn: row.tn },
        boundary: row.hd95.zip(row.assd).map(|(hd95, assd)| Boundary { hd95, assd }),
    }
}
