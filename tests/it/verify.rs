//! `verify --rerun`: what repeats, what doesn't, what can't be verified, and how much noise is allowed.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test that called it")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ege_bench::digest::sha256;
use ege_bench::model::weights::to_safetensors;
use ege_bench::store::RunFolder;
use serde_json::Value;

use super::program::{Output, Program};

/// `verify --rerun` with the fake trainer.
fn verify(program: &Program, run: &str, more: &[&str]) -> Output {
    program.output(&[&["--trainer", "fake", "verify", "--rerun", run], more].concat())
}

fn id(run: &Path) -> &str {
    run.file_name().unwrap().to_str().unwrap()
}

/// SHA-256 of every file below the folder.
fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let entries = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().is_file());
    files.map(|file| (file.path().to_owned(), sha256(&fs_err::read(file.path()).unwrap()))).collect()
}

fn edit(path: &Path, change: impl FnOnce(String) -> String) {
    let before = fs_err::read_to_string(path).unwrap();
    let after = change(before.clone());
    assert_ne!(before, after, "{}", path.display());
    fs_err::write(path, after).unwrap();
}

fn json(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap()
}

/// Temporary folders of repeats that are left in the results.
fn left(program: &Program) -> Vec<PathBuf> {
    let entries = fs_err::read_dir(program.folder().join("results")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| id(path).starts_with(".rerun")).collect()
}

#[test]
fn a_run_repeats_and_stays_as_it_is() {
    let program = Program::new();
    let run = program.only_run(|| program.run(&[]));
    let before = files(program.folder());
    let path = format!("results/runs/{}/", id(&run));
    for name in [id(&run), &id(&run)[..14], &path] {
        let output = verify(&program, name, &[]);
        output.expect(
            0,
            &[id(&run), ": identical", "losses and IoU of 3 epochs", "best.safetensors, 8 values"],
        );
        output.expect(0, &["counts.jsonl, 24 rows", "(fake trainer, synthetic): identical"]);
    }
    let value = json(verify(&program, id(&run), &["--json", "-q"]).expect(0, &[]));
    assert_eq!((&value["verdict"], &value["epochs"]), (&"identical".into(), &3.into()));
    assert_eq!(value["repeats"][0]["events"], serde_json::json!({ "result": "identical", "compared": 12 }));
    assert_eq!(files(program.folder()), before);
}

#[test]
fn what_differs_first_is_told_with_all_its_bits() {
    let program = Program::new();
    let run = program.only_run(|| program.run(&[]));
    let saved: Vec<_> = ["events.jsonl", "counts.jsonl", "best.safetensors", "best.sha256", "run.json"]
        .map(|name| (run.join(name), fs_err::read(run.join(name)).unwrap()))
        .into();
    let check = |expect: &[&str]| {
        let output = verify(&program, id(&run), &[]);
        output.expect(1, &[": different", "first differences"]).expect(1, expect);
        let value = json(verify(&program, id(&run), &["--json"]).expect(1, &[]));
        assert_eq!(value["verdict"], "different");
        for (path, bytes) in &saved {
            fs_err::write(path, bytes).unwrap();
        }
    };

    // The second epoch's loss one float up.
    let event = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    edit(&run.join("events.jsonl"), |text| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut second = event(&lines[1]);
        second["train-loss"] = second["train-loss"].as_f64().unwrap().next_up().into();
        lines[1] = second.to_string();
        lines.join("\n") + "\n"
    });
    let loss = event(fs_err::read_to_string(run.join("events.jsonl")).unwrap().lines().nth(1).unwrap())["train-loss"]
        .as_f64()
        .unwrap();
    let bits = |value: f64| format!("{value:?} ({:#018x})", value.to_bits());
    check(&[
        "epoch 2: train-loss",
        &bits(loss),
        &bits(loss.next_down()),
        "1 of 12 values, the first by 1 ULP",
    ]);

    // The last bit of the last weight.
    let folder = RunFolder::new(run.clone());
    let mut bytes = folder.best_weights().unwrap();
    let last = bytes.len() - 4;
    bytes[last] ^= 1;
    folder.write_best_weights(&bytes).unwrap();
    check(&["tensor fake.weight, value 7", "1 of 8 values, the first by 1 ULP", "1 of 1 tensors"]);

    edit(&run.join("counts.jsonl"), |text| text.replacen("\"tp\":", "\"tp\":1", 1));
    check(&["best weights", "TP 1", "1 of 24 rows"]);

    edit(&run.join("run.json"), |text| {
        let mut record: Value = serde_json::from_str(&text).unwrap();
        record["state"]["best-epoch"] = (record["state"]["best-epoch"].as_u64().unwrap() % 3 + 1).into();
        record["provenance"]["commit"] = "0".repeat(40).into();
        record.to_string()
    });
    check(&["best epoch", "made with another commit: 0000", "a likely cause"]);
}

