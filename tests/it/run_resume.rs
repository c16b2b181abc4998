//! Interrupted, killed, failed and crowded sweeps end as undisturbed ones do.

use std::time::{Duration, Instant};

use ege_bench::executor::{Interrupt, NativeTrainer, Observer, PlanItem, Session, plan, provenance};
use ege_bench::experiment::{self, Catalogue};
use ege_bench::store::{EpochEvent, Results, RunState};
use ege_bench::train::{BatchProgress, Compute};

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
            .expect(5, &["stopping at a checkpoint", "interrupted in epoch", "the same command goes on"]);
        program.command("plan", &LONG).expect(0, &["interrupted after epoch", "1 due (1 interrupted)"]);
        program.run(&LONG).expect(0, &["interrupted after epoch", "report: "]);
        assert_eq!(counts(&run), expected, "after SIG{name}");
        let record: serde_json::Value =
            serde_json::from_str(&fs_err::read_to_string(run.join("run.json")).unwrap()).unwrap();
        assert_eq!(record["provenance"]["sessions"], 2);
        assert_eq!(record["state"]["state"], "done");
    }
}

/// Hears of steps and asks to stop after the step `stop_after`.
struct Steps<'a> {
    interrupt: &'a Interrupt,
    stop_after: Option<usize>,
    seen: Vec<(usize, usize)>,
    ends: Vec<RunState>,
}

impl Observer for Steps<'_> {
    fn run_starts(&mut self, _: &PlanItem) {}
    fn batch(&mut self, _: &PlanItem, progress: BatchProgress) {
        self.seen.push((progress.epoch, progress.batch));
        if Some(self.seen.len()) == self.stop_after {
            self.interrupt.request();
        }
    }
    fn epoch(&mut self, _: &PlanItem, _: &EpochEvent) {}
    fn warning(&mut self, message: &str) {
        panic!("{message}");
    }
    fn run_ends(&mut self, _: &PlanItem, state: &RunState) {
        self.ends.push(state.clone());
    }
}

#[test]
fn a_real_training_stopped_in_the_middle_of_an_epoch_repeats_no_step() {
    let program = Program::new();
    let set = ["train.epochs=2".to_owned(), "train.batch-size=4".to_owned()];
    let experiment =
        experiment::load(&program.folder().join("small.toml"), &set, &Catalogue::default()).unwrap();
    let results = Results::new(program.folder().join("results"));
    let trainer = NativeTrainer::new(Compute::Cpu, 1);
    let mut seen = Vec::new();
    for stop_after in [Some(2), Some(3), None] {
        let items = plan(experiment.runs(), &trainer, &results, program.folder()).unwrap();
        let interrupt = Interrupt::default();
        let provenance = provenance(&trainer);
        let session = Session {
            results: &results,
            trainer: &trainer,
            interrupt: &interrupt,
            provenance,
            tensorboard: false,
        };
        let mut steps = Steps { interrupt: &interrupt, stop_after, seen: Vec::new(), ends: Vec::new() };
        let state = session.work_on(&items[0], &mut steps).unwrap();
        assert_eq!(matches!(state, RunState::Interrupted { .. }), stop_after.is_some(), "{state:?}");
        if stop_after == Some(2) {
            assert_eq!(steps.ends, [RunState::Interrupted { epochs_done: 0 }]);
            let items = plan(experiment.runs(), &trainer, &results, program.folder()).unwrap();
            assert_eq!(items[0].reason.to_string(), "interrupted in epoch 1");
        }
        seen.extend(steps.seen);
    }
    // Two steps, then three beyond the end of the epoch, then the rest.
    let expected: Vec<_> = (1..=2).flat_map(|epoch| (1..=4).map(move |batch| (epoch, batch))).collect();
    assert_eq!(seen, expected);
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
    let no_wait = [LONG[0], LONG[1], "--no-wait"];
    program.run(&no_wait).expect(6, &["another process works on 1 run", "hint:"]);
    program.command("status", &LONG).expect(0, &["running"]);
    // Runs that nobody works on are made all the same.
    let both = ["--set", "train.seeds=[42, 43]"];
    program.run(&[&no_wait[..], &both].concat()).expect(6, &["seed 43: done"]);
    first.kill();
    program.run(&LONG).expect(0, &["done in"]);
}

