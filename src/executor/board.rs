//! A run's epochs for TensorBoard, where they are asked for.

use std::time::SystemTime;

use sysinfo::System;

use crate::store::{EpochEvent, RunFolder, ScalarWriter, StoreError};

/// Writes epochs for TensorBoard, or doesn't.
#[derive(Debug)]
pub(super) enum Board {
    /// Nobody asked for it, or it failed.
    Off,
    /// Asked for; the first epoch makes the file, so that a session without any leaves none.
    Asked,
    /// The file of this session.
    Open(ScalarWriter),
}

impl Board {
    /// A board where one is asked for.
    pub(super) fn new(asked: bool) -> Self {
        if asked { Self::Asked } else { Self::Off }
    }

    /// Tells of an epoch that ended now. After an error nothing more is told: a run is worth its epochs without.
    ///
    /// # Errors
    /// When the file can't be written.
    pub(super) fn epoch(&mut self, folder: &RunFolder, event: &EpochEvent) -> Result<(), StoreError> {
        let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let mut writer = match std::mem::replace(self, Self::Off) {
            Self::Off => return Ok(()),
            Self::Asked => {
                let host = System::host_name().unwrap_or_else(|| "localhost".to_owned());
                ScalarWriter::open(folder, event.epoch, time, &host)?
            }
            Self::Open(writer) => writer,
        };
        writer.epoch(time, event)?;
        *self = Self::Open(writer);
        Ok(())
    }
}