#[test]
fn the_first_epochs_are_verified_without_the_others() {
    let program = Program::new();
    let run = program.only_run(|| program.run(&["--set", "train.epochs=40"]));
    let output = verify(&program, id(&run), &["--epochs", "2"]);
    output.expect(0, &["of 2 epochs", "not compared", "only the first 2 epochs were executed again"]);
    assert!(!output.stderr.contains("epoch 3/40"), "{output:#?}");
    assert!(!output.stderr.contains("interrupted"), "{output:#?}");
    // Weights of an epoch among them are compared.
    let record: Value = serde_json::from_str(&fs_err::read_to_string(run.join("run.json")).unwrap()).unwrap();
    let best = record["state"]["best-epoch"].as_u64().unwrap();
    assert!(best > 1, "{best}");
    let value = json(&verify(&program, id(&run), &["--epochs", &best.to_string(), "--json"]));
    assert_eq!(value["repeats"][0]["weights"]["result"], "identical");
    let value = json(&verify(&program, id(&run), &["--epochs", &(best - 1).to_string(), "--json"]));
    assert_eq!(value["repeats"][0]["weights"]["result"], "not compared");
    verify(&program, id(&run), &["--epochs", "40"]).expect(0, &["counts.jsonl, 24 rows"]);
    verify(&program, id(&run), &["--epochs", "41"]).expect(2, &["has 40 epochs, 41 are asked for"]);
    verify(&program, id(&run), &["--epochs", "2", "--times", "2"]).expect(2, &["--epochs", "--times"]);
}

#[test]
fn a_run_that_is_not_done_is_verified_as_far_as_it_came() {
    let program = Program::new();
    let child = program.start(&["--set", "train.epochs=40"], "fake:epoch-ms=60");
    let run = program.wait_for_epochs(3);
    child.kill();
    let epochs = fs_err::read_to_string(run.join("events.jsonl")).unwrap().lines().count();
    let output = verify(&program, id(&run), &[]);
    output.expect(0, &["identical", &format!("of {epochs} epochs"), "the stored run isn't done"]);
    verify(&program, id(&run), &["--times", "2"]).expect(2, &["isn't done, so it has no noise floor"]);
    fs_err::remove_file(run.join("events.jsonl")).unwrap();
    verify(&program, id(&run), &[]).expect(2, &["has no complete epoch"]);
}

#[test]
fn what_is_another_run_here_is_refused() {
    let program = Program::new();
    let run = program.only_run(|| program.run(&[]));
    let native = program.output(&["verify", "--rerun", id(&run)]);
    native.expect(2, &["device class `fake`, this is `cpu`", "hint: "]);
    program.output(&["verify"]).expect(2, &["--rerun"]);
    verify(&program, "ege-unet-s7", &[]).expect(2, &["there is no run `ege-unet-s7` in results"]);
    verify(&program, "-", &[]).expect(2, &["there is no run"]);
    let weights = ["--encoder-weights", "a.pth"];
    verify(&program, id(&run), &weights).expect(2, &["starts from scratch"]);
    edit(&run.join("run.json"), |text| text.replace("\"batch-size\": 8", "\"batch-size\": 4"));
    verify(&program, id(&run), &[]).expect(6, &["its record is damaged", "hint: "]);
    fs_err::write(run.join("run.json"), "{\"format\": 99}").unwrap();
    verify(&program, id(&run), &[]).expect(6, &["format 99 is newer"]);
    assert_eq!(left(&program), Vec::<PathBuf>::new());
}

#[test]
fn files_of_encoder_weights_are_named_again() {
    const KEY: &str = "model.mobilenet-v3.encoder-weights";
    let program = Program::new();
    let bytes = to_safetensors(&super::encoder::file("mobilenet-v3"), None);
    fs_err::write(program.folder().join("imagenet.safetensors"), &bytes).unwrap();
    let run = program.only_run(|| program.run(&["--set", &format!("{KEY}=[\"imagenet.safetensors\"]")]));
    let needs = [&format!("imagenet.safetensors, SHA-256 {}", sha256(&bytes)), "hint: ", "--encoder-weights"];
    verify(&program, id(&run), &[]).expect(3, &needs);
    let weights = |name: &str| verify(&program, id(&run), &["--encoder-weights", name]);
    weights("imagenet.safetensors").expect(0, &["identical"]);
    weights("missing.safetensors").expect(3, &["missing.safetensors"]);
    let mut other = super::encoder::file("mobilenet-v3");
    other.0.values_mut().for_each(|tensor| tensor.values[0] += 1.0);
    fs_err::write(program.folder().join("other.safetensors"), to_safetensors(&other, None)).unwrap();
    weights("other.safetensors").expect(3, &[&format!("encoder-digest was {}, here ", sha256(&bytes))]);
}