#[test]
fn of_two_processes_on_one_experiment_the_other_finishes_what_a_killed_one_began() {
    let program = Program::new();
    let seeds = [LONG[0], LONG[1], "--set", "train.seeds=[42, 43, 44, 45]"];
    let (first, second) =
        (program.start(&seeds, "fake:epoch-ms=60"), program.start(&seeds, "fake:epoch-ms=60"));
    program.wait_for_epochs(3);
    first.kill();
    let output = second.finish();
    output.expect(0, &["4/4"]);
    // Nobody did what the other one did: each run has each epoch once, but for the one that the kill cost.
    let mut repeated = 0;
    for run in program.runs() {
        let epochs = fs_err::read_to_string(run.join("events.jsonl")).unwrap().lines().count();
        repeated += epochs - 12;
    }
    assert!(repeated <= 1, "{repeated} epochs were done twice");
    let alone = Program::new();
    alone.run(&seeds).expect(0, &["4/4"]);
    for (run, other) in program.runs().iter().zip(alone.runs()) {
        assert_eq!(run.file_name(), other.file_name());
        assert_eq!(counts(run), counts(&other));
    }
}

#[test]
fn several_jobs_give_what_one_gives() {
    let (one, two) = (Program::new(), Program::new());
    let seeds = [LONG[0], LONG[1], "--set", "train.seeds=[42, 43, 44, 45, 46]"];
    one.run(&seeds).expect(0, &["5/5"]);
    two.run(&[&seeds[..], &["--jobs", "2", "--limit", "3"]].concat()).expect(0, &["3/5", "2 more due"]);
    two.run(&[&seeds[..], &["--jobs", "8"]].concat()).expect(0, &["5/5"]);
    for (run, other) in one.runs().iter().zip(two.runs()) {
        assert_eq!(run.file_name(), other.file_name());
        assert_eq!(counts(run), counts(&other));
    }
}

#[cfg(unix)]
#[test]
fn a_worker_that_is_killed_fails_its_run_and_no_other() {
    let program = Program::new();
    let seeds = [LONG[0], LONG[1], "--set", "train.seeds=[42, 43]"];
    let sweep = program.start(&seeds, "fake:epoch-ms=80");
    let run = program.wait_for_epochs(2);
    let lease: serde_json::Value =
        serde_json::from_str(&fs_err::read_to_string(run.join("lease.json")).unwrap()).unwrap();
    let worker = lease["process"].to_string();
    assert!(std::process::Command::new("kill").args(["-s", "KILL", &worker]).status().unwrap().success());
    sweep.finish().expect(
        7,
        &["seed 42 failed (died): its process was killed by signal 9", "seed 43: done", "fewer `--jobs`"],
    );
    program.command("status", &seeds).expect(0, &["failed (died)"]);
    // It isn't tried again by itself: what took the memory once may do so again.
    program.run(&seeds).expect(7, &["1 run failed before", "--retry-failed"]);
    program.run(&[&seeds[..], &["--retry-failed"]].concat()).expect(0, &["failed (died)", "2/2"]);
    let alone = Program::new();
    let other = alone.only_run(|| alone.run(&LONG));
    assert_eq!(counts(&run), counts(&other));
}

