//! Names of splits: those that are listed, and those that are made of them by rule.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

/// What the name of a split without its leaks ends in.
const WITHOUT_LEAKS: &str = "-without-leaks";

/// Fewest and most folds.
pub const FOLDS: std::ops::RangeInclusive<u32> = 2..=100;

/// A split's name, such as `paper`, `fold-2-of-5`, `fold-2-of-5-seed-7` or `paper-without-leaks`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SplitName {
    /// What it is made of.
    pub base: SplitBase,
    /// True where images that look like others on which a run is judged neither train nor select.
    pub without_leaks: bool,
}

/// What a split is made of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SplitBase {
    /// Lists of `datasets.lock`.
    Listed(String),
    /// One fold of a cross-validation.
    Fold(Fold),
}

/// A fold of a cross-validation: it is reported on, the others train and select.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fold {
    /// Which, from 1 to `of`.
    pub number: u32,
    /// How many there are, 2 to 100.
    pub of: u32,
    /// The seed by which images are dealt out.
    pub seed: u64,
}

/// A name that looks like a fold's and isn't one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` is no fold; a fold is named `fold-2-of-5` or `fold-2-of-5-seed-7`, with {} to {} folds",
    FOLDS.start(),
    FOLDS.end()
)]
pub struct NoFold {
    name: String,
}

impl FromStr for SplitName {
    type Err = NoFold;

    fn from_str(name: &str) -> Result<Self, NoFold> {
        let (base, without_leaks) = match name.strip_suffix(WITHOUT_LEAKS) {
            Some(base) => (base, true),
            None => (name, false),
        };
        let base = match base.strip_prefix("fold-") {
            Some(rest) => SplitBase::Fold(fold(rest).ok_or_else(|| NoFold { name: name.to_owned() })?),
            None => SplitBase::Listed(base.to_owned()),
        };
        Ok(Self { base, without_leaks })
    }
}

/// `2-of-5` or `2-of-5-seed-7`, without needless zeros: one split has one name.
fn fold(text: &str) -> Option<Fold> {
    let (number, rest) = text.split_once("-of-")?;
    let (of, seed) = match rest.split_once("-seed-") {
        Some((of, seed)) => (of, seed.parse::<u64>().ok().filter(|seed| *seed > 0)?),
        None => (rest, 0),
    };
    let whole = |text: &str| text.parse::<NonZeroU32>().ok().map(NonZeroU32::get);
    let fold = Fold { number: whole(number)?, of: whole(of)?, seed };
    let is_one = FOLDS.contains(&fold.of) && fold.number <= fold.of;
    (is_one && fold.to_string() == format!("fold-{text}")).then_some(fold)
}

impl fmt::Display for Fold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, of, seed } = self;
        write!(f, "fold-{number}-of-{of}")?;
        if *seed > 0 { write!(f, "-seed-{seed}") } else { Ok(()) }
    }
}

impl fmt::Display for SplitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.base {
            SplitBase::Listed(name) => f.write_str(name)?,
            SplitBase::Fold(fold) => fold.fmt(f)?,
        }
        f.write_str(if self.without_leaks { WITHOUT_LEAKS } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written_alike() {
        let fold = |number, of, seed| SplitBase::Fold(Fold { number, of, seed });
        for (name, base, without_leaks) in [
            ("paper", SplitBase::Listed("paper".to_owned()), false),
            ("paper-without-leaks", SplitBase::Listed("paper".to_owned()), true),
            ("fold-2-of-5", fold(2, 5, 0), false),
            ("fold-10-of-10-seed-7-without-leaks", fold(10, 10, 7), true),
        ] {
            let read: SplitName = name.parse().unwrap();
            assert_eq!(read, SplitName { base, without_leaks });
            assert_eq!(read.to_string(), name);
        }
    }

    #[test]
    fn what_only_looks_like_a_fold_is_refused() {
        for name in [
            "fold-0-of-5",
            "fold-6-of-5",
            "fold-1-of-1",
            "fold-1-of-101",
            "fold-02-of-5",
            "fold-2-of-5-seed-0",
            "fold-2-of-5-seed-",
            "fold-2",
            "fold--1-of-5",
        ] {
            let told = name.parse::<SplitName>().unwrap_err().to_string();
            assert!(told.contains(name) && told.contains("2 to 100 folds"), "{told}");
        }
    }
}
