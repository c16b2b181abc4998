//! What is typed of `verify`.

use std::path::PathBuf;

use clap::Args;

use crate::kernel::Kernels;

#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyArguments {
    /// The experiment whose report is made again from the stored runs and compared byte for byte
    #[arg(value_name = "EXPERIMENT", conflicts_with = "rerun")]
    pub experiment: Option<PathBuf>,
    /// Change a value of the experiment's file, as when its runs were made
    #[arg(long, value_name = "KEY=VALUE", conflicts_with = "rerun")]
    pub set: Vec<String>,
    /// The run to execute again: its id, the beginning of its id, or its folder
    #[arg(long, value_name = "RUN")]
    pub rerun: Option<PathBuf>,
    /// Stop after epoch N and compare the epochs until there [default: all that the run has]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..),
          conflicts_with_all = ["times", "tolerance"])]
    pub epochs: Option<u32>,
    /// Execute the run K times; from 2 on the same-seed noise floor is measured and kept with the run
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub times: u32,
    /// How far pooled IoU may be from the stored run's, in percentage points, on a device class that doesn't promise the same bits;
    /// needs `--times 2` or more, and must not be below the noise floor
    #[arg(long, value_name = "POINTS", value_parser = points)]
    pub tolerance: Option<f64>,
    /// The files of trained weights that the run started from: a record names them by their SHA-256 only
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub encoder_weights: Vec<PathBuf>,
    /// Where the run's images lie now, if they came from a folder of your own [default: where they lay]; what lies there has to be
    /// what the run saw
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// Keep what the repeats leave in this folder, which is new or empty
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// Threads of a training step; they don't change the bits [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Which implementation of the operations runs: fused or plain [default: the run's]
    #[arg(long, value_name = "KERNELS")]
    pub kernels: Option<Kernels>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Percentage points, from 0 to 100.
fn points(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "a number of percentage points is expected".to_owned())?;
    if (0.0..=100.0).contains(&value) {
        Ok(value)
    } else {
        Err("percentage points are from 0 to 100".to_owned())
    }
}
