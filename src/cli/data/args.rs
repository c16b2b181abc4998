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
    /// Check a folder of images and masks and prepare it for training
    ///
    /// The folder holds images/ and masks/ with a file for each image, named by its ISIC id. Every pair is
    /// checked; the result is one checksummed file.
    #[command(after_help = "Example:\n  ege-bench data import isic2017 path/to/isic2017 --size 256")]
    Import(ImportArguments),
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
