//! Claims as they are meant: every cell complete.

use crate::experiment::settings::{DataSettings, DataSource, ModelSettings, Protocol, Settings};
use crate::metric::Definition;

use super::network::{network, same_network};
use super::statement::{Ratio, Storage};
use super::tolerance::Tolerances;

/// What one paper claims.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    /// The paper.
    pub paper: Paper,
    /// Its tables, in the order of the file: earlier ones are asked first.
    pub tables: Vec<Table>,
    /// How many times as much one row costs as another, as the text puts it.
    pub ratios: Vec<Ratio>,
    /// How many bytes the parameters take, as the text puts it.
    pub storage: Vec<Storage>,
    /// How far our numbers may lie from the claimed ones.
    pub tolerances: Tolerances,
}

/// A publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// Short name, such as `ege-unet`.
    pub key: String,
    /// Title.
    pub title: String,
    /// Authors' family names.
    pub authors: String,
    /// Where and when it appeared.
    pub venue: String,
    /// An identifier that finds it, such as `arXiv:2307.08473`.
    pub link: String,
}

/// A table of a paper.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Short name, unique in the file.
    pub name: String,
    /// Title.
    pub title: String,
    /// Data set, as experiment files spell it.
    pub dataset: String,
    /// Split, as experiment files spell it.
    pub split: String,
    /// Number of images reported on.
    pub images: usize,
    /// Height and width in pixels at which the metrics and multiply-accumulates were counted.
    pub size: usize,
    /// How the numbers were made, in a sentence.
    pub protocol: String,
    /// Epochs of a training, where the paper says.
    pub epochs: Option<usize>,
    /// The preset by which its networks are said to train: runs that depart from it aren't judged; none where that isn't known.
    pub training: Option<Protocol>,
    /// Trainings behind each mean and spread, where the paper says.
    pub repeats: Option<usize>,
    /// On which images the epoch was selected.
    pub selection: SelectedOn,
    /// Lesion pixels among all pixels reported on, where known.
    pub lesion_pixels: Option<LesionPixels>,
    /// The rows in the table's order.
    pub rows: Vec<Row>,
}

/// On which images a paper selected the epoch that it reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SelectedOn {
    /// On those that it reports on.
    Reported,
    /// On others.
    Separate,
    /// None was selected: the last one is reported.
    LastEpoch,
    /// The paper doesn't say.
    #[default]
    Unknown,
}

/// How many lesion pixels the reported images have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LesionPixels {
    /// Pixels at the table's size.
    pub count: u64,
    /// Where that is known from.
    pub source: String,
}

/// A row: one network.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The row's label in the paper.
    pub label: String,
    /// The network of ours that it is about, if there is one.
    pub model: Option<ModelSettings>,
    /// False where the paper leaves open which network it is, so that ours is a guess.
    pub identified: bool,
    /// What the row changes against the paper's full model, may be empty.
    pub change: String,
    /// What is known about the row beside its cells, may be empty.
    pub note: String,
    /// Its cells in the order of the columns; what the paper leaves blank is missing.
    pub cells: Vec<Cell>,
}

/// One printed number.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// The column's heading in the paper.
    pub heading: String,
    /// What the number measures.
    pub quantity: Quantity,
    /// The number in the unit of [`Quantity::unit`].
    pub value: f64,
    /// The printed spread in the same unit.
    pub spread: Option<f64>,
    /// Decimal places as printed.
    pub digits: usize,
    /// How the number is known.
    pub evidence: Evidence,
    /// Where it stands.
    pub source: String,
}

impl Cell {
    /// Half a unit of the last printed digit, in the cell's unit.
    pub fn half_digit(&self) -> f64 {
        0.5 * 10_f64.powi(-(self.digits as i32))
    }

