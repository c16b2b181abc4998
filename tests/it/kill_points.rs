//! A short real training, killed with SIGKILL at random moments and started again, ends with the same bits.
//!
//! `EGE_BENCH_KILL_POINTS` kills are drawn from `EGE_BENCH_KILL_SEED`. Each is one of three kinds: at a moment of the
//! training's whole time, as soon as the next unfinished file is seen, or shortly after a request to stop, so that
//! it falls into the middle of an epoch's checkpoint.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test that called it")]

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ege_bench::random::{self, Stream};
use ege_bench::store::{EpochEvent, RunFolder, RunState};
use safetensors::SafeTensors;

use super::fake_sweep::timeless;
use super::program::Program;

const EXPERIMENT: &str = r#"
name = "small"

[data]
dataset = "synthetic-lesions"
train-images = 32
validation-images = 6
size = 32

[train]
epochs = 6
batch-size = 4
seeds = [42]

[model.ege-unet]
"#;

/// Of the experiment above.
const EPOCHS: usize = 6;

/// All that must be the same.
#[derive(Debug, PartialEq)]
struct End {
    best: Vec<u8>,
    counts: Vec<u8>,
    events: Vec<EpochEvent>,
    /// Weights and moments by name: type, shape, bytes.
    tensors: BTreeMap<String, String>,
    /// The optimizer's step and where the training stands, without its seconds.
    progress: BTreeMap<String, serde_json::Value>,
}

impl End {
    fn of(run: &Path) -> Self {
        let folder = RunFolder::new(run.to_owned());
        let checkpoint = folder.checkpoint().unwrap().unwrap();
        let (_, metadata) = SafeTensors::read_metadata(&checkpoint.payload).unwrap();
        let tensors = SafeTensors::deserialize(&checkpoint.payload).unwrap();
        let tensor = |name: &str| {
            let view = tensors.tensor(name).unwrap();
            format!("{:?} {:?} {:02x?}", view.dtype(), view.shape(), view.data())
        };
        let mut progress: BTreeMap<String, serde_json::Value> = metadata
            .metadata()
            .iter()
            .flatten()
            .map(|(key, text)| (key.clone(), serde_json::from_str(text).unwrap()))
            .collect();
        let seconds = progress.get_mut("progress").unwrap().as_object_mut().unwrap().remove("seconds");
        assert!(seconds.unwrap().as_f64().unwrap() > 0.0);
        Self {
            best: folder.best_weights().unwrap(),
            counts: fs_err::read(run.join("counts.jsonl")).unwrap(),
            events: timeless(&folder).unwrap(),
            tensors: tensors.names().into_iter().map(|name| (name.to_owned(), tensor(name))).collect(),
            progress,
        }
    }
}

/// The command in a process group of its own, which ends with this value.
struct Group(Child);

impl Group {
    fn start(program: &Program, threads: u64) -> Self {
        let mut command = program.bare(&["run", "small.toml", "--threads", &threads.to_string()]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        Self(command.spawn().unwrap())
    }

    /// Sends a signal to the command and to all that it started; false if there is nobody left.
    fn signal(&self, name: &str) -> bool {
        let group = format!("-{}", self.0.id());
        let sent = Command::new("kill").args(["-s", name, "--", &group]).stderr(Stdio::null()).status();
        sent.unwrap().success()
    }

    fn has_ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }

    /// Kills it; its exit code if it had ended before. A request to stop that comes too early kills as well.
    fn kill(mut self) -> Option<i32> {
        let ended = self.0.try_wait().unwrap();
        self.signal("KILL");
        self.0.wait().unwrap();
        ended.and_then(|status| status.code())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal("KILL");
        // It may have been waited for.
        drop(self.0.wait());
    }
}

/// True if a file of the run is half written: one that isn't named yet, or a torn line.
fn is_torn(run: &Path) -> bool {
    let unfinished = ["", "checkpoint", "masks"].iter().any(|folder| {
        let entries = fs_err::read_dir(run.join(folder)).into_iter().flatten().flatten();
        entries.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with(".unfinished-"))
    });
    let events = fs_err::read(run.join("events.jsonl")).unwrap_or_default();
    unfinished || events.last().is_some_and(|&byte| byte != b'\n')
}

