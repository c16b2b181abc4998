//! What an audit finds.

/// One thing that was checked, with its arithmetic.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// What was checked.
    pub check: Check,
    /// The table's name, empty for a claim of the text.
    pub table: String,
    /// The row's label, empty where the whole table is meant.
    pub row: String,
    /// Headings of the columns, or the claim in words.
    pub columns: Vec<String>,
    /// What came out.
    pub outcome: Outcome,
    /// The calculation with its numbers.
    pub arithmetic: String,
}

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// Dice = 2 IoU / (1 + IoU) for metrics of one pooled matrix.
    Identity,
    /// Dice is at least IoU.
    Order,
    /// One confusion matrix of whole numbers has all of a row's metrics.
    Confusion,
    /// Spreads are possible, and what they allow.
    Spread,
    /// A lead is larger than the spreads allow for chance.
    Lead,
    /// Ratios of the text follow from the table and from the networks.
    Ratio,
    /// Bytes of the text follow from the parameters.
    Storage,
    /// Parameters are those of the network.
    Parameters,
    /// Multiply-accumulates are those of the network.
    ConvMacs,
    /// The epoch was selected on other images than those reported on.
    Selection,
    /// No image is in two parts of the split.
    Leaks,
}

impl Check {
    /// All of them, in the order of a report.
    pub const ALL: [Self; 11] = [
        Self::Identity,
        Self::Order,
        Self::Confusion,
        Self::Spread,
        Self::Lead,
        Self::Ratio,
        Self::Storage,
        Self::Parameters,
        Self::ConvMacs,
        Self::Selection,
        Self::Leaks,
    ];

    /// The name in JSON and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Order => "order",
            Self::Confusion => "confusion",
            Self::Spread => "spread",
            Self::Lead => "lead",
            Self::Ratio => "ratio",
            Self::Storage => "storage",
            Self::Parameters => "parameters",
            Self::ConvMacs => "conv-macs",
            Self::Selection => "selection",
            Self::Leaks => "leaks",
        }
    }

    /// What it asks, in one line.
    pub fn question(self) -> &'static str {
        match self {
            Self::Identity => "does DSC equal 2 IoU / (1 + IoU), within rounding?",
            Self::Order => "is Dice at least IoU?",
            Self::Confusion => "can one confusion matrix of this split have all the metrics of the row?",
            Self::Spread => "are the spreads possible, and what do they leave open?",
            Self::Lead => "is the lead larger than chance, given the spreads that are printed?",
            Self::Ratio => "do the ratios follow from the tables and from the networks?",
            Self::Storage => "do the bytes follow from the parameters?",
            Self::Parameters => "does the network have so many parameters?",
            Self::ConvMacs => "does the network take so many multiply-accumulates?",
            Self::Selection => "was the epoch selected on other images than those reported on?",
            Self::Leaks => "are the parts of the split free of common and nearly identical images?",
        }
    }
}

/// What came out of a check, the gravest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It follows, or can be as printed.
    Holds,
    /// Something that the check needs isn't there.
    Unchecked,
    /// It can be as printed, but doesn't support what it is printed for.
    Doubtful,
    /// It doesn't follow: it can't be as printed, or isn't what the network costs.
    Fails,
}

impl Outcome {
    /// The word in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Unchecked => "unchecked",
            Self::Doubtful => "doubtful",
            Self::Fails => "fails",
        }
    }
}