    /// The values that print as this one, in the cell's unit; a hair wider, so that a bound in binary can't exclude
    /// a value that rounds to it.
    pub fn rounds_from(&self) -> (f64, f64) {
        let half = self.half_digit() * (1.0 + 1e-9);
        (self.value - half, self.value + half)
    }

    /// The number as printed, with its spread.
    pub fn printed(&self) -> String {
        let digits = self.digits;
        match self.spread {
            Some(spread) => format!("{:.digits$} ± {spread:.digits$}", self.value),
            None => format!("{:.digits$}", self.value),
        }
    }
}

/// What a claimed number measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// A metric over the reported images, in percent.
    Metric(Definition),
    /// Trainable scalars, in millions.
    Parameters,
    /// Multiply-accumulates of convolutions at the paper's input size, in 10^9.
    ConvMacs,
}

impl Quantity {
    /// The name in claims files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Metric(definition) => definition.name(),
            Self::Parameters => "parameters",
            Self::ConvMacs => "conv-macs",
        }
    }

    /// The unit of a difference of two values.
    pub fn difference_unit(self) -> &'static str {
        match self.unit() {
            "%" => "points",
            unit => unit,
        }
    }

    /// The unit of claimed values.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Metric(definition) => definition.unit(),
            Self::Parameters => "M",
            Self::ConvMacs => "G",
        }
    }
}

/// How a claimed number is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// Read or run from the authors' released code.
    Code,
    /// In a log that the authors posted.
    Log,
    /// In a published table, as transcribed.
    Table,
}

impl Evidence {
    /// The tag in claims files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Log => "log",
            Self::Table => "table",
        }
    }
}

impl Claims {
    /// The first cell that claims the quantity for this network, with its table and row, where so many `images`
    /// are reported on.
    ///
    /// Metrics correspond on the same number of images at the same size, multiply-accumulates at the same size.
    /// How the learnable tensors start doesn't make another network. Synthetic images have no counterpart
    /// in any paper.
    pub fn cell(
        &self,
        settings: &Settings,
        images: usize,
        quantity: Quantity,
    ) -> Option<(&Table, &Row, &Cell)> {
        self.tables
            .iter()
            .filter(|table| table.is_about(&settings.data))
            .filter(|table| match quantity {
                Quantity::Metric(_) => table.size == settings.data.size && table.images == images,
                Quantity::ConvMacs => table.size == settings.data.size,
                Quantity::Parameters => true,
            })
            .flat_map(|table| table.rows.iter().map(move |row| (table, row)))
            .filter(|(_, row)| row.is_about(&settings.model))
            .find_map(|(table, row)| {
                let cell = row.cells.iter().find(|cell| cell.quantity == quantity)?;
                Some((table, row, cell))
            })
    }
}

impl Claims {
    /// True where the row is about the network that the paper proposes, as it is proposed.
    pub fn is_own(&self, row: &Row) -> bool {
        let proposed = network(&self.paper.key, serde_json::Value::Null);
        proposed.is_ok_and(|proposed| row.is_about(&proposed))
    }

    /// The table of that name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }
}

impl Row {
    /// Its cell of that quantity.
    pub fn cell(&self, quantity: Quantity) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.quantity == quantity)
    }

    /// True where the row is about this network; how its learnable tensors start doesn't matter.
    pub fn is_about(&self, model: &ModelSettings) -> bool {
        self.model.as_ref().is_some_and(|own| same_network(own, model))
    }
}

impl Table {
    /// The row of that label.
    pub fn row(&self, label: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.label == label)
    }

    /// Pixels that the metrics count.
    pub fn pixels(&self) -> u64 {
        (self.images * self.size * self.size) as u64
    }

    /// True where the table is about this data set and split.
    pub fn is_about(&self, data: &DataSettings) -> bool {
        match &data.source {
            DataSource::Prepared { dataset, split } => *dataset == self.dataset && *split == self.split,
            DataSource::Folder { .. } | DataSource::SyntheticLesions { .. } => false,
        }
    }
}
