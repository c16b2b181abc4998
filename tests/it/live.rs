//! What is seen of runs while they go: progress lines, `status --watch`, TensorBoard files.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test that called it")]

use std::path::Path;

use super::program::{Program, counts};

const SEEDS: [&str; 2] = ["--set", "train.seeds=[1, 2]"];

/// Each event file's name with how many epochs it has, in order.
fn event_files(run: &Path) -> Vec<(String, usize)> {
    let Ok(entries) = fs_err::read_dir(run.join("tensorboard")) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let one = |path: &std::path::PathBuf| {
        let bytes = fs_err::read(path).unwrap();
        let epochs = bytes.windows(10).filter(|window| window == b"loss/train").count();
        (path.file_name().unwrap().to_string_lossy().into_owned(), epochs)
    };
    files.iter().map(one).collect()
}

#[test]
fn a_watch_tells_of_each_change_until_every_run_is_done() {
    let program = Program::new();
    let watch = [&SEEDS[..], &["--watch=0.1"]].concat();
    let text = program.start_telling("watch.txt", "status", &watch);
    let json = program.start_telling("watch.jsonl", "status", &[&watch[..], &["--json"]].concat());
    program.wait_for_text("watch.txt", "small: 0 of 2 runs done, 2 waiting\n");
    program.wait_for_text("watch.jsonl", "\n");
    assert!(!program.folder().join("results").exists(), "watching makes nothing");

    program.start(&SEEDS, "fake:epoch-ms=250").finish().expect(0, &["2/2"]);
    for output in [text.finish(), json.finish()] {
        assert_eq!(output.expect(0, &[]).stderr, "");
    }
    let told = program.wait_for_text("watch.txt", "small: 2 of 2 runs done\n");
    assert!(told.chars().all(|c| c == '\n' || !c.is_control()), "{told:?}");
    for wanted in [
        "ege-unet (fake trainer, synthetic) seed 1: running, epoch 1/3  loss ",
        "ege-unet (fake trainer, synthetic) seed 2: running, epoch 2/3  loss ",
        "seed 1: done, epoch 3/3",
        "1 of 2 runs done, 1 running; ",
    ] {
        assert!(told.contains(wanted), "`{wanted}` was not told: {told}");
    }

    let told = program.wait_for_text("watch.jsonl", "\n");
    let values: Vec<serde_json::Value> =
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(values[0]["runs"].as_array().unwrap().len(), 2);
    assert_eq!(values[0]["sweep"]["seconds_left"], serde_json::Value::Null);
    for value in &values {
        assert_eq!((&value["experiment"], &value["sweep"]["runs"]), (&"small".into(), &2.into()));
        assert!(!value["runs"].as_array().unwrap().is_empty(), "a line without a change: {value}");
    }
    assert!(values.iter().any(|value| value["sweep"]["seconds_left"].as_f64().is_some_and(|s| s > 0.0)));
    assert!(values.iter().any(|value| value["runs"][0]["seconds_since_sign"].is_f64()));
    assert_eq!(values.last().unwrap()["sweep"]["done"], 2);
    // What is done already is told once.
    program.command("status", &watch).expect(0, &["small: 2 of 2 runs done"]);
}

#[cfg(unix)]
#[test]
fn a_watch_is_ended_by_a_signal_and_disturbs_nobody() {
    let program = Program::new();
    let slow = program.start(&SEEDS, "fake:epoch-ms=2000");
    program.wait_for_start();
    let watch = [&SEEDS[..], &["--watch=0.1"]].concat();
    let interrupted = program.start_telling("watch.txt", "status", &watch);
    let killed = program.start_telling("killed.txt", "status", &watch);
    program.wait_for_text("killed.txt", "running, epoch ");
    killed.kill();
    program.wait_for_text("watch.txt", "running, epoch ");
    interrupted.signal("INT");
    interrupted.finish().expect(0, &[]);
    program.command("status", &SEEDS).expect(0, &["running", "LAST SIGN", " ago", "1 running, 1 waiting; "]);
    slow.finish().expect(0, &["2/2"]);
}

