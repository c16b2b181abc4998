//! What can go wrong with data, told with path, value and remedy.

use std::path::PathBuf;

use super::{PairProblem, Preparation};
use crate::experiment::settings::SplitName;

/// Problems of single files that a message lists before it only counts.
const LISTED_PROBLEMS: usize = 20;

/// Ids of absent images that a message lists before it only counts.
const LISTED_IDS: usize = 5;

/// Why images can't be had.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// A name that `datasets.lock` doesn't know.
    #[error("unknown data set `{name}`; known are {}", known.join(", "))]
    UnknownDataset {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A split that the data set doesn't have.
    #[error("data set `{dataset}` has no split `{name}`; it has {}", known.join(", "))]
    UnknownSplit {
        /// The data set.
        dataset: String,
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// Lists that can't become a split; nothing was written.
    #[error("{}: {problem}", lists.display())]
    Lists {
        /// Their folder.
        lists: PathBuf,
        /// What is wrong, with file and line.
        problem: String,
    },
    /// A lock file that can't be read or isn't one.
    #[error("{}: {problem}", path.display())]
    LockFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// What was seen isn't what a lock file says; nothing was changed.
    #[error("{}: {what} is {stands} there, but {found} was seen", path.display())]
    LockDiffers {
        /// The lock file.
        path: PathBuf,
        /// Archive and value.
        what: String,
        /// What the file says.
        stands: String,
        /// What was seen.
        found: String,
    },
    /// A size that no network takes.
    #[error(
        "size {size} is not a multiple of 32 between 32 and {}; the nearest is {}",
        super::LARGEST_SIZE,
        super::nearest_size(*size)
    )]
    Size {
        /// What was asked for.
        size: usize,
    },
    /// The folder to import isn't laid out as an import needs it.
    #[error("{}: {problem}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The folder that an experiment names isn't laid out as it has to be.
    #[error("{}: {problem}", folder.display())]
    UserFolder {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The folder that an experiment names has to be prepared first.
    #[error("{}: {what}", folder.display())]
    Unprepared {
        /// The folder.
        folder: PathBuf,
        /// Why.
        what: &'static str,
    },
    /// A user's folder isn't what its cache was made of.
    #[error("{}: {}", folder.display(), changed(pairs, *shows))]
    FolderChanged {
        /// The folder.
        folder: PathBuf,
        /// What was prepared of it.
        cache: PathBuf,
        /// Ids of the pairs that are others now; none where that wasn't looked at, or none is.
        pairs: Vec<String>,
        /// True where names, lengths or times of files tell it.
        shows: bool,
    },
    /// A stored run of a user's folder.
    #[error("the run's images come from a folder, and its record doesn't say where that lies")]
    UnknownFolder,
    /// A line of a list of images is wrong.
    #[error("{}:{line}: {problem}", path.display())]
    List {
        /// The list.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// An archive that isn't read, since it isn't what an archive of pictures is; nothing was written.
    #[error("{}: {problem}", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Files of the folder to import are missing, damaged or unexpected; nothing was written.
    #[error("{}: {}", folder.display(), list_problems(problems))]
    Pairs {
        /// The folder.
        folder: PathBuf,
        /// Every problem, sorted by file.
        problems: Vec<PairProblem>,
    },
    /// The folder to import lacks images that were imported before; nothing was written.
    #[error(
        "{} holds {} images that the folder lacks: {}",
        path.display(),
        ids.len(),
        list_ids(ids)
    )]
    WouldLose {
        /// The cache of the earlier import.
        path: PathBuf,
        /// The ids that would be lost, sorted.
        ids: Vec<String>,
    },
    /// Nobody imported the data set at this size yet.
    #[error(
        "data set `{dataset}` at {0}x{0}{1} is not prepared: {2} does not exist",
        preparation.size,
        by(*preparation),
        path.display()
    )]
    Missing {
        /// The data set.
        dataset: String,
        /// Size and kernel.
        preparation: Preparation,
        /// The cache that would hold it.
        path: PathBuf,
    },
    /// The cache lacks images that a split names.
    #[error(
        "split `{split}` of `{dataset}` needs {} images that are not prepared: {}",
        ids.len(),
        list_ids(ids)
    )]
    MissingImages {
        /// The data set.
        dataset: String,
        /// The split.
        split: String,
        /// Size and kernel.
        preparation: Preparation,
        /// The absent ids, sorted.
        ids: Vec<String>,
    },
    /// Bytes aren't those that a checksum was taken of.
    #[error("{what}: sha256 is {found}, expected {expected}")]
    Checksum {
        /// The file or list, and the part of it.
        what: String,
        /// The recorded checksum.
        expected: String,
        /// The checksum of what is there.
        found: String,
        /// The command that mends it, if a command can.
        mend: Option<String>,
    },
    /// A cache isn't readable as one.
    #[error("{}: {problem}", path.display())]
    Cache {
        /// The cache.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// The command that mends it.
        mend: String,
    },
    /// A cache of a later version of ege-bench.
    #[error("{}: cache format {found}, this version reads up to {supported}", path.display())]
    NewerFormat {
        /// The cache.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The latest format that this version reads.
        supported: u32,
        /// The command that writes it anew.
        mend: String,
    },
    /// Another process prepares the same data set at the same size.
    #[error("{}: another ege-bench is preparing this", path.display())]
    Busy {
        /// What it has locked.
        path: PathBuf,
    },
    /// The file system refused; the message names the path.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Classes of errors that a caller may treat apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatasetErrorKind {
    /// The user's arguments or file.
    Usage,
    /// Data that isn't there.
    Missing,
    /// Data that isn't what it was.
    Checksum,
    /// Data that can't be used as it is.
    Input,
    /// The file system.
    Io,
}

