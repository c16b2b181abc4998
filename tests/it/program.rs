//! The real binary in a folder of its own, with a fake in the trainer's place.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test that called it")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A small experiment on generated images.
const EXPERIMENT: &str = r#"
name = "small"

[data]
dataset = "synthetic-lesions"
train-images = 16
validation-images = 12
size = 32

[train]
epochs = 3
batch-size = 8
seeds = [42]

[model.ege-unet]
"#;

/// The binary, and a folder whose name has spaces and letters beyond ASCII.
pub struct Program {
    _root: TempDir,
    folder: PathBuf,
}

/// A command in the background; it doesn't outlive the test.
pub struct Background(Option<Child>);

/// What a command said and how it ended.
#[derive(Debug)]
pub struct Output {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Program {
    pub fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("ein Ordner für Läufe");
        fs_err::create_dir_all(&folder).unwrap();
        fs_err::write(folder.join("small.toml"), EXPERIMENT).unwrap();
        Self { _root: root, folder }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The binary with these arguments, in the folder, without the environment's settings.
    pub fn bare(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ege-bench"));
        command.args(arguments).current_dir(&self.folder).stdin(Stdio::null());
        for name in ["EGE_BENCH_RESULTS", "EGE_BENCH_DATA", "EGE_BENCH_DEVICE", "NO_COLOR"] {
            command.env_remove(name);
        }
        command
    }

    pub fn output(&self, arguments: &[&str]) -> Output {
        Output::of(self.bare(arguments))
    }

    /// A command on the small experiment with the fake trainer.
    pub fn command(&self, command: &str, more: &[&str]) -> Output {
        self.output(&[&["--trainer", "fake", command, "small.toml"], more].concat())
    }

    pub fn run(&self, more: &[&str]) -> Output {
        self.command("run", more)
    }

    /// Starts `run` in the background.
    pub fn start(&self, more: &[&str], trainer: &str) -> Background {
        self.start_bare(&[&["--trainer", trainer, "run", "small.toml"], more].concat())
    }

    /// Starts the binary with these arguments in the background.
    pub fn start_bare(&self, arguments: &[&str]) -> Background {
        let mut command = self.bare(arguments);
        // A group of its own, to be killed with its workers.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        Background(Some(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()))
    }

    /// Starts a command on the small experiment in the background; what it says as result goes to the file `told`.
    pub fn start_telling(&self, told: &str, command: &str, more: &[&str]) -> Background {
        let mut command = self.bare(&[&["--trainer", "fake", command, "small.toml"], more].concat());
        let (file, _) = fs_err::File::create(self.folder.join(told)).unwrap().into_parts();
        Background(Some(command.stdout(file).stderr(Stdio::piped()).spawn().unwrap()))
    }

    /// Waits until the file holds the text, and returns all of it.
    pub fn wait_for_text(&self, file: &str, text: &str) -> String {
        let begun = Instant::now();
        loop {
            let told = fs_err::read_to_string(self.folder.join(file)).unwrap_or_default();
            if told.contains(text) {
                return told;
            }
            assert!(begun.elapsed() < Duration::from_mins(1), "`{text}` was not told after a minute: {told}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until a run has begun.
    pub fn wait_for_start(&self) {
        let begun = Instant::now();
        while self.runs().iter().all(|run| !run.join("log.txt").exists()) {
            assert!(begun.elapsed() < Duration::from_mins(1), "no run has begun after a minute");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The only run folder there is, after `make` made it.
    pub fn only_run(&self, make: impl FnOnce() -> Output) -> PathBuf {
        make().expect(0, &[]);
        let runs = self.runs();
        assert_eq!(runs.len(), 1, "{runs:?}");
        runs[0].clone()
    }

    pub fn runs(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs_err::read_dir(self.folder.join("results/runs")) else { return Vec::new() };
        let mut runs: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        runs.sort();
        runs
    }

    /// Waits until a run has told of so many epochs and returns its folder.
    pub fn wait_for_epochs(&self, epochs: usize) -> PathBuf {
        let begun = Instant::now();
        loop {
            for run in self.runs() {
                let told = fs_err::read_to_string(run.join("events.jsonl")).unwrap_or_default();
                if told.lines().count() >= epochs && run.join("checkpoint/previous.ckpt").exists() {
                    return run;
                }
            }
            assert!(begun.elapsed() < Duration::from_mins(1), "no run has {epochs} epochs after a minute");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The counts of a finished run of the small experiment.
pub fn counts(run: &Path) -> String {
    let counts = fs_err::read_to_string(run.join("counts.jsonl")).unwrap();
    // Twelve reported images under the best and under the last weights.
    assert_eq!(counts.lines().count(), 24);
    counts
}

impl Background {
    /// Ends it and its workers as SIGKILL does: without a word.
    pub fn kill(mut self) {
        end(self.0.take().unwrap());
    }

    /// Sends it a signal, such as `INT`.
    #[cfg(unix)]
    pub fn signal(&self, name: &str) {
        let id = self.0.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits until it ends.
    pub fn finish(mut self) -> Output {
        Output::from(self.0.take().unwrap().wait_with_output().unwrap())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            // It may have ended by itself.
            kill_group(child);
            let _ = child.wait();
        }
    }
}

fn end(mut child: Child) {
    kill_group(&mut child);
    child.wait().unwrap();
}

/// Kills a process and its workers at one stroke.
#[cfg(unix)]
fn kill_group(child: &mut Child) {
    let group = format!("-{}", child.id());
    let send = |signal: &str| {
        let mut kill = Command::new("kill");
        kill.args(["-s", signal, "--", &group])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|sent| sent.success())
    };
    send("KILL");
    // One that was started without a group.
    let _ = child.kill();
    let _ = child.wait();
    // Its workers' locks go with them, a moment later.
    let begun = Instant::now();
    while send("0") && begun.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[cfg(not(unix))]
fn kill_group(child: &mut Child) {
    let _ = child.kill();
}

impl Output {
    pub fn of(mut command: Command) -> Self {
        Self::from(command.output().unwrap())
    }

    /// Checks the exit code and that each text was said somewhere.
    #[track_caller]
    pub fn expect(&self, code: i32, texts: &[&str]) -> &Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        for text in texts {
            let said = self.stdout.contains(text) || self.stderr.contains(text);
            assert!(said, "`{text}` was not said: {self:#?}");
        }
        self
    }
}

impl From<std::process::Output> for Output {
    fn from(output: std::process::Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
