//! Looking at stored runs, freeing space, explaining and comparing, through the real binary.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ege_bench::store::RunFolder;
use serde_json::{Value, json};

use super::program::{Output, Program};

const SEEDS: [&str; 2] = ["--set", "train.seeds=[42, 43]"];

fn fake(program: &Program, arguments: &[&str]) -> Output {
    program.output(&[&["--trainer", "fake"], arguments].concat())
}

fn parsed(output: &Output) -> Value {
    output.expect(0, &[]);
    serde_json::from_str(&output.stdout).unwrap()
}

fn id(run: &Path) -> &str {
    run.file_name().unwrap().to_str().unwrap()
}

/// Replaces text in a file that must have it.
fn edit(file: &Path, from: &str, to: &str) {
    let text = fs_err::read_to_string(file).unwrap();
    assert!(text.contains(from), "{from} is not in {}", file.display());
    fs_err::write(file, text.replacen(from, to, 1)).unwrap();
}

/// Two done runs, of seeds 42 and 43.
fn two_runs(program: &Program) -> [PathBuf; 2] {
    program.run(&SEEDS).expect(0, &[]);
    program.runs().try_into().unwrap()
}

/// An interrupted run of twelve epochs.
fn interrupted(program: &Program) -> PathBuf {
    let before = program.runs();
    let child = program.start(&["--set", "train.epochs=12"], "fake:epoch-ms=60");
    let begun = Instant::now();
    loop {
        let new = program.runs().into_iter().find(|run| !before.contains(run));
        if let Some(run) = new.filter(|run| run.join("checkpoint/previous.ckpt").exists()) {
            child.kill();
            return run;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "no run has two epochs after a minute");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn every_run_is_listed_whatever_state_it_is_in() {
    let program = Program::new();
    fake(&program, &["store", "list"]).expect(0, &["results holds no run"]);
    let arguments = ["--trainer", "fake:diverging-seed=44", "run", "small.toml"];
    program.output(&[&arguments[..], &["--set", "train.seeds=[42, 43, 44]"]].concat()).expect(7, &[]);
    interrupted(&program);
    let damaged = program.folder().join("results/runs/net-s1-damaged");
    let newer = program.folder().join("results/runs/net-s2-newer");
    for (folder, text) in [(&damaged, "{\"format\": 1"), (&newer, "{\"format\": 99}")] {
        fs_err::create_dir_all(folder).unwrap();
        fs_err::write(folder.join("run.json"), text).unwrap();
    }
    fs_err::create_dir_all(program.folder().join("results/runs/net-s3-empty")).unwrap();
    let told = fake(&program, &["store", "list"]);
    told.expect(
        0,
        &[
            "POOLED IOU %",
            "small",
            "ege-unet (fake trainer, synthetic)",
            "failed (diverged)",
            "interrupted",
            "/12",
            "3/3",
            "7 runs, ",
            "warning: net-s1-damaged: ",
            "EOF",
            "format 99 is newer than 1",
            "there is no such file",
        ],
    );
    assert_eq!(told.stdout.matches("unreadable").count(), 3, "{told:#?}");
    let listed = parsed(&fake(&program, &["store", "list", "--json"]));
    let states: Vec<_> = listed["runs"].as_array().unwrap().iter().map(|run| run["state"].clone()).collect();
    for (state, count) in [("done", 2), ("failed", 1), ("interrupted", 1), ("unreadable", 3)] {
        assert_eq!(states.iter().filter(|found| **found == state).count(), count, "{states:?}");
    }
    for run in listed["runs"].as_array().unwrap().iter().filter(|run| run["state"] == "done") {
        let iou = run["pooled_iou"].as_f64().unwrap();
        assert!(iou > 0.0 && iou < 1.0, "{run}");
        assert!(run["bytes"].as_u64().unwrap() > 1000 && run["ended"].is_string(), "{run}");
    }
}

#[test]
fn everything_about_a_run_is_shown() {
    let program = Program::new();
    let run = program.only_run(|| program.run(&[]));
    let shown = fake(&program, &["store", "show", "ege-unet-s42"]);
    shown.expect(
        0,
        &[
            id(&run),
            "settings.train.epochs = 3",
            "cargo-lock = ",
            "IoU, pooled",
            "ΣTP / Σ(TP + FP + FN)",
            "counts.jsonl",
            "best epoch",
        ],
    );
    let value = parsed(&fake(&program, &["store", "show", &run.to_string_lossy(), "--json"]));
    assert_eq!(value["record"]["id"], id(&run));
    assert_eq!(value["events"].as_array().unwrap().len(), 3);
    for weights in ["best", "last"] {
        assert_eq!(value["metrics"][weights].as_object().unwrap().len(), 10, "{value}");
    }
    let files: Vec<&str> =
        value["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert!(files.contains(&"run.json") && files.contains(&"masks/gallery.json"), "{files:?}");
    let listed = parsed(&fake(&program, &["store", "list", "--json"]));
    assert_eq!(value["metrics"]["best"]["pooled-iou"], listed["runs"][0]["pooled_iou"]);
}

#[test]
fn a_run_that_is_not_there_is_told_with_what_was_meant() {
    let program = Program::new();
    let [first, second] = two_runs(&program);
    let mistyped = id(&first).replacen("unet", "unte", 1);
    for command in [
        &["store", "show"][..],
        &["store", "export", "--to", "x.tar.gz"],
        &["store", "prune"],
        &["explain"],
        &["compare", id(&second)],
    ] {
        let with = |text: &'static str| [command, &[text]].concat();
        fake(&program, &[command, &[mistyped.as_str()]].concat())
            .expect(2, &["there is no run", &format!("did you mean `{}`?", id(&first))]);
        fake(&program, &with("zzz")).expect(2, &["there is no run `zzz`", "hint: "]);
        fake(&program, &with("ege-unet-s4")).expect(2, &["beginning of 2 ids", id(&first), id(&second)]);
    }
}

/// Files of a run by path, without the lock.
fn files(run: &Path) -> Vec<String> {
    let all = walkdir::WalkDir::new(run).into_iter().map(Result::unwrap);
    let files = all.filter(|entry| entry.file_type().is_file() && entry.file_name() != "lock");
    let mut paths: Vec<_> =
        files.map(|entry| entry.path().strip_prefix(run).unwrap().to_string_lossy().into_owned()).collect();
    paths.sort();
    paths
}

fn is_checkpoint(file: &str) -> bool {
    Path::new(file).starts_with("checkpoint")
}

#[test]
fn checkpoints_of_done_runs_go_after_it_was_said_and_nothing_else_does() {
    let program = Program::new();
    let [first, second] = two_runs(&program);
    let going = interrupted(&program);
    let before = files(&first);
    assert!(before.iter().any(|file| file.ends_with("last.ckpt")));
    let said = fake(&program, &["store", "prune"]);
    said.expect(0, &[id(&first), id(&second), "checkpoints", "would be freed", "--yes does it"]);
    assert!(!said.stdout.contains(id(&going)), "{said:#?}");
    assert_eq!(files(&first), before, "a dry run removed something");
    fake(&program, &["store", "prune", "--older-than", "1h", "--yes"]).expect(0, &["nothing to remove"]);
    let expected: Vec<_> = before.iter().filter(|file| !is_checkpoint(file)).cloned().collect();
    let done = parsed(&fake(&program, &["store", "prune", "--yes", "--json"]));
    assert_eq!((&done["removed"], done["choices"].as_array().unwrap().len()), (&json!(true), 2));
    assert!(done["bytes"].as_u64().unwrap() > 0);
    assert_eq!(files(&first), expected);
    assert!(files(&going).iter().any(|file| is_checkpoint(file)), "the interrupted run goes on from it");
    program.run(&SEEDS).expect(4, &[]);
    program.run(&["--set", "train.epochs=12"]).expect(0, &["interrupted after epoch"]);
    fake(&program, &["store", "prune", id(&first)]).expect(0, &["everything", "named"]);
    assert_eq!(files(&first), expected);
    fake(&program, &["store", "prune", id(&first), "--yes"]).expect(0, &["freed"]);
    assert!(!first.exists() && second.exists());
}

#[test]
fn failed_and_unplanned_runs_go_only_where_that_is_asked_for() {
    let program = Program::new();
    let arguments = ["--trainer", "fake:diverging-seed=44", "run", "small.toml"];
    program.output(&[&arguments[..], &["--set", "train.seeds=[42, 44]"]].concat()).expect(7, &[]);
    let going = interrupted(&program);
    let by_seed = |seed: &str| {
        let runs = program.runs();
        runs.into_iter().find(|run| id(run).contains(&format!("-s{seed}-")) && *run != going)
    };
    // The experiment itself asks for seed 42 with three epochs, neither for seed 44 nor for twelve epochs.
    let said = fake(&program, &["store", "prune", "--unplanned", "small.toml"]);
    said.expect(0, &["no experiment asks for it", id(&going)]);
    assert!(!said.stdout.contains(id(&by_seed("42").unwrap())), "{said:#?}");
    // On another device, too: an experiment names none.
    program.output(&["store", "prune", "--unplanned", "small.toml"]).expect(0, &[id(&going)]);
    fake(&program, &["store", "prune", "--unplanned", "missing.toml", "--yes"]).expect(2, &["missing.toml"]);
    fake(&program, &["store", "prune", "--failed", "--yes"]).expect(0, &["failed", "freed"]);
    assert!(by_seed("44").is_none() && by_seed("42").is_some() && going.exists());
    fake(&program, &["store", "prune", "--unplanned", "small.toml", "--yes"]).expect(0, &["freed"]);
    assert_eq!(program.runs(), [by_seed("42").unwrap()]);
    // A done run that nobody asks for keeps its counts and its weights.
    edit(&program.folder().join("small.toml"), "epochs = 3", "epochs = 4");
    fake(&program, &["store", "prune", "--unplanned", "small.toml", "--yes"]).expect(0, &["checkpoints"]);
    let left = files(&by_seed("42").unwrap());
    for kept in ["best.safetensors", "counts.jsonl", "events.jsonl", "run.json"] {
        assert!(left.iter().any(|file| file == kept), "{left:?}");
    }
    assert!(left.iter().all(|file| !is_checkpoint(file)), "{left:?}");
}

#[test]
fn a_run_that_somebody_works_on_is_left_alone() {
    let program = Program::new();
    let child = program.start(&[], "fake:epoch-ms=60000");
    program.wait_for_start();
    let run = program.runs()[0].clone();
    let before = files(&run);
    for more in [&[id(&run)][..], &["--unplanned", "small.toml"], &["--failed"], &[]] {
        let arguments = [&["store", "prune", "--yes"], more].concat();
        fake(&program, &arguments).expect(0, &["nothing to remove"]);
    }
    assert_eq!(files(&run), before);
    fake(&program, &["store", "export", id(&run), "--to", "x.tar.gz"])
        .expect(6, &["a process works on this run"]);
    fake(&program, &["explain", id(&run)]).expect(0, &["another process works on it"]);
    fake(&program, &["compare", id(&run), id(&run)]).expect(2, &["only runs that are done are compared"]);
    child.kill();
    fake(&program, &["store", "export", id(&run), "--to", "x.tar.gz"])
        .expect(2, &["only runs that are done"]);
}

#[test]
fn what_a_killed_prune_left_is_no_run_and_is_cleared() {
    let program = Program::new();
    let [first, second] = two_runs(&program);
    let left = first.with_file_name(format!(".unfinished-removed-{}", id(&first)));
    fs_err::rename(&first, &left).unwrap();
    fs_err::remove_file(left.join("counts.jsonl")).unwrap();
    for command in ["list", "prune"] {
        let told = fake(&program, &["store", command]);
        assert_eq!(told.expect(0, &[]).stdout.matches("counts").count(), 0);
    }
    program.command("plan", &SEEDS).expect(0, &["1 due (1 new), 1 done"]);
    fake(&program, &["store", "prune", "--yes"]).expect(0, &["left by a killed command"]);
    assert_eq!(fs_err::read_dir(second.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn it_is_explained_whether_a_run_would_be_made_again() {
    let program = Program::new();
    let run = program.only_run(|| program.run(&[]));
    fake(&program, &["explain", id(&run), "--experiment", "small.toml"]).expect(
        0,
        &[
            ": done",
            "an experiment that asks for it skips it",
            "the same settings and seed are this run now, too",
            "the experiment asks for it, as ege-unet",
        ],
    );
    fake(&program, &["explain", id(&run), "--experiment", "small.toml", "--set", "train.epochs=7"]).expect(
        0,
        &["the experiment doesn't ask for it; it asks for ege-unet-s42-", "settings.train.epochs  3     7"],
    );
    let record = run.join("run.json");
    edit(&record, "\"instruction-set\": \"fake\"", "\"instruction-set\": \"avx9\"");
    fake(&program, &["explain", id(&run)])
        .expect(0, &["avx9", "no reason to run it again: another instruction set"]);
    // The native trainer is another device class, so the same settings are another run there.
    program.output(&["explain", id(&run)]).expect(0, &["are another run now", "of another device class"]);
    edit(&record, "\"code-version\": 1", "\"code-version\": 0");
    let told = parsed(&fake(&program, &["explain", id(&run), "--json", "--experiment", "small.toml"]));
    let part =
        |name: &str| told["parts"].as_array().unwrap().iter().find(|part| part["name"] == name).cloned();
    assert_eq!(part("code version").unwrap()["differs"], true);
    assert_eq!(part("images").unwrap()["differs"], false);
    assert_eq!(told["due"], false);
    fake(&program, &["explain", id(&run)])
        .expect(0, &["its settings, seed and digests give the id", "was changed"]);
}

#[test]
fn data_that_is_gone_is_unknown_in_an_explanation() {
    let program = Program::new();
    let run = program.only_run(|| program.run(&[]));
    let record = run.join("run.json");
    let mut value: Value = serde_json::from_str(&fs_err::read_to_string(&record).unwrap()).unwrap();
    value["meaning"]["settings"]["data"]["source"] =
        json!({"prepared": {"dataset": "isic2017", "split": "paper"}});
    fs_err::write(&record, value.to_string()).unwrap();
    fake(&program, &["explain", id(&run)])
        .expect(0, &["this run now isn't known", "images: ", "isic2017", "unknown"]);
}

#[test]
fn an_unfinished_run_is_explained_by_how_far_it_is() {
    let program = Program::new();
    let run = interrupted(&program);
    fake(&program, &["explain", id(&run)]).expect(0, &["interrupted after epoch", "goes on after epoch"]);
    let other = Program::new();
    other.output(&["--trainer", "fake:diverging-seed=42", "run", "small.toml"]).expect(7, &[]);
    fake(&other, &["explain", "ege-unet"]).expect(0, &["failed (diverged)", "tries again"]);
}

#[test]
fn two_runs_are_compared_side_by_side() {
    let program = Program::new();
    let [first, second] = two_runs(&program);
    let told = fake(&program, &["compare", id(&first), id(&second)]);
    told.expect(
        0,
        &[
            "seed     42  43",
            "12 images, best weights",
            "IoU, pooled",
            "B - A",
            "IoU: A is better on ",
            "not equal bit by bit: the best weights, the counts under the best weights",
        ],
    );
    fake(&program, &["compare", id(&first), id(&second), "--check"])
        .expect(1, &["error: not equal bit by bit"]);
    fake(&program, &["compare", id(&first), id(&first), "--check"])
        .expect(0, &["the settings are the same", "equal bit by bit"]);
    let value = parsed(&fake(&program, &["compare", id(&first), id(&second), "--json"]));
    let images = &value["images"];
    let wins = ["a_better", "equal", "a_worse"].map(|key| images[key].as_u64().unwrap());
    assert_eq!((wins.iter().sum::<u64>(), images["iou"].as_array().unwrap().len()), (12, 12));
    assert_eq!(value["settings"], json!([{"path": "seed", "a": 42, "b": 43}]));
    let metric = &value["metrics"]["pooled-iou"];
    let difference = metric["b"].as_f64().unwrap() - metric["a"].as_f64().unwrap();
    assert!((metric["difference"].as_f64().unwrap() - difference).abs() < 1e-15);
}

#[test]
fn one_bit_is_enough_to_differ_and_it_is_said_where() {
    let (program, other) = (Program::new(), Program::new());
    let run = program.only_run(|| program.run(&[]));
    let twin = other.only_run(|| other.run(&[]));
    let twin_path = twin.to_string_lossy().into_owned();
    let arguments = ["compare", id(&run), &twin_path, "--check"];
    fake(&program, &arguments).expect(0, &["weights and counts are equal bit by bit"]);
    let folder = RunFolder::new(twin.clone());
    let mut bytes = folder.best_weights().unwrap();
    bytes[2] ^= 1;
    folder.write_best_weights(&bytes).unwrap();
    fake(&program, &arguments).expect(1, &["error: not equal bit by bit: the best weights\n"]);
    bytes[2] ^= 1;
    folder.write_best_weights(&bytes).unwrap();
    let counts = twin.join("counts.jsonl");
    let text = fs_err::read_to_string(&counts).unwrap();
    let last = text.lines().last().unwrap();
    let mut row: Value = serde_json::from_str(last).unwrap();
    row["tn"] = json!(row["tn"].as_u64().unwrap() + 1);
    fs_err::write(&counts, text.replace(last, &row.to_string())).unwrap();
    fake(&program, &arguments)
        .expect(1, &["error: not equal bit by bit: the counts under the last weights\n"]);
}

#[test]
fn runs_over_other_images_are_compared_only_on_the_common_ones() {
    let program = Program::new();
    program.run(&[]).expect(0, &[]);
    program.run(&["--set", "data.validation-images=8"]).expect(0, &[]);
    let runs = program.runs();
    let value = parsed(&fake(&program, &["store", "show", id(&runs[0]), "--json"]));
    let twelve = value["record"]["meaning"]["settings"]["data"]["source"].to_string().contains("12");
    let (more, fewer) = if twelve { (&runs[0], &runs[1]) } else { (&runs[1], &runs[0]) };
    fake(&program, &["compare", id(more), id(fewer)]).expect(
        2,
        &["8 are common, 4 are only in A and 0 only in B", "compare the 8 common ones with `--common`"],
    );
    fake(&program, &["compare", id(more), id(fewer), "--common"])
        .expect(0, &["8 images that both report on", "data-digest"]);
}
