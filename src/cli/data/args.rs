//! What is typed of `ege-bench data`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::cli::args::JsonArguments;
use crate::cli::duration;
use crate::cli::resize::ResizeOption;
use crate::dataset::DEFAULT_SIZE;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum DataCommand {
    /// Show the data sets and splits that there are
    #[command(after_help = "Example:\n  ege-bench data list")]
    List(JsonArguments),
    /// Show what is imported, and whether it is whole
    #[command(after_help = "Example:\n  ege-bench data status --json")]
    Status(JsonArguments),
    /// Show a split: its lists, where they come from, and whether published numbers agree with them
    ///
    /// SPLIT is a name of `ege-bench data list`; any of them with -without-leaks, which leaves out images that look like
    /// others on which a run is judged; a fold of a cross-validation such as fold-2-of-5 or fold-2-of-5-seed-7; or own lists
    /// that --from kept. All of them are names for `split` in an experiment file.
    #[command(after_help = "Examples:\n  ege-bench data split isic2017 paper --explain\n  \
                            ege-bench data split isic2017 paper --exclude-leaks --write lists/clean\n  \
                            ege-bench data split isic2017 mine --from lists/mine")]
    Split(SplitArguments),
    /// Look for images that look the same, within and across the parts of a split
    ///
    /// Prepared images are compared with one another at 32x32, turned by quarters and mirrored; cropped copies aren't found.
    #[command(after_help = "Example:\n  ege-bench data leaks isic2017 --split paper")]
    Leaks(LeaksArguments),
    /// Check whether what is prepared is what it was
    ///
    /// Header, length and metadata of every prepared file, and the tree hash of the copy that it was made of against
    /// datasets.lock; with --deep the checksum of every image and mask. A folder of your own is compared with what was prepared
    /// of it: by names, lengths and times of its files, with --deep by preparing every pair again.
    #[command(after_help = "Example:\n  ege-bench data verify isic2017 --deep")]
    Verify(VerifyArguments),
    /// Write a prepared image beside its mask as a picture
    #[command(after_help = "Example:\n  ege-bench data show ISIC_0000000 --output pair.png")]
    Show(ShowArguments),
    /// Remove unfinished files, and prepared data that no experiment needs
    ///
    /// Without --yes it only says what would go. Without an experiment, what is prepared stays: it says what each file is, and
    /// which stored runs, and which experiments of the folder experiments/, need it.
    #[command(
        after_help = "Examples:\n  ege-bench data prune\n  ege-bench data prune experiments/*.toml --yes"
    )]
    Prune(PruneArguments),
    /// Fetch the official archives of a data set: the only command that touches the network
    ///
    /// Its licence is accepted once. An interrupted fetch goes on where it stopped, over all hosts that are known; what is
    /// there and right isn't fetched again. Each archive is compared with the checksums of datasets.lock; one that
    /// differs is kept under another name and refused. Archives land in archives/DATASET of the data folder.
    ///
    /// A proxy is taken from the environment: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` (http://NAME:PASSWORD@HOST:PORT) and
    /// `NO_PROXY`. `SSL_CERT_FILE` names a PEM file of certificate authorities that count instead of those that this program
    /// knows, for a proxy that looks into connections; the system's bundle has both.
    #[command(after_help = "Examples:\n  ege-bench data fetch isic2017 --accept-licence CC0-1.0\n  \
                            ege-bench data fetch isic2018 --part training,validation\n  \
                            ege-bench data fetch isic2017 --mirror https://mirror.example.org/isic2017")]
    Fetch(FetchArguments),
    /// Add what was seen of fetched archives to the datasets.lock of a checkout
    ///
    /// SHA-256, size and day of each archive that lies in the data folder. What stands in the file stays, comments
    /// included; where it says anything else, nothing is written and both values are told.
    #[command(after_help = "Example:\n  ege-bench data lock isic2017 --file datasets.lock")]
    Lock(LockArguments),
    /// Check images and masks that you have and prepare them for training
    ///
    /// Whatever you have of the data set: the official zip archives, which needn't be unpacked; the folders that they
    /// unpack to; a resized copy with images/ and masks/; the authors' train/images, train/masks, val/images and val/masks;
    /// several of them at once. Without a path it takes what `data fetch` fetched. Files are named by their ISIC ids.
    /// It says what it recognised, what is missing and what it passed over. Every pair is checked; the result is one
    /// checksummed file.
    #[command(after_help = "Examples:\n  ege-bench data import isic2017 path/to/isic2017 --size 256\n  \
                            ege-bench data import isic2017 ISIC-2017_Training_Data.zip \
                            ISIC-2017_Training_Part1_GroundTruth.zip\n  ege-bench data import isic2017")]
    Import(ImportArguments),
    /// Prepare fetched archives for training, at another size or by another kernel too
    ///
    /// As `data import` without a path: images are read from the archives, which aren't unpacked. A command that was
    /// interrupted goes on where it stopped.
    #[command(after_help = "Examples:\n  ege-bench data prepare isic2017\n  \
                            ege-bench data prepare isic2017 --size 512 --resize area")]
    Prepare(PrepareArguments),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct PrepareArguments {
    /// The data set's name, as `ege-bench data list` shows it
    pub dataset: String,
    #[command(flatten)]
    pub preparation: PreparationArguments,
}

