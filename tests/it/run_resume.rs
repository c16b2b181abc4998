//! Interrupted, killed, failed and crowded sweeps end as undisturbed ones do.

use std::time::{Duration, Instant};

use super::program::{Output, Program, counts};

const LONG: [&str; 2] = ["--set", "train.epochs=12"];

/// The counts of a run that nothing disturbed.
fn undisturbed() -> String {
    let program = Program::new();
    let run = program.only_run(|| program.run(&LONG));
    counts(&run)
}

#[cfg(unix)]
#[test]
fn a_signal_checkpoints_and_the_same_command_goes_on() {
    let expected = undisturbed();
    for name in ["INT", "TERM", "HUP"] {
        let program = Program::new();
        let child = program.start(&LONG, "fake:epoch-ms=80");
        let run = program.wait_for_epochs(3);
        child.signal(name);
        child
            .finish()
            .expect(5, &["stopping at a checkpoint", "interrupted after epoch", "the same command goes on"]);
        program.command("plan", &LONG).expect(0, &["interrupted after epoch", "1 due (1 interrupted)"]);
        program.run(&LONG).expect(0, &["interrupted after epoch", "report: "]);
        assert_eq!(counts(&run), expected, "after SIG{name}");
        let record: serde_json::Value =
            serde_json::from_str(&fs_err::read_to_string(run.join("run.json")).unwrap()).unwrap();
        assert_eq!(record["provenance"]["sessions"], 2);
        assert_eq!(record["state"]["state"], "done");
    }
}

#[cfg(unix)]
#[test]
fn a_second_signal_ends_at_once_and_damages_nothing() {
    let program = Program::new();
    // The fake looks for a stop after each of its two batches: half a minute away.
    let slow = program.start(&LONG, "fake:epoch-ms=60000");
    program.wait_for_start();
    let begun = Instant::now();
    slow.signal("INT");
    std::thread::sleep(Duration::from_millis(300));
    slow.signal("INT");
    slow.finish().expect(130, &["stopping at a checkpoint"]);
    assert!(begun.elapsed() < Duration::from_secs(25), "it waited for the batch");
    let run = program.only_run(|| program.run(&LONG));
    assert_eq!(counts(&run), undisturbed());
}

#[cfg(unix)]
#[test]
fn a_run_in_the_background_of_a_script_starts() {
    let program = Program::new();
    // What a shell does to a job that a script starts with `&`.
    let line = "trap '' INT HUP; exec \"$0\" --trainer fake run small.toml";
    let mut command = std::process::Command::new("sh");
    command.args(["-c", line, env!("CARGO_BIN_EXE_ege-bench")]).current_dir(program.folder());
    Output::of(command).expect(0, &["1/1"]);
}

#[test]
fn a_killed_run_goes_on_from_its_last_checkpoint() {
    let program = Program::new();
    let child = program.start(&LONG, "fake:epoch-ms=80");
    let run = program.wait_for_epochs(4);
    child.kill();
    program.command("plan", &LONG).expect(0, &["interrupted after epoch"]);
    program.run(&LONG).expect(0, &["interrupted after epoch"]);
    assert_eq!(counts(&run), undisturbed());
    let log = fs_err::read_to_string(run.join("log.txt")).unwrap();
    assert!(log.contains("going on after epoch"), "{log}");
    let first = log.matches("epoch 1/12").count();
    assert_eq!(first, 1, "the first epoch was done again: {log}");
}

#[test]
fn a_second_process_leaves_a_locked_run_alone() {
    let program = Program::new();
    let first = program.start(&LONG, "fake:epoch-ms=60000");
    program.wait_for_start();
    program.run(&LONG).expect(6, &["another process works on 1 run", "hint:"]);
    program.command("status", &LONG).expect(0, &["running"]);
    // Runs that nobody works on are made all the same.
    program.run(&[LONG[0], LONG[1], "--set", "train.seeds=[42, 43]"]).expect(6, &["seed 43: done"]);
    first.kill();
    program.run(&LONG).expect(0, &["done in"]);
}

#[test]
fn a_failed_run_does_not_end_the_sweep() {
    let program = Program::new();
    let seeds = ["--set", "train.seeds=[42, 43, 44]"];
    let trainer = "fake:diverging-seed=43";
    let arguments = [&["--trainer", trainer, "run", "small.toml"], &seeds[..]].concat();
    program.output(&arguments).expect(
        7,
        &[
            "seed 43 failed (diverged): loss is NaN in epoch 2",
            "seed 42: done",
            "seed 44: done",
            "2/3",
            "1 run failed",
        ],
    );
    program.command("plan", &seeds).expect(0, &["failed (diverged)", "1 due (1 failed), 2 done"]);
    // Once the cause is gone the same command mends it, from the checkpoint of epoch 1.
    program.run(&seeds).expect(0, &["3/3"]);
    let alone = Program::new();
    let other = alone.only_run(|| alone.run(&["--set", "train.seeds=[43]"]));
    let mended = program.runs().into_iter().find(|run| run.file_name() == other.file_name()).unwrap();
    assert_eq!(counts(&mended), counts(&other));
}

#[test]
fn a_panic_is_told_as_a_bug() {
    let program = Program::new();
    let output = program.output(&["--trainer", "fake:panics", "run", "small.toml"]);
    output.expect(101, &["this is a bug in ege-bench", "please report"]);
    program.run(&[]).expect(0, &["interrupted after epoch 1"]);
}
