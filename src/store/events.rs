//! `events.jsonl`: a line for each epoch that a run finished.

use std::collections::BTreeMap;
use std::path::Path;

use super::{EpochEvent, StoreError, lines};

/// The epochs in order; of an epoch that was told twice, because the run died before its checkpoint, the later
/// line counts.
///
/// # Errors
/// When the file can't be read or is damaged other than by a torn last line.
pub(super) fn read(path: &Path) -> Result<Vec<EpochEvent>, StoreError> {
    let by_epoch: BTreeMap<usize, EpochEvent> =
        lines::read::<EpochEvent>(path)?.into_iter().map(|event| (event.epoch, event)).collect();
    Ok(by_epoch.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(epoch: usize, train_loss: f64) -> EpochEvent {
        EpochEvent {
            epoch,
            learning_rate: 1e-3,
            train_loss,
            selection_loss: 0.5,
            selection_iou: 0.25,
            seconds: 1.5,
            input_seconds: Some(0.01),
            images_per_second: 10.0,
            memory_mb: 100,
        }
    }

    #[test]
    fn an_epoch_told_twice_counts_once_with_its_later_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let mut writer = lines::LineWriter::open(&path).unwrap();
        for (epoch, loss) in [(1, 3.0), (3, 1.0), (2, 2.0), (3, 0.1)] {
            writer.append(&event(epoch, loss)).unwrap();
        }
        assert_eq!(read(&path).unwrap(), [event(1, 3.0), event(2, 2.0), event(3, 0.1)]);
    }
}
