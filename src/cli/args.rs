//! What is typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use super::audit::args::AuditArguments;
use super::data::args::DataCommand;
use super::duration;
use super::exit_code::ExitCode;
use super::fake_option::TrainerOption;
use super::precision::PrecisionOption;
use super::printer::Color;
use super::status::interval;
use super::store::args::{CompareArguments, ExplainArguments, StoreCommand};
use super::verify::args::VerifyArguments;
use crate::cost::Convention;
use crate::dataset::DEFAULT_SIZE;
use crate::kernel::Kernels;

/// Where prepared data is, unless told otherwise.
pub(super) const DEFAULT_DATA: &str = "data";

/// Reproducible experiments and benchmarks for light medical image segmentation.
#[derive(Debug, Parser)]
#[command(
    name = "ege-bench",
    version,
    max_term_width = 110,
    after_help = "Example:\n  ege-bench run experiments/quickstart.toml",
    after_long_help = long_help()
)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

fn long_help() -> String {
    format!("Example:\n  ege-bench run experiments/quickstart.toml\n\n{}", ExitCode::table())
}

/// Options of every command.
#[derive(Debug, Args)]
pub(super) struct Global {
    /// Where results go
    #[arg(long, global = true, value_name = "DIR", env = "EGE_BENCH_RESULTS", default_value = "results")]
    pub results: PathBuf,
    /// Where prepared data is
    #[arg(long, global = true, value_name = "DIR", env = "EGE_BENCH_DATA", default_value = DEFAULT_DATA)]
    pub data: PathBuf,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub color: Color,
    /// Say nothing but results, warnings and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// On what networks run: cpu, libtorch, or libtorch:cuda:N; `run` takes several, separated by commas, and
    /// libtorch:cuda for every card that it sees
    #[arg(long, global = true, value_name = "DEVICE", env = "EGE_BENCH_DEVICE", default_value = "cpu")]
    pub device: String,
    #[arg(long, global = true, hide = true, value_name = "TRAINER", default_value = "native")]
    pub trainer: TrainerOption,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show which runs an experiment asks for, and why each is due or isn't
    #[command(after_help = "Examples:\n  ege-bench plan experiments/isic2017.toml\n  \
                            ege-bench plan experiments/isic2017.toml --set train.epochs=2 --json")]
    Plan(PlanArguments),
    /// Make the runs that are due, and write the report
    ///
    /// Runs that are done are skipped, interrupted ones go on from their last checkpoint: Ctrl-C saves one after the
    /// training step under way, a run that is killed has one of its last complete epoch. Runs that failed stay so until
    /// they are to be tried again. Several processes may work on one experiment: none does what another one does.
    #[command(after_help = "Examples:\n  ege-bench run experiments/quickstart.toml\n  \
                            ege-bench run experiments/isic2017.toml --set train.epochs=5 --threads 2")]
    Run(RunArguments),
    /// Work on one run, as `run` assigns it
    #[command(hide = true)]
    Work(WorkArguments),
    /// Show how far each run of an experiment is
    #[command(after_help = "Examples:\n  ege-bench status experiments/isic2017.toml\n  \
                            ege-bench status experiments/isic2017.toml --watch\n  \
                            ege-bench status experiments/isic2017.toml --watch=60 --json >> status.jsonl")]
    Status(StatusArguments),
    /// Write the report of an experiment from what is there, without training
    #[command(after_help = "Examples:\n  ege-bench report experiments/isic2017.toml --results results\n  \
                            ege-bench report experiments/isic2017.toml --check")]
    Report(ReportArguments),
    /// Check whether a paper's numbers can be true, without training anything
    ///
    /// Arithmetic of the tables (IoU against Dice, all metrics of a row from one confusion matrix, spreads, ratios), claimed
    /// costs against the networks, and faults of the protocol: how the epoch was selected, and images that are in two
    /// parts of the split. Images are compared where the data set is prepared.
    #[command(after_help = "Examples:\n  ege-bench audit claims/ege-unet.toml\n  \
                            ege-bench audit claims/malunet.toml --all --json")]
    Audit(AuditArguments),
    /// Look at data sets and import them
    #[command(subcommand, after_help = "Example:\n  ege-bench data import isic2017 path/to/isic2017")]
    Data(DataCommand),
    /// Measure how long a network takes
    #[command(
        subcommand,
        after_help = "Example:\n  ege-bench bench train --model ege-unet --batch-size 8 --threads 2"
    )]
    Bench(BenchCommand),
    /// Judge weights on a split, or on a folder of images with masks: counts and every metric
    ///
    /// Files that can't be used are named and left out, and the exit code says so.
    #[command(after_help = "Examples:\n  ege-bench evaluate results/runs/ID --split paper\n  \
                            ege-bench evaluate best.pth --model ege-unet --folder path/to/pairs --json")]
    Evaluate(EvaluateArguments),
    /// Predict masks of pictures of any size
    ///
    /// For each picture a mask and an overlay, both PNG at the picture's own size, named after it. Pictures that can't be used are
    /// named and left out, and the exit code says so.
    #[command(after_help = "Example:\n  ege-bench predict results/runs/ID photo.jpg more/ --out masks")]
    Predict(PredictArguments),
    /// Make a report again from the stored runs, or execute a run again, and compare byte for byte
    ///
    /// With an EXPERIMENT, every table and the page of its report are made anew from the runs and compared with the files that
    /// stand there; a byte of difference ends with code 1.
    ///
    /// With --rerun, the run's settings, seed and data come from its record; it is executed from the beginning, in a temporary folder, and the
    /// stored run stays as it is. Compared are the values of every epoch (no times), the selected epoch, its weights and
    /// the counts of every reported image. Where a device class can't promise the same bits, `--times` measures how far apart
    /// executions of one seed land. Ends with code 1 where the run doesn't repeat.
    #[command(after_help = "Examples:\n  ege-bench verify experiments/isic2017.toml\n  \
                            ege-bench verify --rerun ege-unet-s42-0a1b\n  \
                            ege-bench verify --rerun results/runs/ID --epochs 2 --threads 1\n  \
                            ege-bench verify --rerun ID --times 5 --tolerance 0.1")]
    Verify(VerifyArguments),
    /// Look at stored runs, free disk space, and pass runs on
    #[command(
        subcommand,
        after_help = "Examples:\n  ege-bench store list\n  ege-bench store export RUN --to run.tar.gz"
    )]
    Store(StoreCommand),
    /// Say why a run would be made again, or why not
    ///
    /// Its state, and whether its data, its split, its encoder's weights and this build are what it was made with. A run
    /// is done again only where one of those that are part of its id changed.
    #[command(
        after_help = "Example:\n  ege-bench explain ege-unet-s42 --experiment experiments/isic2017.toml"
    )]
    Explain(ExplainArguments),
    /// Compare two runs: settings, provenance, metrics, and image by image
    #[command(after_help = "Examples:\n  ege-bench compare ege-unet-s42 ege-unet-s43\n  \
                            ege-bench compare results/runs/ID other/runs/ID --check")]
    Compare(CompareArguments),
    /// Say on what this build can run here: what is built in, what was found, what is missing and what mends it
    ///
    /// With --self-test, the device of --device computes with every network and is compared with the built-in path. Ends with
    /// code 1 where it computes something else.
    #[command(
        after_help = "Examples:\n  ege-bench doctor\n  ege-bench doctor --self-test --device libtorch --json"
    )]
    Doctor(DoctorArguments),
    /// Look at networks
    #[command(subcommand, after_help = "Example:\n  ege-bench model show ege-unet")]
    Model(ModelCommand),
}

