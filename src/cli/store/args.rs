//! What is typed after `ege-bench store`, `explain` and `compare`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::cli::args::JsonArguments;
use crate::cli::{duration, size};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum StoreCommand {
    /// List every run of the results folder
    #[command(after_help = "Example:\n  ege-bench store list --results results --json")]
    List(JsonArguments),
    /// Show everything that is known about a run
    #[command(after_help = "Example:\n  ege-bench store show ege-unet-s42")]
    Show(ShowArguments),
    /// Free disk space: checkpoints of runs that are done, and what else is asked for
    ///
    /// Without --yes it only lists what would go. Runs that a process works on are left alone. The counts and weights of
    /// a run that is done go only where the run is named.
    #[command(
        after_help = "Examples:\n  ege-bench store prune\n  ege-bench store prune --failed --older-than 7d --yes\n  \
                            ege-bench store prune --unplanned experiments/isic2017.toml"
    )]
    Prune(PruneArguments),
    /// Put runs that are done into one portable archive, with a manifest and checksums
    ///
    /// An archive holds each run's record, epochs, counts, best weights and log. It never holds images. Predicted masks
    /// are left out unless asked for: they are derived from images, whose licence may not allow to pass them on. The same
    /// runs give the same bytes.
    #[command(after_help = "Example:\n  ege-bench store export ege-unet-s42 --to ege-unet-s42.tar.gz")]
    Export(ExportArguments),
    /// Take the runs of an archive into the results folder
    ///
    /// Every byte is checked first: manifest, checksums, formats, ids, counts. A run that is there already is skipped
    /// where its bytes are equal, and never overwritten.
    #[command(after_help = "Example:\n  ege-bench store import ege-unet-s42.tar.gz --results results")]
    Import(ImportArguments),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ShowArguments {
    /// A run: its id, the beginning of its id, or the path of its folder
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct PruneArguments {
    /// Runs that go whatever they are, with their counts and weights: ids, or beginnings of ids
    #[arg(value_name = "RUN")]
    pub runs: Vec<String>,
    /// Runs that failed go
    #[arg(long)]
    pub failed: bool,
    /// Runs that none of these experiments asks for go; of those that are done, the checkpoints
    #[arg(long, value_name = "EXPERIMENT", num_args = 1..)]
    pub unplanned: Vec<PathBuf>,
    /// Only what ended longer ago than this, such as 12h or 7d
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub older_than: Option<Duration>,
    /// Remove it, instead of listing it
    #[arg(long)]
    pub yes: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ExportArguments {
    /// Runs that are done: ids, beginnings of ids, or paths of their folders
    #[arg(value_name = "RUN", required = true)]
    pub runs: Vec<String>,
    /// The archive, a .tar.gz file
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
    #[command(flatten)]
    pub contents: ContentsArguments,
    /// Replace a file that is there
    #[arg(long)]
    pub replace: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What goes into an archive on request.
#[derive(Debug, Args)]
pub(in crate::cli) struct ContentsArguments {
    /// Put predicted masks in, too: check first that the images' licence allows to pass on what is derived from them
    #[arg(long)]
    pub with_masks: bool,
    /// Put checkpoints in, too
    #[arg(long)]
    pub with_checkpoints: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ImportArguments {
    /// An archive of `ege-bench store export`
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Refuse an archive whose files have more bytes together, such as 500MB
    #[arg(long, value_name = "SIZE", default_value = "8GB", value_parser = size::parse)]
    pub max_size: u64,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ExplainArguments {
    /// A run: its id, the beginning of its id, or the path of its folder
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Say whether this experiment asks for the run, and if not, in what the one that it asks for differs
    #[arg(long, value_name = "FILE")]
    pub experiment: Option<PathBuf>,
    /// Change a value of the experiment for this time, such as train.epochs=2; may be given more than once
    #[arg(long, value_name = "KEY=VALUE", requires = "experiment")]
    pub set: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CompareArguments {
    /// A run that is done: its id, the beginning of its id, or the path of its folder
    #[arg(value_name = "A")]
    pub a: String,
    /// Another one
    #[arg(value_name = "B")]
    pub b: String,
    /// Where the runs report on different images, compare those that both report on
    #[arg(long)]
    pub common: bool,
    /// End with exit code 1 unless weights and counts are equal bit by bit
    #[arg(long)]
    pub check: bool,
    /// Print JSON, with every image
    #[arg(long)]
    pub json: bool,
}
