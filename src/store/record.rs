//! The values that a run folder holds, as plain data.

use serde::{Deserialize, Serialize};

/// `run.json`: what a run was and how far it came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RunRecord {
    /// Version of the run folder's format.
    pub format: u32,
    /// The run's id: model, seed and a hash of its meaning; also the folder's name.
    pub id: String,
    /// Name of the experiment that first asked for the run.
    pub experiment: String,
    /// Name of the variant in that experiment.
    pub variant: String,
    /// The seed from which every random draw derives.
    pub seed: u64,
    /// The validated settings, with the hashes of split and data, as hashed into the id.
    pub meaning: serde_json::Value,
    /// True if the images were generated: every number of the run is labelled so.
    pub synthetic: bool,
    /// Where imported images come from; none for generated images, and in records of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<ImagesOrigin>,
    /// Files from which the network's encoder started; empty where it started from scratch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub encoder_weights: Vec<EncoderFile>,
    /// Where a folder of the user's own images lay and how it was read, to find it again; none for data sets, and in records
    /// of earlier versions. What lay there is part of the meaning, the place isn't.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<serde_json::Value>,
    /// How far the run came.
    pub state: RunState,
    /// What the network costs.
    pub cost: ModelCost,
    /// With what the run was made.
    pub provenance: Provenance,
}

/// Where imported images come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ImagesOrigin {
    /// Name of the known copy in `datasets.lock`; none for any other folder.
    pub copy: Option<String>,
    /// How the copy brought images to their stored size; empty where unknown.
    pub images: String,
    /// How the copy brought masks to their stored size; empty where unknown.
    pub masks: String,
    /// In what the copy is known to differ from the paper's preparation, may be empty.
    pub deviation: String,
    /// Number of pairs that were imported.
    pub pairs: usize,
    /// How many of them the import resized; none where that wasn't recorded.
    pub resized: Option<usize>,
    /// True if every pixel of every mask is 0 or 255.
    pub masks_binary: bool,
}

/// A file from which a part of a network started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct EncoderFile {
    /// What its weights are of, such as `ResNet-34`.
    pub encoder: String,
    /// The file's name.
    pub file: String,
    /// SHA-256 of its bytes, in hexadecimal digits.
    pub sha256: String,
}

/// How far a run came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum RunState {
    /// Asked for, nothing done yet.
    Planned,
    /// A process works on it, or died without a word.
    Running,
    /// Stopped at a checkpoint; the same command goes on.
    #[serde(rename_all = "kebab-case")]
    Interrupted {
        /// Epochs that are complete.
        epochs_done: usize,
    },
    /// Ended by an error.
    #[serde(rename_all = "kebab-case")]
    Failed {
        /// A word for the kind of error, such as `diverged`.
        kind: String,
        /// The error's message.
        message: String,
    },
    /// Complete.
    #[serde(rename_all = "kebab-case")]
    Done {
        /// The epoch (from 1) whose weights were selected.
        best_epoch: usize,
        /// Seconds of training and evaluation, over all sessions.
        seconds: f64,
    },
}

/// What a network costs at the run's input size, batch 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ModelCost {
    /// Trainable scalars.
    pub parameters: u64,
    /// Multiply-accumulates of convolutions, the paper's "FLOPs".
    pub conv_macs: u64,
}

/// With what a run was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Provenance {
    /// Version of ege-bench.
    pub version: String,
    /// Git commit of the build, empty where unknown.
    pub commit: String,
    /// True if the working tree differed from the commit.
    pub dirty: bool,
    /// SHA-256 of Cargo.lock at build time.
    pub cargo_lock: String,
    /// Device class, such as `cpu`.
    pub device: String,
    /// Processor or accelerator name.
    pub hardware: String,
    /// Which implementation of the operations ran: `fused` or `plain`; empty where unknown.
    pub kernels: String,
    /// The arithmetic of the processor's instructions, such as `avx2`; of each session where they changed, empty where
    /// unknown.
    pub instruction_set: String,
    /// Threads of the training step.
    pub threads: usize,
    /// Operating system and its version.
    pub system: String,
    /// When the run's first session began, RFC 3339 in UTC.
    pub started: String,
    /// When the run's last session ended, RFC 3339 in UTC; empty while it goes on.
    pub ended: String,
    /// Sessions that the run took: 1 for a run that was never interrupted.
    pub sessions: usize,
}

/// One line of `events.jsonl`: an epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct EpochEvent {
    /// The epoch, from 1.
    pub epoch: usize,
    /// Learning rate of the epoch's steps.
    pub learning_rate: f64,
    /// Mean loss of the epoch's batches.
    pub train_loss: f64,
    /// Mean loss of the selection images.
    pub selection_loss: f64,
    /// Foreground IoU of one confusion matrix over all selection images, in 0..1.
    pub selection_iou: f64,
    /// Seconds of the epoch, evaluation included.
    pub seconds: f64,
    /// Seconds of these for which a step or an evaluation waited for its images; none in older files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_seconds: Option<f64>,
    /// Training images a second, evaluation not included.
    pub images_per_second: f64,
    /// Resident memory of the process at the end of the epoch in MB; 0 where unknown.
    pub memory_mb: u64,
}

/// One line of `counts.jsonl`: the confusion matrix of one reported image, and how far its borders are apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CountsRow {
    /// Which weights predicted.
    pub weights: Weights,
    /// The image's id.
    pub image: String,
    /// Lesion pixels predicted as lesion.
    pub tp: u64,
    /// Background pixels predicted as lesion.
    pub fp: u64,
    /// Lesion pixels predicted as background.
    #[serde(rename = "fn")]
    pub fn_: u64,
    /// Background pixels predicted as background.
    pub tn: u64,
    /// 95 % Hausdorff distance of the borders in pixels; none in older files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hd95: Option<f64>,
    /// Average symmetric surface distance of the borders in pixels; none in older files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assd: Option<f64>,
}

impl CountsRow {
    /// True where all that both rows say is the same, bit by bit: a distance that an older file lacks differs from
    /// none.
    pub fn agrees(&self, other: &Self) -> bool {
        let alike = |own: Option<f64>, other: Option<f64>| match (own, other) {
            (Some(own), Some(other)) => own.to_bits() == other.to_bits(),
            _ => true,
        };
        let counts = |row: &Self| [row.tp, row.fp, row.fn_, row.tn];
        (self.weights, &self.image, counts(self)) == (other.weights, &other.image, counts(other))
            && alike(self.hd95, other.hd95)
            && alike(self.assd, other.assd)
    }
}

/// Which of a run's two sets of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weights {
    /// Those of the selected epoch.
    Best,
    /// Those of the last epoch.
    Last,
}
