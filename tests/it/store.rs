//! What the store promises whatever happens to its files, through the real binary.

use super::program::{Program, counts};

#[test]
fn a_newer_format_is_refused_by_name() {
    let program = Program::new();
    let run = program.only_run(|| program.run(&[]));
    let record = run.join("run.json");
    let text = fs_err::read_to_string(&record).unwrap();
    fs_err::write(&record, text.replacen("\"format\": 1", "\"format\": 99", 1)).unwrap();
    for command in ["run", "plan", "status", "report"] {
        let output = program.command(command, &[]);
        output.expect(6, &["format 99 is newer than 1", "run.json", "hint:"]);
    }
    assert_eq!(fs_err::read_to_string(&record).unwrap().matches("\"format\": 99").count(), 1);
}

#[test]
fn a_damaged_record_is_told_with_its_path() {
    let program = Program::new();
    let run = program.only_run(|| program.run(&[]));
    fs_err::write(run.join("run.json"), "{\"format\": 1").unwrap();
    program.command("run", &[]).expect(6, &["run.json", "EOF", "hint: move "]);
}

#[test]
fn a_torn_events_line_is_forgiven_and_cut_off() {
    let program = Program::new();
    let child = program.start(&["--set", "train.epochs=40"], "fake:epoch-ms=60");
    let run = program.wait_for_epochs(3);
    child.kill();
    let events = run.join("events.jsonl");
    let mut text = fs_err::read_to_string(&events).unwrap();
    text += "{\"epoch\":4,\"learn";
    fs_err::write(&events, text).unwrap();
    program.command("status", &["--set", "train.epochs=40"]).expect(0, &["interrupted", "/40"]);
    program.run(&["--set", "train.epochs=40"]).expect(0, &["epoch 40/40"]);
    let lines = fs_err::read_to_string(&events).unwrap();
    assert!(lines.ends_with('\n'));
    for line in lines.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
}

#[test]
fn a_corrupt_newest_checkpoint_falls_back_to_the_one_before() {
    let (whole, hurt) = (Program::new(), Program::new());
    let set = ["--set", "train.epochs=12"];
    let expected = whole.only_run(|| whole.run(&set));
    let child = hurt.start(&set, "fake:epoch-ms=80");
    let run = hurt.wait_for_epochs(4);
    child.kill();
    let newest = run.join("checkpoint/last.ckpt");
    // A kill between the two renames of a save leaves only the one before.
    let whole_one = if newest.exists() { newest.clone() } else { run.join("checkpoint/previous.ckpt") };
    let mut bytes = fs_err::read(whole_one).unwrap();
    bytes[5] ^= 0xff;
    fs_err::write(&newest, bytes).unwrap();
    hurt.run(&set).expect(0, &["warning: ", "last.ckpt", "the one before it"]);
    assert_eq!(counts(&run), counts(&expected));
}

#[test]
fn without_any_whole_checkpoint_the_run_starts_over() {
    let (whole, hurt) = (Program::new(), Program::new());
    let set = ["--set", "train.epochs=12"];
    let expected = whole.only_run(|| whole.run(&set));
    let child = hurt.start(&set, "fake:epoch-ms=80");
    let run = hurt.wait_for_epochs(3);
    child.kill();
    for name in ["last.ckpt", "previous.ckpt"] {
        fs_err::write(run.join("checkpoint").join(name), b"torn").unwrap();
    }
    hurt.run(&set).expect(0, &["warning: ", "starting over"]);
    assert_eq!(counts(&run), counts(&expected));
}

#[test]
fn damaged_epochs_fail_a_run_before_it_trains() {
    let program = Program::new();
    let set = ["--set", "train.epochs=12", "--set", "train.seeds=[42, 43]"];
    let child = program.start(&set, "fake:epoch-ms=80");
    let run = program.wait_for_epochs(4);
    child.kill();
    let events = run.join("events.jsonl");
    let text = fs_err::read_to_string(&events).unwrap();
    fs_err::write(&events, text.replacen("\"epoch\"", "\"epo", 1)).unwrap();
    let log = fs_err::read_to_string(run.join("log.txt")).unwrap();
    program
        .run(&set)
        .expect(7, &["failed (host)", "events.jsonl: line 1", "hint: ", "move ", "seed 43: done"]);
    let since = fs_err::read_to_string(run.join("log.txt")).unwrap();
    assert_eq!(since.matches("epoch 5/12").count(), log.matches("epoch 5/12").count(), "it trained: {since}");
    program.command("status", &set).expect(0, &["failed (host)"]);
    fs_err::remove_dir_all(&run).unwrap();
    program.run(&set).expect(0, &["2/2"]);
}
