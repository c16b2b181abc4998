//! What a report is made of: plain values that the caller gathers.

use crate::claim::{Audit, Claims, Counted};
use crate::experiment::settings::{ModelSettings, Settings};
use crate::store::{CountsRow, EpochEvent, ModelCost, NoiseFloor, Registration, RunRecord};

/// Everything that a report shows.
#[derive(Clone, Debug)]
pub struct ReportInput {
    /// The experiment's name.
    pub name: String,
    /// The experiment's description, may be empty.
    pub description: String,
    /// The command that makes these results again.
    pub command: String,
    /// When the report was written, RFC 3339 in UTC.
    pub generated: String,
    /// The runs in the order of the plan, finished or not.
    pub runs: Vec<ReportRun>,
    /// What papers claim, from the claims files that the experiment names.
    pub claims: Vec<Claims>,
    /// What an audit of each of these files found, in their order.
    pub audits: Vec<Audit>,
    /// Tolerances as this results folder met them, in order.
    pub registry: Vec<Registration>,
    /// What the networks of the claims cost.
    pub costs: Vec<NetworkCost>,
    /// Images to look at, of one run.
    pub gallery: Vec<GalleryItem>,
    /// Why there are no images to look at, where there are none.
    pub gallery_note: String,
    /// Which images were compared with one another for [`ReportInput::leaks`], in words; empty where none were.
    pub compared: Vec<String>,
    /// Images that look the same.
    pub leaks: Vec<LeakItem>,
}

/// Two images of a split that look the same.
#[derive(Clone, Debug)]
pub struct LeakItem {
    /// Data set and split.
    pub data: String,
    /// Their ids.
    pub images: [String; 2],
    /// In which parts of the split they are, in words.
    pub parts: [String; 2],
    /// True where these are different parts.
    pub leaks: bool,
    /// Mean squared difference at 32x32, of values in 0..255.
    pub distance: f64,
    /// True where every pixel is the same.
    pub identical: bool,
    /// How the second has to be laid to look like the first, in words.
    pub lay: String,
    /// Height and width in pixels.
    pub size: usize,
    /// `[height, width, 3]` bytes of each.
    pub pixels: [Vec<u8>; 2],
}

impl LeakItem {
    /// What makes them look the same.
    pub fn how(&self) -> String {
        let same = if self.identical { "the same pixels" } else { "nearly the same" };
        format!("{same}, {}", self.lay)
    }
}

/// What a network costs at a size.
#[derive(Clone, Debug)]
pub struct NetworkCost {
    /// The network.
    pub model: ModelSettings,
    /// Height and width of the image in pixels.
    pub size: usize,
    /// Its cost; zeros where nobody counted it.
    pub cost: ModelCost,
    /// The same by every convention; empty where nobody counted it.
    pub conventions: Vec<Counted>,
}

/// One run as the report sees it.
#[derive(Clone, Debug)]
pub struct ReportRun {
    /// The run's `run.json`.
    pub record: RunRecord,
    /// What the run does.
    pub settings: Settings,
    /// True where the epoch was selected on the images that are reported on.
    pub selects_on_report: bool,
    /// Number of images that train, select and report.
    pub images: [usize; 3],
    /// The epochs, in order, without repetitions.
    pub events: Vec<EpochEvent>,
    /// Counts of the reported images; empty for a run that isn't done.
    pub counts: Vec<CountsRow>,
    /// How far apart executions of the run with its seed land, where that was measured.
    pub noise_floor: Option<NoiseFloor>,
}

impl ReportRun {
    /// What is to be said where encoders started from scratch, though the original's start from trained weights.
    pub fn start_label(&self) -> Option<&'static str> {
        self.settings.model.start_label(self.record.encoder_weights.len())
    }

    /// What the network's encoders started from; empty where the original starts from scratch, too.
    pub fn start(&self) -> String {
        let files =
            self.record.encoder_weights.iter().map(|file| format!("{} ({})", file.encoder, file.file));
        files.chain(self.start_label().map(str::to_owned)).collect::<Vec<_>>().join(", ")
    }
}

/// A reported image with truth and prediction.
#[derive(Clone, Debug)]
pub struct GalleryItem {
    /// Id of the run that predicted.
    pub run: String,
    /// The image's id.
    pub image: String,
    /// Why it was chosen: `best`, `median` or `worst`.
    pub choice: String,
    /// Height and width in pixels.
    pub size: usize,
    /// `[height, width, 3]` bytes.
    pub pixels: Vec<u8>,
    /// Lesion in truth, `[height, width]`.
    pub truth: Vec<bool>,
    /// Lesion as predicted, `[height, width]`.
    pub prediction: Vec<bool>,
}