impl DatasetError {
    /// The error's class.
    pub fn kind(&self) -> DatasetErrorKind {
        match self {
            Self::UnknownDataset { .. }
            | Self::UnknownSplit { .. }
            | Self::Size { .. }
            | Self::Lists { .. }
            | Self::LockFile { .. }
            | Self::WouldLose { .. }
            | Self::UserFolder { .. }
            | Self::List { .. }
            | Self::Folder { .. } => DatasetErrorKind::Usage,
            Self::Unprepared { .. }
            | Self::UnknownFolder
            | Self::Missing { .. }
            | Self::MissingImages { .. } => DatasetErrorKind::Missing,
            Self::Checksum { .. } | Self::LockDiffers { .. } | Self::FolderChanged { .. } => {
                DatasetErrorKind::Checksum
            }
            Self::Pairs { .. } | Self::Archive { .. } | Self::Cache { .. } | Self::NewerFormat { .. } => {
                DatasetErrorKind::Input
            }
            Self::Io(_) | Self::Busy { .. } => DatasetErrorKind::Io,
        }
    }

    /// True where the user's arguments are at fault (exit code 2), not the data (exit code 3).
    pub fn is_usage(&self) -> bool {
        self.kind() == DatasetErrorKind::Usage
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownSplit { name, .. } if name.parse::<SplitName>().is_err() => {
                name.parse::<SplitName>().err().map(|no_fold| no_fold.to_string())
            }
            Self::UnknownDataset { name, known } | Self::UnknownSplit { name, known, .. } => {
                closest(name, known).map(|other| format!("did you mean `{other}`?"))
            }
            Self::Lists { .. } => {
                Some("the folder must hold train.txt, select.txt and report.txt, an id a line".into())
            }
            Self::Size { .. } => {
                Some("the networks halve their input five times; 256 is the paper's size".into())
            }
            Self::Folder { .. } => Some(
                "name the official zip archives, the folders that they unpack to, or a folder that holds \
                 images/ISIC_0000000.jpg (or .png) and masks/ISIC_0000000.png (or ISIC_0000000_segmentation.png), \
                 in train/ and val/ or not; several of them at once will do"
                    .into(),
            ),
            Self::UserFolder { .. } => Some(
                "[dataset.folder] needs a folder with images/NAME.jpg (or .png) and masks/NAME.png; `images` and \
                 `masks` name other folders in it"
                    .into(),
            ),
            Self::Unprepared { .. } => Some("run `ege-bench plan` with the experiment: it prepares it".into()),
            Self::FolderChanged { shows: true, .. } => {
                Some("the next `ege-bench plan` or `run` with the experiment prepares it again".into())
            }
            Self::FolderChanged { cache, .. } => Some(format!(
                "runs would go on with the images as they were: remove {} to have the folder prepared again",
                cache.display()
            )),
            Self::UnknownFolder => Some("an experiment with [dataset.folder] makes the run again".into()),
            Self::List { .. } => {
                Some("a list has a line for each image: its name, with or without the ending".into())
            }
            Self::WouldLose { .. } => Some(
                "nothing was written; name a folder that has them, or give --replace to lose them".into(),
            ),
            Self::Pairs { .. } => {
                Some("nothing was written; mend or remove these files and import again".into())
            }
            Self::Archive { .. } => Some(
                "nothing was written; get the archive from its publisher: `ege-bench data fetch` also checks it".into(),
            ),
            Self::Missing { dataset, preparation, .. } => Some(format!(
                "run `{}` with the folder that holds images/ and masks/",
                import_command(dataset, *preparation)
            )),
            Self::MissingImages { dataset, preparation, .. } => {
                Some(format!("run `{}` with a folder that holds them", import_command(dataset, *preparation)))
            }
            Self::Checksum { mend, .. } => mend.as_ref().map(|command| format!("run `{command}`")),
            Self::Cache { mend, .. } => Some(format!("run `{mend}`")),
            Self::NewerFormat { mend, .. } => {
                Some(format!("use the ege-bench that wrote it, or write it anew: `{mend}`"))
            }
            Self::Busy { .. } => Some("wait until it is done; then the same command goes on".into()),
            Self::LockFile { path, .. } if !path.exists() => {
                Some("run this in a checkout of ege-bench, or name the file with `--file FILE`".into())
            }
            Self::LockDiffers { .. } => Some(
                "nothing was written; find out which of the two is right before anybody changes the file"
                    .into(),
            ),
            Self::Io(error) => of_the_disk(error),
            Self::LockFile { .. } => None,
        }
    }
}