#[cfg(unix)]
#[test]
fn workers_of_a_parent_that_is_killed_alone_stop_at_a_checkpoint() {
    let program = Program::new();
    let sweep = program.start(&LONG, "fake:epoch-ms=80");
    let run = program.wait_for_epochs(2);
    sweep.signal("KILL");
    drop(sweep.finish());
    let begun = Instant::now();
    while run.join("lease.json").exists() {
        assert!(begun.elapsed() < Duration::from_mins(1), "the worker goes on without its parent");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(fs_err::read_to_string(run.join("log.txt")).unwrap().contains("interrupted in epoch"));
    program.run(&LONG).expect(0, &["interrupted after epoch"]);
    assert_eq!(counts(&run), undisturbed());
}

#[test]
fn a_run_that_another_process_completed_meanwhile_is_not_missed() {
    let program = Program::new();
    let first = program.start(&[], "fake:epoch-ms=300");
    program.wait_for_start();
    let seeds = ["--set", "train.seeds=[42, 43]"];
    let arguments = [&["--trainer", "fake:epoch-ms=1500", "run", "small.toml"], &seeds[..]].concat();
    let output = program.output(&arguments);
    output.expect(0, &["1 busy", "2/2"]);
    assert!(!output.stderr.contains("another process works on 1 run"), "{output:#?}");
    first.finish().expect(0, &[]);
}

#[test]
fn a_number_that_is_none_fails_the_run_and_is_not_kept() {
    let program = Program::new();
    let output = program.output(&["--trainer", "fake:nan-selection", "run", "small.toml"]);
    output.expect(7, &["a number that is not finite", "events.jsonl", "log.txt"]);
    let events = fs_err::read_to_string(program.runs()[0].join("events.jsonl")).unwrap();
    assert_eq!((events.lines().count(), events.contains("null")), (1, false), "{events}");
    program.command("status", &[]).expect(0, &["failed (host)", "1/3"]);
}

#[test]
fn another_instruction_set_is_recorded_and_warned_of() {
    let program = Program::new();
    let child = program.start(&LONG, "fake:epoch-ms=80");
    let run = program.wait_for_epochs(2);
    child.kill();
    let record = run.join("run.json");
    let text = fs_err::read_to_string(&record).unwrap();
    assert!(text.contains("\"kernels\": \"fake\""), "{text}");
    fs_err::write(&record, text.replace("\"instruction-set\": \"fake\"", "\"instruction-set\": \"old\""))
        .unwrap();
    program.run(&LONG).expect(0, &["warning: ", "begun with the instruction set old, going on with fake"]);
    assert!(fs_err::read_to_string(&record).unwrap().contains("\"instruction-set\": \"old, fake\""));
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
            "log.txt; try a smaller learning rate",
            "diverges again",
        ],
    );
    program.command("plan", &seeds).expect(0, &["failed (diverged)", "0 due, 1 failed, 2 done"]);
    program.run(&seeds).expect(7, &["1 run failed before", "2/3"]);
    // Once the cause is gone it can be mended, from the checkpoint of epoch 1.
    let output = program.run(&[&seeds[..], &["--retry-failed"]].concat());
    output.expect(0, &["3/3", "failed (diverged)"]);
    let alone = Program::new();
    let other = alone.only_run(|| alone.run(&["--set", "train.seeds=[43]"]));
    let mended = program.runs().into_iter().find(|run| run.file_name() == other.file_name()).unwrap();
    assert_eq!(counts(&mended), counts(&other));
}

#[test]
fn with_fail_fast_a_failed_run_is_the_last_one() {
    let program = Program::new();
    let arguments = [
        "--trainer",
        "fake:diverging-seed=43",
        "run",
        "small.toml",
        "--set",
        "train.seeds=[42, 43, 44]",
        "--fail-fast",
    ];
    let output = program.output(&arguments);
    output.expect(7, &["seed 42: done", "seed 43 failed (diverged)", "1 more due", "1 run failed"]);
    assert_eq!(program.runs().len(), 2, "seed 44 wasn't begun");
    program.run(&["--set", "train.seeds=[42, 43, 44]", "--retry-failed"]).expect(0, &["3/3"]);
}

#[test]
fn a_time_limit_stops_at_a_checkpoint() {
    let expected = undisturbed();
    let program = Program::new();
    let slow =
        ["--trainer", "fake:epoch-ms=400", "run", "small.toml", LONG[0], LONG[1], "--time-limit", "1s"];
    let begun = Instant::now();
    program
        .output(&slow)
        .expect(5, &["the time is nearly over", "interrupted in epoch", "the same command goes on"]);
    assert!(begun.elapsed() < Duration::from_secs(4), "twelve epochs would take five seconds");
    let run = program.only_run(|| program.run(&LONG));
    assert_eq!(counts(&run), expected);
    program.run(&["--time-limit", "soon"]).expect(2, &["`soon` is no duration", "1h30m"]);
}

