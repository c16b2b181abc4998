//! Which images train, which select the epoch, and which are reported on.

/// Three sorted id lists of one data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The split's name, such as `paper`.
    pub name: String,
    /// Images that train.
    pub train: Vec<String>,
    /// Images whose loss selects the epoch.
    pub select: Vec<String>,
    /// Images that the reported numbers are computed on.
    pub report: Vec<String>,
    /// SHA-256 in hexadecimal of the three lists.
    pub digest: String,
}

impl Split {
    /// True where the epoch is selected on images that are reported on.
    pub fn selects_on_report(&self) -> bool {
        self.select == self.report
    }
}