#[test]
fn where_bits_are_not_promised_the_noise_floor_is_measured() {
    const NOISY: &str = "fake:noise=1e-3";
    let program = Program::new();
    let run = program.only_run(|| program.output(&["--trainer", NOISY, "run", "small.toml"]));
    let noisy = |more: &[&str]| {
        program.output(&[&["--trainer", NOISY, "verify", "--rerun", id(&run)], more].concat())
    };
    noisy(&[]).expect(0, &[": measured", "different", "`fake-noisy` doesn't promise the same bits"]);
    assert!(!run.join("noise-floor.json").exists(), "one repeat is no floor");
    noisy(&["--tolerance", "5"]).expect(2, &["needs the noise floor", "--times 2"]);
    noisy(&["--times", "3", "--tolerance", "1e-9"])
        .expect(2, &["below the same-seed noise floor", "3 repeats"]);
    noisy(&["--times", "3", "--tolerance", "20"])
        .expect(0, &[": within tolerance", "same-seed noise over 3 repeats"]);
    let floor: Value =
        serde_json::from_str(&fs_err::read_to_string(run.join("noise-floor.json")).unwrap()).unwrap();
    assert_eq!((&floor["repeats"], &floor["promises-bits"]), (&3.into(), &false.into()));
    assert!(floor["among-repeats"]["pooled-iou"].as_f64().unwrap() > 0.0, "{floor}");
    let weight = floor["among-repeats"]["weight"].as_f64().unwrap();
    assert!(weight > 0.0 && weight <= 1e-3, "{weight}");
    // The report prints it.
    program.output(&["--trainer", NOISY, "report", "small.toml"]).expect(0, &[]);
    let page = fs_err::read_to_string(program.folder().join("results/report.html")).unwrap();
    assert!(page.contains("Same-seed noise of"), "the noise floor is told");

    // A stored run far from what this build gives.
    edit(&run.join("counts.jsonl"), |text| text.replace("\"fp\":", "\"fp\":9"));
    noisy(&["--times", "2", "--tolerance", "5"]).expect(1, &[": outside tolerance", "noise floor"]);
    for wrong in ["-1", "101", "nan", "much"] {
        noisy(&["--times", "2", &format!("--tolerance={wrong}")]).expect(2, &["percentage points"]);
    }
}

#[test]
fn where_bits_are_promised_no_tolerance_excuses_others() {
    let program = Program::new();
    let run = program.only_run(|| program.run(&[]));
    let tolerant = ["--times", "2", "--tolerance", "50"];
    verify(&program, id(&run), &tolerant).expect(0, &[": identical", "the tolerance isn't used"]);
    let floor = fs_err::read_to_string(run.join("noise-floor.json")).unwrap();
    assert_eq!(floor.matches("\"pooled-iou\": 0.0").count(), 2, "{floor}");
    edit(&run.join("counts.jsonl"), |text| text.replacen("\"tp\":", "\"tp\":1", 1));
    verify(&program, id(&run), &tolerant).expect(1, &[": different", "they are demanded"]);
}

#[cfg(unix)]
#[test]
fn an_interrupted_verification_leaves_nothing() {
    let program = Program::new();
    let run = program.only_run(|| program.run(&["--set", "train.epochs=12"]));
    let before = files(program.folder());
    let start = || {
        let slow = program.start_bare(&[
            "--trainer",
            "fake:epoch-ms=100",
            "verify",
            "--rerun",
            id(&run),
            "--times",
            "9",
        ]);
        let begun = Instant::now();
        while !left(&program).iter().any(|place| place.join("repeat-1/runs").exists()) {
            assert!(begun.elapsed() < Duration::from_mins(1), "the repeat hasn't begun after a minute");
            std::thread::sleep(Duration::from_millis(5));
        }
        slow
    };
    let slow = start();
    std::thread::sleep(Duration::from_millis(200));
    slow.signal("INT");
    slow.finish().expect(5, &["stopping", "no verdict", "nothing is kept"]);
    assert_eq!(files(program.folder()), before);
    // What a kill leaves goes with the next verification, not that of one at work.
    start().kill();
    assert_eq!(left(&program).len(), 1);
    let other = start();
    verify(&program, id(&run), &[]).expect(0, &["identical"]);
    assert_eq!(left(&program).len(), 1, "{:?}", left(&program));
    other.signal("TERM");
    other.finish().expect(5, &[]);
    assert_eq!(files(program.folder()), before);
}

