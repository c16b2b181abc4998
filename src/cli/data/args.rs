//! What is typed of `ege-bench data`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::args::JsonArguments;
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
    /// Check whether what is prepared is what it was
    ///
    /// Header, length and metadata of every prepared file, and the tree hash of the copy that it was made of against
    /// datasets.lock; with --deep the checksum of every image and mask.
    #[command(after_help = "Example:\n  ege-bench data verify isic2017 --deep")]
    Verify(VerifyArguments),
    /// Write a prepared image beside its mask as a picture
    #[command(after_help = "Example:\n  ege-bench data show ISIC_0000000 --output pair.png")]
    Show(ShowArguments),
    /// Remove unfinished files, and prepared data that no experiment needs
    ///
    /// Without --yes it only says what would go.
    #[command(
        after_help = "Examples:\n  ege-bench data prune\n  ege-bench data prune experiments/*.toml --yes"
    )]
    Prune(PruneArguments),
    /// Check a folder of images and masks and prepare it for training
    ///
    /// The folder holds images/ and masks/ with a file for each image, named by its ISIC id. Every pair is
    /// checked; the result is one checksummed file.
    #[command(after_help = "Example:\n  ege-bench data import isic2017 path/to/isic2017 --size 256")]
    Import(ImportArguments),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyArguments {
    /// A data set's name; all that is prepared where none is named
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
    /// The image's id, such as ISIC_0000000
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
pub(in crate::cli) struct ImportArguments {
    /// The data set's name, as `ege-bench data list` shows it
    pub dataset: String,
    /// The folder that holds images/ and masks/
    pub folder: PathBuf,
    /// Height and width of the prepared images in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = DEFAULT_SIZE)]
    pub size: usize,
    /// The kernel that resizes images and masks of another size
    #[arg(long, value_name = "KERNEL", default_value = "bilinear-antialias")]
    pub resize: ResizeOption,
    /// Replace an earlier import even where it holds images that the folder lacks
    #[arg(long)]
    pub replace: bool,
}
