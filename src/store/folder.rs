//! The folder of one run.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Serialize, de::DeserializeOwned};

use super::checkpoint::{self, Checkpoint};
use super::lines::LineWriter;
use super::noise::NOISE_FLOOR;
use super::{
    CountsRow, EpochEvent, GalleryEntry, Holder, NoiseFloor, RunLock, RunRecord, RunState, StoreError,
    atomic, best, counts, disk, events, format, gallery, lock,
};

/// The file of a run that keeps the state before the step that diverged.
pub const DIVERGED: &str = "diverged.safetensors";

/// How a run stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// Somebody works on it.
    Busy,
    /// Nobody does, and this is its record; none where nothing was done yet.
    Left(Option<Box<RunRecord>>),
}

/// `results/runs/<id>/`, whether it exists or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// The run folder at `path`.
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where the folder is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the run's lock and clears what a killed process left unfinished.
    ///
    /// # Errors
    /// When another process works on the run or the folder can't be written to.
    pub fn lock(&self) -> Result<RunLock, StoreError> {
        let lock = RunLock::take(&self.path)?;
        self.sync_names()?;
        for folder in [self.path.clone(), self.checkpoints(), self.masks()] {
            atomic::clear_unfinished(&folder, Duration::ZERO)?;
        }
        Ok(lock)
    }

    /// True while a process works on the run.
    ///
    /// # Errors
    /// When the lock can't be asked.
    pub fn is_locked(&self) -> Result<bool, StoreError> {
        Ok(self.holder()?.is_some())
    }

    /// How far the run is, and whether anybody works on it.
    ///
    /// # Errors
    /// When the lock can't be asked, or the record can't be read.
    pub fn standing(&self) -> Result<Standing, StoreError> {
        let record = self.record()?;
        if matches!(record.as_ref().map(|record| &record.state), Some(RunState::Done { .. })) {
            return Ok(Standing::Left(record.map(Box::new)));
        }
        if self.is_locked()? {
            return Ok(Standing::Busy);
        }
        // Whoever held the lock a moment ago may have written since.
        Ok(Standing::Left(self.record()?.map(Box::new)))
    }

    /// Who works on the run, if anybody does.
    ///
    /// # Errors
    /// When the lock can't be asked.
    pub fn holder(&self) -> Result<Option<Holder>, StoreError> {
        lock::holder(&self.path)
    }

    /// `run.json`, if there is one.
    ///
    /// # Errors
    /// When it can't be read, is damaged or of a newer format.
    pub fn record(&self) -> Result<Option<RunRecord>, StoreError> {
        read_json(self.path.join("run.json"))
    }

    /// Replaces `run.json`.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write_record(&self, record: &RunRecord) -> Result<(), StoreError> {
        write_json(&self.path.join("run.json"), record)
    }

    /// The epochs so far, in order, each once.
    ///
    /// # Errors
    /// When `events.jsonl` can't be read or is damaged.
    pub fn events(&self) -> Result<Vec<EpochEvent>, StoreError> {
        events::read(&self.path.join("events.jsonl"))
    }

    /// The epochs of a run that isn't done, for those who look at it: none where they are damaged, of which its next
    /// session fails and says so.
    ///
    /// # Errors
    /// When `events.jsonl` can't be read.
    pub fn events_so_far(&self) -> Result<Vec<EpochEvent>, StoreError> {
        match self.events() {
            Err(StoreError::Damaged { .. }) => Ok(Vec::new()),
            events => events,
        }
    }

    /// Opens `events.jsonl` for appending.
    ///
    /// # Errors
    /// When it can't be opened or is damaged: hours of training would end in a run that can't be reported.
    pub fn event_writer(&self) -> Result<LineWriter, StoreError> {
        self.events()?;
        LineWriter::open(&self.path.join("events.jsonl"))
    }

    /// The counts of the reported images; none before the run is done.
    ///
    /// # Errors
    /// When `counts.jsonl` can't be read or is damaged.
    pub fn counts(&self) -> Result<Vec<CountsRow>, StoreError> {
        counts::read(&self.path.join("counts.jsonl"))
    }

    /// Replaces `counts.jsonl`.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write_counts(&self, rows: &[CountsRow]) -> Result<(), StoreError> {
        counts::write(&self.path.join("counts.jsonl"), rows)
    }

    /// The newest whole checkpoint, if there is any.
    ///
    /// # Errors
    /// When checkpoints exist and none is whole.
    pub fn checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        checkpoint::load(&self.checkpoints())
    }

    /// As [`checkpoint`](Self::checkpoint), for the session that goes on from it: it removes damaged ones.
    ///
    /// # Errors
    /// When checkpoints existed and none was whole.
    pub fn take_up_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        checkpoint::take_up(&self.checkpoints())
    }

    /// Saves a checkpoint and keeps the one before.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn save_checkpoint(&self, payload: &[u8], epochs_done: usize) -> Result<(), StoreError> {
        checkpoint::save(&self.checkpoints(), payload, epochs_done)
    }

    /// Keeps the state of a training before the step that diverged, a safetensors file, to look into.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write_diverged(&self, state: &[u8]) -> Result<(), StoreError> {
        Ok(atomic::write(&self.path.join(DIVERGED), state)?)
    }

    /// Removes the state of a training that diverged, since it is tried again.
    ///
    /// # Errors
    /// When it is there and can't be removed.
    pub fn remove_diverged(&self) -> Result<(), StoreError> {
        Ok(atomic::remove(&self.path.join(DIVERGED))?)
    }

    /// The best weights, a safetensors file.
    ///
    /// # Errors
    /// When there are none, they can't be read, or they aren't those that were written.
    pub fn best_weights(&self) -> Result<Vec<u8>, StoreError> {
        best::read(&self.path)
    }

    /// Replaces the best weights and their hash.
    ///
    /// # Errors
    /// When they can't be written.
    pub fn write_best_weights(&self, weights: &[u8]) -> Result<(), StoreError> {
        best::write(&self.path, weights)
    }

    /// The images chosen to be looked at; none for a run without a gallery.
    ///
    /// # Errors
    /// When `masks/gallery.json` can't be read or is damaged.
    pub fn gallery(&self) -> Result<Vec<GalleryEntry>, StoreError> {
        let path = self.masks().join("gallery.json");
        match fs_err::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            bytes => serde_json::from_slice(&bytes?)
                .map_err(|error| StoreError::Damaged { path, message: error.to_string() }),
        }
    }

    /// Writes the gallery: an entry and a predicted mask of shape `[size, size]` for each image.
    ///
    /// # Errors
    /// When a file can't be written or a mask has another size.
    pub fn write_gallery(&self, size: usize, images: &[(GalleryEntry, Vec<bool>)]) -> Result<(), StoreError> {
        for (entry, mask) in images {
            gallery::write_mask(&self.mask_path(&entry.image), size, mask)?;
        }
        let entries: Vec<&GalleryEntry> = images.iter().map(|(entry, _)| entry).collect();
        let text = serde_json::to_string_pretty(&entries).map_err(std::io::Error::from)?;
        // Last, so that every mask that it names is there.
        Ok(atomic::write(&self.masks().join("gallery.json"), text.as_bytes())?)
    }

    /// The predicted mask of an image of the gallery, row by row.
    ///
    /// # Errors
    /// When there is none or it can't be read.
    pub fn mask(&self, image: &str) -> Result<Vec<bool>, StoreError> {
        gallery::read_mask(&self.mask_path(image))
    }

    /// The noise floor of the run; none where nobody measured it.
    ///
    /// # Errors
    /// When `noise-floor.json` can't be read, is damaged or of a newer format.
    pub fn noise_floor(&self) -> Result<Option<NoiseFloor>, StoreError> {
        read_json(self.path.join(NOISE_FLOOR))
    }

    /// Replaces the noise floor: the one file that is written to a run that is done.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write_noise_floor(&self, floor: &NoiseFloor) -> Result<(), StoreError> {
        write_json(&self.path.join(NOISE_FLOOR), floor)
    }

    /// Opens `log.txt` for appending.
    ///
    /// # Errors
    /// When it can't be opened.
    pub fn log_writer(&self) -> Result<LineWriter, StoreError> {
        LineWriter::open(&self.path.join("log.txt"))
    }

    /// Waits until the names of the checkpoints are on the disk, of the folder, and of those above it up to that of
    /// the results.
    ///
    /// Whoever makes a folder or a checkpoint syncs its name, but may die before; the next session goes on from what
    /// it sees, so it must not be lost any more.
    fn sync_names(&self) -> std::io::Result<()> {
        if self.checkpoints().is_dir() {
            disk::sync_folder(&self.checkpoints())?;
        }
        let mut folder = self.path.as_path();
        for _ in ["this folder", "runs", "the results"] {
            folder = disk::parent(folder);
            match disk::sync_folder(folder) {
                // One that may not be listed can't be synced, and needn't be for the rest to work.
                Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {}
                synced => synced?,
            }
        }
        Ok(())
    }

    fn checkpoints(&self) -> PathBuf {
        self.path.join("checkpoint")
    }

    fn masks(&self) -> PathBuf {
        self.path.join("masks")
    }

    fn mask_path(&self, image: &str) -> PathBuf {
        self.masks().join(format!("{image}.png"))
    }
}

