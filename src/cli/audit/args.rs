//! What is typed of `audit`.

use std::path::PathBuf;

use clap::Args;

/// Which claims to audit, and how much to say.
#[derive(Debug, Args)]
pub(in crate::cli) struct AuditArguments {
    /// The claims file
    #[arg(value_name = "CLAIMS")]
    pub claims: PathBuf,
    /// Tell what holds as well, each with its arithmetic
    #[arg(long)]
    pub all: bool,
    /// End with code 1 if a number doesn't follow from what it is said of
    #[arg(long)]
    pub check: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
