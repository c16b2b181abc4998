//! The parent's side: a child process for each run.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::Sender;

use super::message::{Assignment, Message, STOP, build};
use crate::executor::{PlanItem, Reason};

/// Lines that are kept of what a worker says beside its messages.
const LAST_WORDS: usize = 8;

/// How a worker is started.
#[derive(Clone, Debug)]
pub struct WorkerCommand {
    program: PathBuf,
    arguments: Vec<OsString>,
}

impl WorkerCommand {
    /// This very program with the arguments.
    ///
    /// # Errors
    /// When the program can't be found.
    pub fn this_program(arguments: Vec<OsString>) -> io::Result<Self> {
        // The link leads to the program that runs here even where its file was replaced by a newer one.
        let program = if cfg!(target_os = "linux") {
            PathBuf::from("/proc/self/exe")
        } else {
            std::env::current_exe()?
        };
        Ok(Self { program, arguments })
    }

    /// The same with one more argument.
    pub(in crate::executor) fn with(&self, argument: OsString) -> Self {
        let mut with = self.clone();
        with.arguments.push(argument);
        with
    }
}

/// What is heard of a worker, with the index of its run.
#[derive(Debug)]
pub enum Heard {
    /// It told something.
    Told(Message),
    /// It is gone; the last lines that it said beside its messages.
    Gone(Vec<String>),
}

/// A worker that was started.
#[derive(Debug)]
pub struct Worker {
    child: Child,
    input: Option<ChildStdin>,
}

impl Worker {
    /// Starts a worker on the run; what it tells arrives at `heard` with `index`.
    ///
    /// # Errors
    /// When no process can be started.
    pub fn start(
        command: &WorkerCommand,
        threads: usize,
        item: &PlanItem,
        index: usize,
        heard: Sender<(usize, Heard)>,
    ) -> io::Result<Self> {
        let assignment = Assignment {
            build: build(),
            run: item.run.clone(),
            id: item.id.clone(),
            meaning: item.meaning.clone(),
            retries: match item.reason {
                Reason::Failed { sessions, .. } => Some(sessions),
                _ => None,
            },
        };
        let mut line = serde_json::to_string(&assignment)?;
        line.push('\n');
        let mut child = Command::new(&command.program)
            .args(&command.arguments)
            .arg("--threads")
            .arg(threads.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut input = child.stdin.take();
        if let (Some(output), Some(errors)) = (child.stdout.take(), child.stderr.take()) {
            std::thread::spawn(move || hear(output, errors, index, &heard));
        }
        if let Some(input) = &mut input {
            // One that died at once is heard of as gone.
            let _ = input.write_all(line.as_bytes());
        }
        Ok(Self { child, input })
    }

    /// Asks it to stop at a checkpoint.
    pub fn stop(&mut self) {
        if let Some(input) = &mut self.input {
            let _ = input.write_all(format!("{STOP}\n").as_bytes());
        }
    }

    /// Waits for the end of a worker that is gone.
    ///
    /// # Errors
    /// When the system doesn't tell of it.
    pub fn end(mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }
}

/// Passes on what a worker tells, until it is gone.
fn hear(output: impl Read, errors: impl Read + Send + 'static, index: usize, heard: &Sender<(usize, Heard)>) {
    let others = std::thread::spawn(move || last_lines(errors));
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        let message = serde_json::from_str(&line)
            .unwrap_or_else(|_| Message::Warning(format!("a worker said something unexpected: {line}")));
        // Nobody listens any more where the parent is about to end.
        if heard.send((index, Heard::Told(message))).is_err() {
            return;
        }
    }
    let _ = heard.send((index, Heard::Gone(others.join().unwrap_or_default())));
}

fn last_lines(errors: impl Read) -> Vec<String> {
    let mut last = VecDeque::new();
    for line in BufReader::new(errors).split(b'\n').map_while(Result::ok) {
        if last.len() == LAST_WORDS {
            last.pop_front();
        }
        last.push_back(String::from_utf8_lossy(&line).into_owned());
    }
    last.into()
}

/// How a worker ended that didn't say so itself.
pub fn death(status: io::Result<ExitStatus>, last_words: &[String]) -> String {
    let how = match status {
        Err(error) => format!("its process is gone, and the system doesn't say how: {error}"),
        Ok(status) => how_ended(status),
    };
    let words: Vec<&str> =
        last_words.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
    if words.is_empty() { how } else { format!("{how}; it said: {}", words.join(" / ")) }
}

#[cfg(unix)]
fn how_ended(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    const KILL: i32 = 9;
    match status.signal() {
        Some(KILL) => {
            "its process was killed by signal 9, as the system does where memory runs out".to_owned()
        }
        Some(signal) => format!("its process was ended by signal {signal}"),
        None => format!("its process ended with {status}"),
    }
}

#[cfg(not(unix))]
fn how_ended(status: ExitStatus) -> String {
    format!("its process ended with {status}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept() {
        let text = (1..=20).map(|line| format!("line {line}")).collect::<Vec<_>>().join("\n");
        let last = last_lines(text.as_bytes());
        assert_eq!((last.len(), last[0].as_str(), last[7].as_str()), (8, "line 13", "line 20"));
    }

    #[cfg(unix)]
    #[test]
    fn a_death_is_told_with_its_signal_and_last_words() {
        use std::os::unix::process::ExitStatusExt;
        let check = |status: i32, words: &[&str], expect: &str| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(death(Ok(ExitStatus::from_raw(status)), &words), expect);
        };
        check(9, &[], "its process was killed by signal 9, as the system does where memory runs out");
        check(
            6,
            &["", " memory allocation of 8 bytes failed "],
            "its process was ended by signal 6; it said: memory allocation of 8 bytes failed",
        );
        check(3 << 8, &[], "its process ended with exit status: 3");
    }
}