/// Where the kill found the run, and how many of its epochs were saved.
fn phase(program: &Program) -> (&'static str, usize) {
    let runs = program.runs();
    let Some(run) = runs.first() else { return ("before the first checkpoint", 0) };
    let folder = RunFolder::new(run.clone());
    let saved = folder.checkpoint().unwrap().map_or(0, |checkpoint| checkpoint.epochs_done);
    let phase = match folder.record().unwrap().map(|record| record.state) {
        _ if is_torn(run) => "during a write",
        Some(RunState::Done { .. }) => "after it was done",
        Some(RunState::Interrupted { .. }) => "after a stop",
        _ if saved == EPOCHS => "after the last epoch",
        _ if saved > 0 => "mid-epoch",
        _ => "before the first checkpoint",
    };
    (phase, saved)
}

/// Starts the training and kills it within about `time`; its exit code if it ended before.
fn kill_once(program: &Program, time: Duration, draws: &mut Stream) -> Option<i32> {
    let mut group = Group::start(program, 1 + draws.below(2));
    let begun = Instant::now();
    let moment = time.mul_f64(draws.unit());
    while begun.elapsed() < moment && !group.has_ended() {
        std::thread::sleep(Duration::from_micros(500));
    }
    match draws.below(4) {
        0 => {
            while !group.has_ended() && !program.runs().first().is_some_and(|run| is_torn(run)) {
                std::thread::yield_now();
            }
        }
        1 => {
            group.signal("INT");
            std::thread::sleep(Duration::from_secs_f64(0.1 * draws.unit()));
        }
        _ => {}
    }
    group.kill()
}

/// A number from the environment.
fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a whole number is expected"))
}

fn program() -> Program {
    let program = Program::new();
    fs_err::write(program.folder().join("small.toml"), EXPERIMENT).unwrap();
    program
}

/// The end of the training that nothing disturbs, on any number of threads, and the shortest time that it took.
fn undisturbed() -> (End, Duration) {
    let once = |threads: &str| {
        let whole = program();
        let begun = Instant::now();
        let run = whole.only_run(|| whole.output(&["run", "small.toml", "--threads", threads]));
        (End::of(&run), begun.elapsed())
    };
    let (expect, mut time) = once("1");
    for threads in ["2", "8"] {
        let (end, again) = once(threads);
        assert!(end == expect, "other bits on {threads} threads");
        time = time.min(again);
    }
    (expect, time)
}

#[test]
#[expect(clippy::print_stderr, reason = "how many kills fell where is what one runs this for")]
fn a_training_killed_anywhere_ends_with_the_same_bits() {
    let (points, seed) = (number("EGE_BENCH_KILL_POINTS", 5), number("EGE_BENCH_KILL_SEED", 1));
    let (expect, time) = undisturbed();
    assert_eq!((expect.events.len(), expect.tensors.is_empty()), (EPOCHS, false));

    let mut draws = random::stream(seed, "kill-points", 0, "");
    let mut phases: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut killed, mut trainings) = (0, 0);
    while killed < points {
        let hurt = program();
        let mut saved = 0;
        while killed < points {
            // What is left of the training, from the command's start.
            let left = time.mul_f64(1.0 - 0.8 * saved as f64 / EPOCHS as f64);
            match kill_once(&hurt, left, &mut draws) {
                None => {}
                // Stopped at a checkpoint, the second signal included.
                Some(5 | 130) => continue,
                Some(0 | 4) => break,
                Some(code) => panic!("ended with {code}: {}", hurt.folder().display()),
            }
            killed += 1;
            let phase;
            (phase, saved) = self::phase(&hurt);
            *phases.entry(phase).or_default() += 1;
        }
        trainings += 1;
        let output = hurt.output(&["run", "small.toml"]);
        // 4: all was done, and the report is written now.
        assert!(matches!(output.code, Some(0 | 4)), "{output:#?}");
        let runs = hurt.runs();
        assert_eq!(runs.len(), 1, "{runs:?}");
        let told = || format!("after {killed} kills, seed {seed}: {phases:?}");
        assert!(!is_torn(&runs[0]), "{}", told());
        // Not `assert_eq`: it would print megabytes.
        assert!(End::of(&runs[0]) == expect, "other bits {}: {}", told(), runs[0].display());
    }
    eprintln!(
        "{killed} kills over {trainings} trainings of {:.1} s, seed {seed}: all with the bits of the undisturbed \
         one; {phases:?}",
        time.as_secs_f64()
    );
}
