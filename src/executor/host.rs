//! A run folder as the place where a training runs.

use super::board::Board;
use super::interrupt::Interrupt;
use super::observer::Observer;
use super::plan::PlanItem;
use super::provenance::{MemoryGauge, now};
use crate::metric::Definition;
use crate::store::lines::LineWriter;
use crate::store::{DIVERGED, EpochEvent, RunFolder, RunLock, StoreError};
use crate::train::{BatchProgress, EpochSummary, Host, HostError};

/// Keeps a training's checkpoints and epochs in a run folder and passes on what it says.
pub(super) struct FolderHost<'a> {
    folder: &'a RunFolder,
    lock: &'a RunLock,
    interrupt: &'a Interrupt,
    observer: &'a mut dyn Observer,
    events: LineWriter,
    log: LineWriter,
    board: Board,
    item: &'a PlanItem,
    memory: MemoryGauge,
    epochs_done: usize,
}

impl<'a> FolderHost<'a> {
    /// A host on the locked folder of a run, which also writes for TensorBoard where that is asked for.
    ///
    /// # Errors
    /// When the folder's files can't be opened.
    pub(super) fn new(
        folder: &'a RunFolder,
        lock: &'a RunLock,
        interrupt: &'a Interrupt,
        observer: &'a mut dyn Observer,
        item: &'a PlanItem,
        tensorboard: bool,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            events: folder.event_writer()?,
            log: folder.log_writer()?,
            board: Board::new(tensorboard),
            memory: MemoryGauge::new(),
            epochs_done: 0,
            folder,
            lock,
            interrupt,
            observer,
            item,
        })
    }

    /// Epochs that are complete.
    pub(super) fn epochs_done(&self) -> usize {
        self.epochs_done
    }

    /// Fails where another machine took the run over: nothing of it may be written then.
    fn still_ours(&self) -> Result<(), StoreError> {
        self.lock.require_ours(self.folder)
    }

    /// Writes a line to `log.txt`.
    ///
    /// # Errors
    /// When it can't be written.
    pub(super) fn log(&mut self, message: &str) -> Result<(), StoreError> {
        self.log.append_text(&format!("{} {message}", now()))
    }

    /// Warns the observer and the log.
    ///
    /// # Errors
    /// When the log can't be written.
    pub(super) fn warn(&mut self, message: &str) -> Result<(), StoreError> {
        self.observer.warning(message);
        self.log(&format!("warning: {message}"))
    }
}

impl Host for FolderHost<'_> {
    fn load_checkpoint(&mut self) -> Result<Option<Vec<u8>>, HostError> {
        let checkpoint = match self.folder.take_up_checkpoint() {
            // A run is reproducible from its seed: starting over costs time, giving up would cost the run.
            Err(error @ StoreError::Damaged { .. }) => {
                self.warn(&format!("{error}; starting over"))?;
                None
            }
            found => found?,
        };
        let Some(checkpoint) = checkpoint else { return Ok(None) };
        if let Some(warning) = &checkpoint.warning {
            self.warn(warning)?;
        }
        self.epochs_done = checkpoint.epochs_done;
        self.log(&format!("going on after epoch {}", checkpoint.epochs_done))?;
        Ok(Some(checkpoint.payload))
    }

    fn save_checkpoint(&mut self, checkpoint: &[u8]) -> Result<(), HostError> {
        self.still_ours()?;
        // Or the writer would make the folder again, without its epochs so far.
        self.events.require_in_place()?;
        Ok(self.folder.save_checkpoint(checkpoint, self.epochs_done)?)
    }

    fn save_best(&mut self, weights: &[u8]) -> Result<(), HostError> {
        self.still_ours()?;
        self.events.require_in_place()?;
        Ok(self.folder.write_best_weights(weights)?)
    }

    fn load_best(&mut self) -> Result<Vec<u8>, HostError> {
        Ok(self.folder.best_weights()?)
    }

    fn keep_diverged(&mut self, state: &[u8]) -> Result<(), HostError> {
        self.still_ours()?;
        self.folder.write_diverged(state)?;
        Ok(self.log(&format!("the state before this step is kept in {DIVERGED}"))?)
    }

    fn batch(&mut self, progress: BatchProgress) {
        self.observer.batch(self.item, progress);
    }

    fn epoch(&mut self, summary: EpochSummary) -> Result<(), HostError> {
        let event = EpochEvent {
            epoch: summary.epoch,
            learning_rate: summary.learning_rate,
            train_loss: summary.train_loss,
            selection_loss: summary.selection_loss,
            // Undefined only where nobody sees a lesion, and then nobody is wrong.
            selection_iou: Definition::PooledIou.value(&[summary.selection]).unwrap_or(1.0),
            seconds: summary.seconds,
            input_seconds: Some(summary.input_seconds),
            images_per_second: summary.images_per_second,
            memory_mb: self.memory.megabytes(),
        };
        self.still_ours()?;
        self.events.append(&event)?;
        self.log(&format!(
            "epoch {}/{}: loss {:.6}, selection loss {:.6}, selection IoU {:.4}{}",
            event.epoch,
            self.item.run.settings.train.epochs,
            event.train_loss,
            event.selection_loss,
            event.selection_iou,
            if summary.best { ", best so far" } else { "" }
        ))?;
        if let Err(error) = self.board.epoch(self.folder, &event) {
            self.warn(&format!("nothing more of {} for TensorBoard: {error}", self.item.id))?;
        }
        self.epochs_done = summary.epoch;
        self.observer.epoch(self.item, &event);
        Ok(())
    }

    fn stop_requested(&self) -> bool {
        self.interrupt.is_requested() || self.lock.is_lost()
    }
}