/// An experiment.
#[derive(Debug, Args)]
pub(super) struct ExperimentArguments {
    /// The experiment's file
    #[arg(value_name = "EXPERIMENT")]
    pub experiment: PathBuf,
    /// Change a value of the file for this time, such as train.epochs=2; may be given more than once
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct ReportArguments {
    #[command(flatten)]
    pub experiment: ExperimentArguments,
    /// End with code 1 if a claimed number about one of the experiment's networks isn't reproduced
    #[arg(long)]
    pub check: bool,
}

#[derive(Debug, Args)]
pub(super) struct PlanArguments {
    #[command(flatten)]
    pub experiment: ExperimentArguments,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(super) struct StatusArguments {
    #[command(flatten)]
    pub plan: PlanArguments,
    /// Look again every so many seconds [default: 2] until no run is left to be made or Ctrl-C; on a terminal the table is
    /// drawn in place, elsewhere a line tells of each change, and with --json a JSON object a line holds the runs that
    /// changed
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "2",
          value_parser = interval)]
    pub watch: Option<Duration>,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that is typed or isn't")]
pub(super) struct RunArguments {
    #[command(flatten)]
    pub experiment: ExperimentArguments,
    /// Runs to work on at the same time, each in a process of its own with its share of the threads [default: one for each
    /// device]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Runs to work on at the same time on each device at most [default: as many as --jobs asks for]; small networks leave room
    /// for several on a graphics card, and where it has too little memory for that it gets fewer
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs_per_device: Option<u16>,
    /// Threads of all jobs together [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Which implementation of the operations runs: fused, or plain for comparison
    #[arg(long, value_name = "KERNELS", default_value_t)]
    pub kernels: Kernels,
    /// Make at most N of the runs that are due
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
    /// Stop at a checkpoint before this much time has passed, such as 90s, 45m or 1h30m, with exit code 5; a tenth of
    /// it, at most a minute, is kept for the step under way and the checkpoint
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub time_limit: Option<Duration>,
    /// Stop after the first run that fails, instead of going on with the others
    #[arg(long)]
    pub fail_fast: bool,
    /// Try runs again that failed before, from their last checkpoints
    #[arg(long)]
    pub retry_failed: bool,
    /// Don't wait for runs that other processes work on; without it they are taken over if those processes die
    #[arg(long)]
    pub no_wait: bool,
    /// Write TensorBoard event files beside each run's epochs (`tensorboard --logdir results/runs`); runs that are done
    /// already get none
    #[arg(long)]
    pub tensorboard: bool,
}

#[derive(Debug, Args)]
pub(super) struct DoctorArguments {
    /// Compute with every network on the device of --device and compare with the built-in path
    #[arg(long)]
    pub self_test: bool,
    /// Threads [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(super) struct WorkArguments {
    /// Threads of a training step
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: u16,
    /// Which implementation of the operations runs
    #[arg(long, value_name = "KERNELS", default_value_t)]
    pub kernels: Kernels,
    /// Write TensorBoard event files
    #[arg(long)]
    pub tensorboard: bool,
}

#[derive(Debug, Args)]
pub(super) struct JsonArguments {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum BenchCommand {
    /// Measure whole training steps: forward, loss, backward, update
    #[command(
        after_help = "Example:\n  ege-bench bench train --model ege-unet --batch-size 8 --threads 2 --json"
    )]
    Train(BenchArguments),
    /// Measure predictions
    #[command(
        after_help = "Example:\n  ege-bench bench infer --model ege-unet --batch-size 1 --threads 2 --json"
    )]
    Infer(BenchArguments),
}