#[test]
fn seconds_between_two_looks_are_checked() {
    let program = Program::new();
    for wrong in ["--watch=0", "--watch=soon", "--watch=1e9"] {
        program.command("status", &[wrong]).expect(2, &["no time between two looks", "such as 2"]);
    }
}

#[test]
fn plain_lines_tell_of_the_sweep_where_there_is_one() {
    let program = Program::new();
    let output = program.run(&SEEDS);
    output.expect(0, &["[2/2] ege-unet", " left; 0 of 2 runs done, ", " left; 1 of 2 runs done, "]);
    assert!(output.stderr.chars().all(|c| c == '\n' || !c.is_control()), "{output:?}");
    let one = program.run(&["--set", "train.seeds=[3]"]);
    assert!(!one.expect(0, &[]).stderr.contains("runs done"), "{one:?}");
}

#[test]
fn quiet_says_only_what_is_wrong() {
    let program = Program::new();
    let seeds = ["-q", "--set", "train.seeds=[1, 2]"];
    let output = program.start(&seeds, "fake:diverging-seed=1").finish();
    output.expect(7, &["seed 1 failed (diverged)"]);
    let wrong = |line: &str| ["error: ", "warning: ", "hint: "].iter().any(|label| line.starts_with(label));
    assert!(output.stderr.lines().all(wrong), "{output:?}");
}

#[test]
fn epochs_are_written_for_tensorboard_where_asked() {
    let program = Program::new();
    let run = program.only_run(|| program.run(&["--tensorboard"]));
    let files = event_files(&run);
    assert_eq!(files.len(), 1, "{files:?}");
    let (name, epochs) = &files[0];
    assert!(name.starts_with("events.out.tfevents.") && name.ends_with(".ege-bench"), "{name}");
    assert_eq!(*epochs, 3);
    // It is no part of what a run is, and a run that is done gets nothing more.
    program.command("plan", &[]).expect(0, &["0 due, 1 done"]);
    program.run(&["--tensorboard"]).expect(4, &[]);
    assert_eq!(event_files(&run), files);
    let without = Program::new();
    let other = without.only_run(|| without.run(&[]));
    assert_eq!(event_files(&other), []);
    assert_eq!(counts(&other), counts(&run));
}

#[cfg(unix)]
#[test]
fn a_session_that_goes_on_writes_the_epochs_that_no_event_file_has() {
    let long = ["--set", "train.epochs=12"];
    let asked = [&long[..], &["--tensorboard"]].concat();
    for first in [&long[..], &asked] {
        let program = Program::new();
        let child = program.start(first, "fake:epoch-ms=80");
        let run = program.wait_for_epochs(3);
        child.signal("INT");
        child.finish().expect(5, &[]);
        let told = fs_err::read_to_string(run.join("events.jsonl")).unwrap().lines().count();
        let before: usize = event_files(&run).iter().map(|(_, epochs)| epochs).sum();
        assert_eq!(before, if first == asked { told } else { 0 });
        program.run(&asked).expect(0, &[]);
        let files = event_files(&run);
        assert_eq!(files.len(), if first == asked { 2 } else { 1 }, "{files:?}");
        assert_eq!(files.iter().map(|(_, epochs)| epochs).sum::<usize>(), 12, "{files:?}");
    }
}

#[test]
fn a_run_is_made_where_nothing_can_be_written_for_tensorboard() {
    let program = Program::new();
    let run = program.only_run(|| program.run(&[]));
    let kept = counts(&run);
    fs_err::remove_dir_all(&run).unwrap();
    fs_err::create_dir_all(&run).unwrap();
    fs_err::write(run.join("tensorboard"), "a file in the folder's place").unwrap();
    let output = program.run(&["--tensorboard"]);
    output.expect(0, &["warning: nothing more of ege-unet-s42-", "for TensorBoard: ", "tensorboard"]);
    assert_eq!(output.stderr.matches("for TensorBoard").count(), 1, "{output:?}");
    assert_eq!(counts(&run), kept);
}
