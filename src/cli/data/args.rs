//! What is typed of `ege-bench data`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::args::JsonArguments;
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
    /// Check a folder of images and masks and prepare it for training
    ///
    /// The folder holds images/ and masks/ with a file for each image, named by its ISIC id. Every pair is
    /// checked; the result is one checksummed file.
    #[command(after_help = "Example:\n  ege-bench data import isic2017 path/to/isic2017 --size 256")]
    Import(ImportArguments),
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
    /// The folder that holds images/ and masks/
    pub folder: PathBuf,
    /// Height and width of the prepared images in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = DEFAULT_SIZE)]
    pub size: usize,
    /// Replace an earlier import even where it holds images that the folder lacks
    #[arg(long)]
    pub replace: bool,
}