/// How images are prepared, wherever they come from.
#[derive(Debug, Args)]
pub(in crate::cli) struct PreparationArguments {
    /// Height and width of the prepared images in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = DEFAULT_SIZE)]
    pub size: usize,
    /// The kernel that resizes images and masks of another size
    #[arg(long, value_name = "KERNEL", default_value = "bilinear-antialias")]
    pub resize: ResizeOption,
    /// Replace what was prepared before even where it holds images that are missing now
    #[arg(long)]
    pub replace: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyArguments {
    /// A data set's name, or `folder` for folders of your own [default: all that is prepared]
    pub dataset: Option<String>,
    /// Verify every byte of images and masks, not only what a file says of itself
    #[arg(long)]
    pub deep: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ShowArguments {
    /// The image's id: its name without the ending
    pub id: String,
    /// The data set to take it from, or `folder` for a folder of your own
    #[arg(long)]
    pub dataset: Option<String>,
    /// Height and width of the prepared images in pixels
    #[arg(long, value_name = "PIXELS")]
    pub size: Option<usize>,
    /// The kernel that resized them
    #[arg(long, value_name = "KERNEL")]
    pub resize: Option<ResizeOption>,
    /// The picture to write; ID.png in the working directory where none is named
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Replace the picture if it is there already
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct PruneArguments {
    /// Experiments whose data stays; what none of them needs goes. Only unfinished files go where none is named
    #[arg(value_name = "EXPERIMENT")]
    pub experiments: Vec<PathBuf>,
    /// Only say what would go, as without --yes
    #[arg(long)]
    pub dry_run: bool,
    /// Remove it
    #[arg(long, conflicts_with = "dry_run")]
    pub yes: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct FetchArguments {
    /// The data set's name, as `ege-bench data list` shows it
    pub dataset: String,
    /// Fetch only this part: training, validation, test, or the name of an archive; may be given more than once
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    pub part: Vec<String>,
    /// Accept the licence of this SPDX identifier; noted in the data folder
    #[arg(long, value_name = "LICENCE")]
    pub accept_licence: Option<String>,
    /// Fetch from below this address instead of the publisher's; may be given more than once
    #[arg(long, value_name = "URL")]
    pub mirror: Vec<String>,
    /// Read another lock file than the one in this program, such as one of a mirror with archives of its own
    #[arg(long, value_name = "FILE")]
    pub lock: Option<PathBuf>,
    /// Give an archive up after N rounds over all hosts that brought nothing; the waits between them double
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub retries: u32,
    /// Give a connection up on which nothing comes for so long
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration::parse)]
    pub patience: Duration,
    #[arg(long, hide = true, value_name = "MILLISECONDS", default_value_t = 1000)]
    pub pause: u64,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct LockArguments {
    /// The data set's name [default: all of which archives were fetched]
    pub dataset: Option<String>,
    /// The lock file
    #[arg(long, value_name = "FILE", default_value = "datasets.lock")]
    pub file: PathBuf,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct SplitArguments {
    /// The data set's name, as `ege-bench data list` shows it
    pub dataset: String,
    /// The split's name
    #[arg(default_value = "paper")]
    pub split: String,
    /// Compare published numbers with the prepared images, and with those of random splits
    #[arg(long)]
    pub explain: bool,
    /// The split without its leaks, as if -without-leaks stood behind its name
    #[arg(long)]
    pub exclude_leaks: bool,
    /// Keep the lists train.txt, select.txt and report.txt of this folder as a split of that name
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["exclude_leaks", "write"])]
    pub from: Option<PathBuf>,
    /// Write the lists train.txt, select.txt and report.txt into this folder
    #[arg(long, value_name = "FOLDER")]
    pub write: Option<PathBuf>,
    /// Height and width of the prepared images to look at, in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = DEFAULT_SIZE)]
    pub size: usize,
    #[command(flatten)]
    pub json: JsonArguments,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct LeaksArguments {
    /// The data set's name, as `ege-bench data list` shows it
    pub dataset: String,
    /// The split whose parts are told; images outside of it are left out
    #[arg(long, value_name = "SPLIT", default_value = "paper")]
    pub split: String,
    /// Height and width of the prepared images to compare, in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = DEFAULT_SIZE)]
    pub size: usize,
    #[command(flatten)]
    pub json: JsonArguments,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ImportArguments {
    /// The data set's name, as `ege-bench data list` shows it
    pub dataset: String,
    /// Zip archives, and folders of them or of images and masks [default: what was fetched]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub preparation: PreparationArguments,
}
