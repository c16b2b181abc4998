//! What the register says about one deviation.

use std::fmt;

use super::images::ImagesOrigin;
use crate::experiment::settings::Settings;

/// A known difference that can move a number.
#[derive(Clone, Copy, Debug)]
pub struct Deviation {
    /// Who introduced it.
    pub origin: Origin,
    /// Its number among those of the same origin, from 1.
    pub number: usize,
    /// A short name, unique in the register.
    pub name: &'static str,
    /// The deviation in one sentence.
    pub sentence: &'static str,
    /// The setting that switches it, as experiment files spell it.
    pub setting: Option<&'static str>,
    pub(super) status: fn(&Settings, Option<&ImagesOrigin>) -> Status,
}

/// Who introduced a deviation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It stands between the paper's text, the authors' released code, and good practice.
    Released,
    /// It stands between the authors' released code and what runs here.
    Own,
}

/// Where settings stand towards a deviation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// The run does what the authors' released code does.
    AsReleased,
    /// The run does something else; says what.
    Changed(String),
    /// The deviation can't touch this run; says why.
    NotApplicable(&'static str),
}

impl Deviation {
    /// Where a run with these settings stands, on images of this origin.
    pub fn applies(&self, settings: &Settings, origin: Option<&ImagesOrigin>) -> Status {
        (self.status)(settings, origin)
    }

    /// Its number with the origin: `7`, or `own 7`.
    pub fn label(&self) -> String {
        match self.origin {
            Origin::Released => self.number.to_string(),
            Origin::Own => format!("own {}", self.number),
        }
    }
}

impl Status {
    /// The status without its reason.
    pub fn name(&self) -> &'static str {
        match self {
            Self::AsReleased => "as released",
            Self::Changed(_) => "changed",
            Self::NotApplicable(_) => "not applicable",
        }
    }

    /// What changed, or why it doesn't apply; empty where the run is as released.
    pub fn reason(&self) -> &str {
        match self {
            Self::AsReleased => "",
            Self::Changed(what) => what,
            Self::NotApplicable(why) => why,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AsReleased => f.write_str(self.name()),
            Self::Changed(_) | Self::NotApplicable(_) => write!(f, "{}: {}", self.name(), self.reason()),
        }
    }
}

/// As released where `same`, else changed to `what`.
pub(super) fn unless(same: bool, what: impl Into<String>) -> Status {
    if same { Status::AsReleased } else { Status::Changed(what.into()) }
}