#[test]
fn a_panic_fails_its_run_and_is_told_as_a_bug() {
    let program = Program::new();
    let seeds = ["--set", "train.seeds=[42, 43]"];
    let arguments = [&["--trainer", "fake:panicking-seed=42", "run", "small.toml"], &seeds[..]].concat();
    program.output(&arguments).expect(
        7,
        &[
            "seed 42 failed (panic): this is a bug in ege-bench",
            "src/executor/fake.rs",
            "please report",
            "seed 43: done",
        ],
    );
    program.run(&[&seeds[..], &["--retry-failed"]].concat()).expect(0, &["2/2"]);
}

#[test]
fn a_run_that_diverges_keeps_the_state_before_it() {
    let program = Program::new();
    // The first step ruins the network, the second one notices.
    let arguments = ["run", "small.toml", "--set", "optimizer.adamw.learning-rate=1e30"];
    program
        .output(&arguments)
        .expect(7, &["(diverged): loss is NaN in epoch 1, after batch 2 (images SYNTH_"]);
    let run = &program.runs()[0];
    let state = fs_err::read(run.join("diverged.safetensors")).unwrap();
    let names = safetensors::SafeTensors::deserialize(&state).unwrap();
    let values = |name: &str| names.tensor(name).unwrap().data().len() / 4;
    let weights = names.names().into_iter().filter(|name| name.starts_with("weights/"));
    assert_eq!(weights.map(values).sum::<usize>(), 53_374);
    assert!(fs_err::read_to_string(run.join("log.txt")).unwrap().contains("kept in diverged.safetensors"));
}

fn record(run: &std::path::Path) -> serde_json::Value {
    let text = fs_err::read_to_string(run.join("run.json")).expect("the run has a record");
    serde_json::from_str(&text).expect("a record is JSON")
}

#[test]
fn of_two_processes_one_tries_a_run_that_fails_and_both_tell_of_it() {
    let program = Program::new();
    let seeds = ["--set", "train.seeds=[42, 43, 44, 45]"];
    let first = program.start(&seeds, "fake:epoch-ms=100,diverging-seed=43");
    let second = program.start(&seeds, "fake:epoch-ms=60,diverging-seed=43");
    for process in [first, second] {
        process.finish().expect(7, &["(diverged): loss is NaN", "3/4"]);
    }
    for run in program.runs() {
        assert_eq!(record(&run)["provenance"]["sessions"], 1, "{}", run.display());
    }
}

#[cfg(unix)]
#[test]
fn a_worker_that_alone_is_asked_to_stop_is_begun_again_once_it_is_gone() {
    let program = Program::new();
    let sweep = program.start(&[LONG[0], LONG[1], "--jobs", "2"], "fake:epoch-ms=80");
    let run = program.wait_for_epochs(2);
    let lease = fs_err::read_to_string(run.join("lease.json")).unwrap();
    let worker = serde_json::from_str::<serde_json::Value>(&lease).unwrap()["process"].to_string();
    assert!(std::process::Command::new("kill").arg(&worker).status().unwrap().success());
    sweep.finish().expect(0, &["interrupted in epoch", "done in"]);
    assert_eq!(record(&run)["provenance"]["sessions"], 2);
    assert_eq!(counts(&run), undisturbed());
}

#[cfg(unix)]
#[test]
fn a_parent_that_is_suspended_suspends_no_work() {
    let program = Program::new();
    let sweep = program.start(&["--set", "train.epochs=1500"], "fake");
    let run = program.wait_for_epochs(2);
    sweep.signal("STOP");
    let begun = Instant::now();
    // Its messages fill the pipe several times over.
    while !run.join("counts.jsonl").exists() || run.join("lease.json").exists() {
        assert!(begun.elapsed() < Duration::from_mins(1), "the worker waits for its parent");
        std::thread::sleep(Duration::from_millis(10));
    }
    sweep.signal("CONT");
    sweep.finish().expect(0, &["epoch 1500/1500", "done in"]);
}
