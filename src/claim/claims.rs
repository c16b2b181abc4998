//! Claims as they are meant: every cell complete.

use crate::experiment::settings::{DataSettings, DataSource, ModelSettings, Settings};
use crate::metric::Definition;

use super::network::same_network;

/// What one paper claims.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    /// The paper.
    pub paper: Paper,
    /// Its tables, in the order of the file: earlier ones are asked first.
    pub tables: Vec<Table>,
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
    /// The rows in the table's order.
    pub rows: Vec<Row>,
}

/// A row: one network.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The row's label in the paper.
    pub label: String,
    /// The network of ours that it is about, if there is one.
    pub model: Option<ModelSettings>,
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

/// What a claimed number measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

impl Row {
    /// True where the row is about this network; how its learnable tensors start doesn't matter.
    pub fn is_about(&self, model: &ModelSettings) -> bool {
        self.model.as_ref().is_some_and(|own| same_network(own, model))
    }
}

impl Table {
    /// True where the table is about this data set and split.
    pub fn is_about(&self, data: &DataSettings) -> bool {
        match &data.source {
            DataSource::Prepared { dataset, split } => *dataset == self.dataset && *split == self.split,
            DataSource::SyntheticLesions { .. } => false,
        }
    }
}
