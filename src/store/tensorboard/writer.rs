//! Event files of a run's folder: one for each session that was asked for them.

use std::path::{Path, PathBuf};

use super::event;
use super::record::{messages, record};
use crate::store::lines::LineWriter;
use crate::store::{EpochEvent, RunFolder, StoreError};

/// Appends a run's epochs to an event file of their own session.
#[derive(Debug)]
pub struct ScalarWriter {
    file: LineWriter,
}

impl ScalarWriter {
    /// Makes a new file in the run's folder `tensorboard` for `next` and the epochs after it, preceded by those of
    /// `events.jsonl` that no earlier file has.
    ///
    /// `time` is seconds since 1970, `host` the machine's name.
    ///
    /// # Errors
    /// When the folder can't be read or written to.
    pub fn open(folder: &RunFolder, next: usize, time: f64, host: &str) -> Result<Self, StoreError> {
        let path = folder.path().join("tensorboard");
        let told = last_epoch(&path)?;
        let mut missing = folder.events()?;
        missing.retain(|event| (told + 1..next).contains(&event.epoch));
        let mut writer = Self { file: LineWriter::open(&free_name(&path, time, host))? };
        // Nobody kept the times of past epochs: as if they had been made until now without a pause.
        let mut seconds: f64 = missing.iter().map(|event| event.seconds).sum();
        let first = missing.first().map_or(next, |event| event.epoch);
        writer.append(&event::version(time - seconds))?;
        writer.append(&event::session_start(time - seconds, first))?;
        for event in &missing {
            seconds -= event.seconds;
            writer.epoch(time - seconds, event)?;
        }
        Ok(writer)
    }

    /// Appends an epoch that ended at `time`, in seconds since 1970, without waiting for the disk.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn epoch(&mut self, time: f64, event: &EpochEvent) -> Result<(), StoreError> {
        self.append(&event::epoch(time, event))
    }

    fn append(&mut self, message: &[u8]) -> Result<(), StoreError> {
        self.file.append_bytes(&record(message))
    }
}

/// A name that no file has: two sessions may begin in the same second.
fn free_name(folder: &Path, time: f64, host: &str) -> PathBuf {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-.".contains(c) { c } else { '_' };
    let host: String = host.chars().map(plain).collect();
    let mut second = time as u64;
    loop {
        let path = folder.join(format!("events.out.tfevents.{second:010}.{host}.ege-bench"));
        if !path.exists() {
            return path;
        }
        second += 1;
    }
}

/// The last epoch that an event file of the folder has; 0 where none has any.
fn last_epoch(folder: &Path) -> Result<usize, StoreError> {
    let entries = match fs_err::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut last = 0;
    for entry in entries {
        let bytes = fs_err::read(entry?.path())?;
        last = messages(&bytes).filter_map(event::epoch_of).fold(last, usize::max);
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Results;

    fn made(epoch: usize) -> EpochEvent {
        EpochEvent {
            epoch,
            learning_rate: 1e-3,
            train_loss: 1.0 / epoch as f64,
            selection_loss: 0.5,
            selection_iou: 0.25,
            seconds: 10.0,
            input_seconds: None,
            images_per_second: 20.0,
            memory_mb: 100,
        }
    }

    /// Names of the folder's event files with the epochs that each has.
    fn told(folder: &RunFolder) -> Vec<(String, Vec<usize>)> {
        let entries = fs_err::read_dir(folder.path().join("tensorboard")).unwrap();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let one = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, messages(&fs_err::read(path).unwrap()).filter_map(event::epoch_of).collect())
        };
        files.iter().map(one).collect()
    }

    #[test]
    fn each_session_tells_what_no_file_has() {
        let root = tempfile::tempdir().unwrap();
        let folder = Results::new(root.path()).run("a");
        let mut events = folder.event_writer().unwrap();
        // Two epochs before anybody asked for TensorBoard, two while it was asked for.
        for epoch in 1..=3 {
            events.append(&made(epoch)).unwrap();
        }
        let mut writer = ScalarWriter::open(&folder, 3, 1000.0, "größe 1").unwrap();
        writer.epoch(1000.0, &made(3)).unwrap();
        writer.epoch(1010.0, &made(4)).unwrap();
        // A session without it, then one in the same second as the first.
        for epoch in 4..=6 {
            events.append(&made(epoch)).unwrap();
        }
        ScalarWriter::open(&folder, 7, 1000.9, "größe 1").unwrap().epoch(1001.0, &made(7)).unwrap();
        let name = |second: &str| format!("events.out.tfevents.{second}.gr__e_1.ege-bench");
        let first = (name("0000001000"), vec![1, 2, 3, 4]);
        assert_eq!(told(&folder), [first, (name("0000001001"), vec![5, 6, 7])]);
    }

    #[test]
    fn an_epoch_that_is_made_again_is_told_again() {
        let root = tempfile::tempdir().unwrap();
        let folder = Results::new(root.path()).run("a");
        let mut events = folder.event_writer().unwrap();
        let mut writer = ScalarWriter::open(&folder, 1, 1000.0, "host").unwrap();
        for epoch in 1..=3 {
            events.append(&made(epoch)).unwrap();
            writer.epoch(1000.0, &made(epoch)).unwrap();
        }
        // Killed before the checkpoint of the third epoch, with a torn record at the end.
        writer.file.append_bytes(&record(b"half")[..9]).unwrap();
        ScalarWriter::open(&folder, 3, 2000.0, "host").unwrap().epoch(2000.0, &made(3)).unwrap();
        assert_eq!(told(&folder)[1].1, [3]);
        let path = folder.path().join("tensorboard").join(&told(&folder)[1].0);
        let bytes = fs_err::read(path).unwrap();
        // From here on, what the first file says is drawn no more.
        assert_eq!(messages(&bytes).nth(1).unwrap(), event::session_start(2000.0, 3));
    }
}