#[test]
fn repeats_are_kept_on_request() {
    let program = Program::new();
    let run = program.only_run(|| program.run(&[]));
    let keep = ["--times", "2", "--keep", "again"];
    verify(&program, id(&run), &keep).expect(0, &["identical", "kept in again"]);
    for repeat in ["repeat-1", "repeat-2"] {
        let kept = program.folder().join("again").join(repeat).join("runs").join(id(&run));
        for name in ["best.safetensors", "counts.jsonl"] {
            assert_eq!(fs_err::read(kept.join(name)).unwrap(), fs_err::read(run.join(name)).unwrap());
        }
    }
    verify(&program, id(&run), &keep).expect(2, &["again is no empty folder"]);
    verify(&program, id(&run), &["--keep", "results"]).expect(2, &["results is no empty folder"]);
}

/// The promise itself: real networks with fused kernels, on 1, 2 and 8 threads.
#[test]
fn real_trainings_have_the_same_bits_on_any_number_of_threads() {
    const COMPARED: [&str; 2] = ["best.safetensors", "counts.jsonl"];
    // One is passed image by image, the other as a whole batch, for the moments of its normalisation.
    for model in ["model.ege-unet={}", "model.unet={}"] {
        let program = Program::new();
        let set = ["--set", "train.epochs=2", "--set", model];
        let mut found = Vec::new();
        for threads in ["1", "2", "8"] {
            let results = format!("on {threads}");
            let arguments =
                [&["run", "small.toml", "--threads", threads, "--results", &results], &set[..]].concat();
            program.output(&arguments).expect(0, &[]);
            let runs: Vec<_> = fs_err::read_dir(program.folder().join(&results).join("runs"))
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .collect();
            let [run] = runs.as_slice() else { panic!("{runs:?}") };
            let record: Value =
                serde_json::from_str(&fs_err::read_to_string(run.join("run.json")).unwrap()).unwrap();
            assert_eq!(record["provenance"]["kernels"], "fused");
            assert_eq!(record["provenance"]["threads"].to_string(), threads);
            let events = fs_err::read_to_string(run.join("events.jsonl")).unwrap();
            let values: Vec<_> = events
                .lines()
                .map(|line| {
                    let event: Value = serde_json::from_str(line).unwrap();
                    ["learning-rate", "train-loss", "selection-loss", "selection-iou"]
                        .map(|key| event[key].clone())
                })
                .collect();
            assert_eq!(values.len(), 2);
            found.push((COMPARED.map(|name| fs_err::read(run.join(name)).unwrap()), values, run.clone()));
        }
        let (first, rest) = found.split_first().unwrap();
        for other in rest {
            assert!(first.0 == other.0, "{model}: files differ");
            assert_eq!(first.1, other.1, "{model}");
        }
        let path = found[0].2.to_str().unwrap();
        program.output(&["verify", "--rerun", path, "--threads", "2"]).expect(0, &[": identical"]);
        program
            .output(&["verify", "--rerun", path, "--kernels", "plain"])
            .expect(2, &["`cpu-plain`", "--kernels"]);
    }
}

/// The same for runs that are trained side by side.
#[test]
fn real_trainings_have_the_same_bits_in_any_number_of_jobs() {
    let program = Program::new();
    let found = ["1", "2"].map(|jobs| {
        let results = format!("in {jobs}");
        let set = ["--set", "train.epochs=2", "--set", "train.seeds=[42, 43]"];
        let arguments = ["run", "small.toml", "--jobs", jobs, "--threads", "4", "--results", &results];
        program.output(&[&arguments[..], &set].concat()).expect(0, &["2/2"]);
        let runs = fs_err::read_dir(program.folder().join(&results).join("runs")).unwrap();
        let left = |run: PathBuf| {
            ["best.safetensors", "counts.jsonl"].map(|name| sha256(&fs_err::read(run.join(name)).unwrap()))
        };
        let runs = runs.map(|entry| entry.unwrap()).map(|entry| (entry.file_name(), left(entry.path())));
        runs.collect::<BTreeMap<_, _>>()
    });
    assert_eq!(found[0].len(), 2);
    assert_eq!(found[0], found[1]);
}