/// What helps where a disk doesn't take what is to be written.
fn of_the_disk(error: &std::io::Error) -> Option<String> {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Some(
            "what is prepared is kept: free some space, and the same command goes on; or put it elsewhere with \
             `--data DIR`"
                .into(),
        ),
        std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => {
            Some("what is prepared needs a folder that can be written: `--data DIR` names another".into())
        }
        _ => None,
    }
}

/// The command that prepares a data set, with `FOLDER` where the user's folder goes.
pub(super) fn import_command(dataset: &str, preparation: Preparation) -> String {
    format!("ege-bench data import {dataset} FOLDER{}", preparation.options())
}

/// The kernel, where it has to be said.
fn by(preparation: Preparation) -> String {
    let resize = preparation.resize;
    if resize.is_default() { String::new() } else { format!(" by `{}`", resize.name()) }
}

fn closest<'a>(name: &str, known: &'a [String]) -> Option<&'a String> {
    known
        .iter()
        .map(|other| (strsim::jaro_winkler(name, other), other))
        .filter(|(similarity, _)| *similarity > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, other)| other)
}

fn list_problems(problems: &[PairProblem]) -> String {
    let plural = if problems.len() == 1 { "problem" } else { "problems" };
    let mut lines = vec![format!("{} {plural}", problems.len())];
    lines.extend(problems.iter().take(LISTED_PROBLEMS).map(ToString::to_string));
    if problems.len() > LISTED_PROBLEMS {
        lines.push(format!("and {} more", problems.len() - LISTED_PROBLEMS));
    }
    lines.join("\n  ")
}

/// How a folder isn't what was prepared of it.
fn changed(pairs: &[String], shows: bool) -> String {
    match (pairs.len(), shows) {
        (0, _) => "has changed since it was prepared, by names, lengths or times of its files".to_owned(),
        (_, true) => format!("has changed since it was prepared: {}", list_ids(pairs)),
        (_, false) => format!(
            "has changed since it was prepared, though names, lengths and times of its files are as they were: {}",
            list_ids(pairs)
        ),
    }
}

fn list_ids(ids: &[String]) -> String {
    let listed = ids[..ids.len().min(LISTED_IDS)].join(", ");
    match ids.len().saturating_sub(LISTED_IDS) {
        0 => listed,
        more => format!("{listed} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hint_of_missing_data_is_the_command() {
        let check = |size: usize, expect: &str| {
            let (dataset, preparation) = ("isic2017".into(), size.into());
            let error = DatasetError::Missing { dataset, preparation, path: "x.cache".into() };
            assert!(error.hint().unwrap().contains(expect), "{:?}", error.hint());
            assert!(!error.is_usage());
        };
        check(256, "`ege-bench data import isic2017 FOLDER`");
        check(128, "`ege-bench data import isic2017 FOLDER --size 128`");
    }

    #[test]
    fn long_lists_are_cut_and_counted() {
        let ids: Vec<String> = (0..7).map(|i| format!("ISIC_{i:07}")).collect();
        let error = DatasetError::MissingImages {
            dataset: "isic2017".into(),
            split: "official".into(),
            preparation: 256.into(),
            ids,
        };
        assert_eq!(
            error.to_string(),
            "split `official` of `isic2017` needs 7 images that are not prepared: ISIC_0000000, \
             ISIC_0000001, ISIC_0000002, ISIC_0000003, ISIC_0000004 and 2 more"
        );
    }

    #[test]
    fn near_names_are_suggested() {
        let known = vec!["isic2017".to_owned(), "isic2018".to_owned()];
        let error = DatasetError::UnknownDataset { name: "isic-2017".into(), known: known.clone() };
        assert_eq!(error.hint().unwrap(), "did you mean `isic2017`?");
        assert!(error.is_usage());
        assert!(DatasetError::UnknownDataset { name: "coco".into(), known }.hint().is_none());
    }

    #[test]
    fn twenty_problems_are_listed_and_the_rest_counted() {
        let problems = (0..23).map(|i| PairProblem::new(format!("images/{i}.jpg"), "is cut short")).collect();
        let text = DatasetError::Pairs { folder: "copy".into(), problems }.to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines.len(), lines[0], lines[21]), (22, "copy: 23 problems", "  and 3 more"));
        assert_eq!(lines[20], "  images/19.jpg: is cut short");
    }
}