/// A file of one value with a format version; none where there is no file.
fn read_json<T: DeserializeOwned>(path: PathBuf) -> Result<Option<T>, StoreError> {
    let bytes = match fs_err::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes?,
    };
    let value = format::parse(&path, &bytes)?;
    serde_json::from_value(value)
        .map(Some)
        .map_err(|error| StoreError::Damaged { path, message: error.to_string() })
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<(), StoreError> {
    let mut text = serde_json::to_string_pretty(value).map_err(std::io::Error::from)?;
    text.push('\n');
    Ok(atomic::write(path, text.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{FORMAT, MeasuredWith, ModelCost, NoiseSpread, Provenance, RunState};

    fn record(state: RunState) -> RunRecord {
        RunRecord {
            format: FORMAT,
            id: "net-s1-abc".into(),
            experiment: "e".into(),
            variant: "v".into(),
            seed: u64::MAX,
            meaning: serde_json::json!({"lr": 1e-3, "n": [1, 2]}),
            synthetic: true,
            origin: None,
            encoder_weights: Vec::new(),
            folder: None,
            state,
            cost: ModelCost { parameters: 53_374, conv_macs: 72_096_256 },
            provenance: Provenance { threads: 2, sessions: 1, ..Provenance::default() },
        }
    }

    #[test]
    fn a_record_comes_back_in_every_state() {
        let root = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(root.path().join("läufe mit leerzeichen/net-s1-abc"));
        assert_eq!(folder.record().unwrap(), None);
        for state in [
            RunState::Planned,
            RunState::Running,
            RunState::Interrupted { epochs_done: 3 },
            RunState::Failed { kind: "diverged".into(), message: "loss is NaN".into() },
            RunState::Done { best_epoch: 7, seconds: 1.25 },
        ] {
            folder.write_record(&record(state.clone())).unwrap();
            assert_eq!(folder.record().unwrap(), Some(record(state)));
        }
    }

    #[test]
    fn a_noise_floor_comes_back_as_written() {
        let root = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(root.path().join("run"));
        assert_eq!(folder.noise_floor().unwrap(), None);
        let spread = NoiseSpread { pooled_iou: 0.1 + 0.2, weight: 1e-9, ..NoiseSpread::default() };
        let floor = NoiseFloor {
            format: FORMAT,
            repeats: 2,
            promises_bits: false,
            among_repeats: spread,
            from_stored: NoiseSpread::default(),
            measured_with: MeasuredWith::default(),
            measured: String::new(),
        };
        folder.write_noise_floor(&floor).unwrap();
        assert_eq!(folder.noise_floor().unwrap(), Some(floor));
    }

    #[test]
    fn a_gallery_comes_back_as_written() {
        let root = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(root.path().join("run"));
        assert_eq!(folder.gallery().unwrap(), []);
        let entry = GalleryEntry { image: "ISIC_1".into(), choice: "best".into(), iou: 0.75 };
        folder.write_gallery(2, &[(entry.clone(), vec![true, false, false, true])]).unwrap();
        assert_eq!(folder.gallery().unwrap(), [entry]);
        assert_eq!(folder.mask("ISIC_1").unwrap(), [true, false, false, true]);
    }

    #[test]
    fn taking_the_lock_clears_unfinished_files() {
        let root = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(root.path().join("run"));
        folder.save_checkpoint(b"x", 1).unwrap();
        let left = folder.path().join("checkpoint/.unfinished-1");
        fs_err::write(&left, b"half").unwrap();
        let _lock = folder.lock().unwrap();
        assert!(folder.is_locked().unwrap());
        assert!(!left.exists());
    }
}