#[derive(Debug, Args)]
pub(super) struct BenchArguments {
    /// The network, as `ege-bench model list` shows it
    #[arg(long, value_name = "MODEL", default_value = "ege-unet")]
    pub model: String,
    /// Images at once [default: 8 for training, 1 for prediction]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub batch_size: Option<u16>,
    /// Height and width of the images in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = DEFAULT_SIZE)]
    pub size: usize,
    /// Threads [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Repetitions that count, after a quarter as many that don't
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub repetitions: u32,
    /// Which implementation of the operations runs: fused or plain
    #[arg(long, value_name = "KERNELS", default_value_t)]
    pub kernels: Kernels,
    /// In what a training step computes: f32 or bf16
    #[arg(long, value_name = "PRECISION", value_enum, default_value_t)]
    pub precision: PrecisionOption,
    /// Show what each kernel takes on one thread, beside what it would take at least
    #[arg(long)]
    pub profile: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// A network with weights.
#[derive(Debug, Args)]
pub(super) struct WeightsArguments {
    /// A weights file (.safetensors, .pth, .pt; ours or the original code's), or the folder of a run, whose best
    /// weights are taken
    #[arg(value_name = "WEIGHTS")]
    pub weights: PathBuf,
    /// The network of a weights file, as `ege-bench model list` shows it [default: ege-unet]
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// Height and width that images are brought to, in pixels [default: the run's, else 256]
    #[arg(long, value_name = "PIXELS")]
    pub size: Option<usize>,
}

#[derive(Debug, Args)]
pub(super) struct EvaluateArguments {
    #[command(flatten)]
    pub weights: WeightsArguments,
    /// The data set, as `ege-bench data list` shows it [default: isic2017]
    #[arg(long, value_name = "DATASET", conflicts_with = "folder")]
    pub dataset: Option<String>,
    /// The split whose reported images are judged
    #[arg(long, value_name = "SPLIT", default_value = "paper", conflicts_with = "folder")]
    pub split: String,
    /// A folder that holds images/ and masks/, instead of a data set
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// Threads [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Print JSON, with the counts of every image
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(super) struct PredictArguments {
    #[command(flatten)]
    pub weights: WeightsArguments,
    /// Pictures, JPEG or PNG, or folders of them
    #[arg(value_name = "PICTURE", required = true)]
    pub pictures: Vec<PathBuf>,
    /// Where masks and overlays go
    #[arg(long, value_name = "DIR", default_value = "predictions")]
    pub out: PathBuf,
    /// Write no overlays
    #[arg(long)]
    pub no_overlay: bool,
    /// Threads [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Print JSON: area, boundary and bounds of each lesion
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum ModelCommand {
    /// Show the networks that there are
    #[command(after_help = "Example:\n  ege-bench model list")]
    List(JsonArguments),
    /// Show a network layer by layer: shapes, parameters and multiply-accumulates, counted from the executed graph
    #[command(after_help = "Example:\n  ege-bench model show ege-unet --json")]
    Show(ShowArguments),
    /// Show what networks cost beside one another, counted from their executed graphs
    ///
    /// Conv MACs are what the paper calls FLOPs; FLOPs are all operations, a multiply-accumulate as two. Other counters
    /// have other rules: --convention shows theirs.
    #[command(after_help = "Examples:\n  ege-bench model cost\n  \
                            ege-bench model cost ege-unet unet --convention thop")]
    Cost(CostArguments),
}

#[derive(Debug, Args)]
pub(super) struct CostArguments {
    /// Names of networks, as `ege-bench model list` shows them [default: all]
    #[arg(value_name = "MODEL")]
    pub models: Vec<String>,
    /// Height and width of the image in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = DEFAULT_SIZE)]
    pub size: usize,
    /// Count parameters and operations by this rule: paper, flops, or as the counters thop or torch do
    #[arg(long, value_name = "CONVENTION")]
    pub convention: Option<Convention>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ShowArguments {
    /// The network's name, as `ege-bench model list` shows it
    pub model: String,
    /// Height and width of the image in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = DEFAULT_SIZE)]
    pub size: usize,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_commands_are_consistent() {
        Arguments::command().debug_assert();
    }
}
