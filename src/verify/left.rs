//! What an execution of a run left.

use crate::store::{CountsRow, EpochEvent, RunFolder, RunState, StoreError};

/// What an execution of a run left, as far as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Left {
    /// The epochs, in order.
    pub events: Vec<EpochEvent>,
    /// What a complete execution leaves beside them.
    pub complete: Option<Complete>,
}

/// What is there once a run is done.
#[derive(Clone, Debug, PartialEq)]
pub struct Complete {
    /// The epoch (from 1) whose weights were selected.
    pub best_epoch: usize,
    /// Counts of the reported images.
    pub counts: Vec<CountsRow>,
}

impl Left {
    /// What is in the folder.
    ///
    /// # Errors
    /// When its files can't be read or are damaged.
    pub fn read(folder: &RunFolder) -> Result<Self, StoreError> {
        let state = folder.record()?.map(|record| record.state);
        let complete = match state {
            Some(RunState::Done { best_epoch, .. }) => {
                Some(Complete { best_epoch, counts: folder.counts()? })
            }
            _ => None,
        };
        Ok(Self { events: folder.events()?, complete })
    }

    /// Epochs from the first on that none is missing of.
    pub fn epochs(&self) -> usize {
        self.events.iter().zip(1..).take_while(|(event, epoch)| event.epoch == *epoch).count()
    }
}
