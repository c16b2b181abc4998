//! The commands as a user meets them.

use std::process::Stdio;

use super::program::{Program, counts};

#[test]
fn run_is_idempotent_and_says_so() {
    let program = Program::new();
    program.run(&[]).expect(
        0,
        &["small: 1 run: 1 due (1 new)", "1/1", "(fake trainer, synthetic)", "results/report.html"],
    );
    let run = program.runs().remove(0);
    let before = counts(&run);
    let record = fs_err::read(run.join("run.json")).unwrap();
    program.run(&[]).expect(4, &["nothing to do", "results/report.html"]);
    assert_eq!(counts(&run), before);
    assert_eq!(fs_err::read(run.join("run.json")).unwrap(), record);
    program.command("plan", &[]).expect(0, &["done", "0 due, 1 done"]);
}

#[test]
fn a_finished_run_leaves_all_its_files() {
    let program = Program::new();
    let run = program.only_run(|| program.run(&[]));
    let record: serde_json::Value =
        serde_json::from_str(&fs_err::read_to_string(run.join("run.json")).unwrap()).unwrap();
    assert_eq!(record["provenance"]["device"], "fake");
    assert_eq!(record["meaning"]["device"], "fake");
    assert_eq!(record["synthetic"], true);
    assert_eq!(record["format"], 1);
    assert_eq!(record["provenance"]["cargo-lock"].as_str().unwrap().len(), 64);
    assert!(run.file_name().unwrap().to_str().unwrap().starts_with("ege-unet-s42-"));
    let gallery: Vec<serde_json::Value> =
        serde_json::from_str(&fs_err::read_to_string(run.join("masks/gallery.json")).unwrap()).unwrap();
    let choices: Vec<&str> = gallery.iter().map(|entry| entry["choice"].as_str().unwrap()).collect();
    assert_eq!(choices, [["best"; 3], ["median"; 3], ["worst"; 3]].concat());
    for entry in &gallery {
        let mask = run.join(format!("masks/{}.png", entry["image"].as_str().unwrap()));
        let picture = image::open(mask).unwrap();
        assert_eq!((picture.width(), picture.height()), (32, 32));
        assert!(picture.to_luma8().pixels().all(|pixel| [0, 255].contains(&pixel.0[0])));
    }
    for name in ["events.jsonl", "log.txt", "best.safetensors", "checkpoint/last.ckpt"] {
        assert!(run.join(name).exists(), "{name}");
    }
    let left: Vec<_> = walkdir::WalkDir::new(program.folder())
        .into_iter()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with(".unfinished"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn plan_tells_reasons_and_what_changed() {
    let program = Program::new();
    program.command("plan", &[]).expect(0, &["new", "1 run: 1 due (1 new)"]);
    assert!(program.runs().is_empty(), "planning makes nothing");
    program.run(&[]).expect(0, &[]);
    let changed = program.command("plan", &["--set", "train.epochs=4"]);
    changed.expect(0, &["new: settings.train.epochs changed since ege-unet-s42-"]);
    let json = program.command("plan", &["--set", "train.epochs=4", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&json.expect(0, &[]).stdout).unwrap();
    assert_eq!(value["due"], 1);
    assert_eq!(value["runs"][0]["reason"], "new");
    assert_eq!(value["runs"][0]["changed"], serde_json::json!(["settings.train.epochs"]));
}

#[test]
fn status_tells_how_far_runs_are() {
    let program = Program::new();
    program.command("status", &[]).expect(0, &["planned", "0/3"]);
    program.run(&[]).expect(0, &[]);
    program.command("status", &[]).expect(0, &["done", "3/3"]);
    let json = program.command("status", &["--json"]);
    let value: serde_json::Value = serde_json::from_str(&json.expect(0, &[]).stdout).unwrap();
    assert_eq!(value["runs"][0]["state"], "done");
    assert_eq!(value["runs"][0]["epoch"], 3);
    assert!(value["runs"][0]["last"]["selection_iou"].as_f64().unwrap() > 0.0);
}

#[test]
fn limit_leaves_the_rest_for_another_time() {
    let program = Program::new();
    let seeds = ["--set", "train.seeds=[1, 2, 3]"];
    program.run(&[seeds[0], seeds[1], "--limit", "2"]).expect(0, &["1 more due", "2/3"]);
    program.run(&seeds).expect(0, &["3/3"]);
    program.run(&[seeds[0], seeds[1], "--limit", "2"]).expect(4, &["nothing to do"]);
}

#[test]
fn elsewhere_than_on_a_terminal_there_are_plain_lines() {
    let program = Program::new();
    let output = program.run(&[]);
    output.expect(0, &["epoch 1/3  loss ", "epoch 3/3  loss "]);
    for text in [&output.stdout, &output.stderr] {
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    }
    let quiet = program.output(&["-q", "--trainer", "fake", "run", "small.toml"]);
    assert_eq!(quiet.expect(4, &[]).stderr, "");
    let colored = program.output(&["--color", "always", "plan", "missing.toml"]);
    colored.expect(2, &["\u{1b}["]);
}

#[test]
fn results_go_where_they_are_wanted() {
    let program = Program::new();
    program.run(&["--results", "andere Ergebnisse"]).expect(0, &["andere Ergebnisse/report.html"]);
    assert!(program.folder().join("andere Ergebnisse/runs").is_dir());
    assert!(!program.folder().join("results").exists());
    let mut command = program.bare(&["--trainer", "fake", "run", "small.toml"]);
    command.env("EGE_BENCH_RESULTS", "andere Ergebnisse");
    super::program::Output::of(command).expect(4, &[]);
}

#[test]
fn mistakes_are_answered_with_a_code_and_a_hint() {
    let program = Program::new();
    program
        .output(&["run", "smal.toml"])
        .expect(2, &["error: there is no file smal.toml", "hint: did you mean ./small.toml?"]);
    program.output(&["frobnicate"]).expect(2, &["frobnicate"]);
    program.command("run", &["--set", "train.epoch=3"]).expect(2, &["epochs"]);
    program.command("run", &["--threads", "0"]).expect(2, &["--threads"]);
    program.output(&["model", "show", "vgg"]).expect(2, &["unknown model `vgg`", "ege-unet"]);
    program
        .output(&["model", "show", "ege-unet", "--size", "100"])
        .expect(2, &["not a multiple of 32", "the nearest is 96"]);
    program.output(&["bench", "train", "--size", "3200000"]).expect(2, &["not a multiple of 32 between"]);
    program.output(&["bench", "infer", "--kernels", "magic"]).expect(2, &["fused, plain"]);
    for size in ["0", "1056", "1000000"] {
        let told = &["is not a multiple of 32 between 32 and 1024"];
        program.output(&["model", "show", "ege-unet", "--size", size]).expect(2, told);
        program.output(&["bench", "infer", "--size", size]).expect(2, told);
        program.output(&["data", "import", "isic2017", ".", "--size", size]).expect(2, told);
    }
    program.output(&["data", "import", "isic1999", "."]).expect(2, &["isic1999", "isic2017"]);
    let real = "name = \"real\"\n[data]\ndataset = \"isic2017\"\nsplit = \"paper\"\n[model.ege-unet]\n";
    fs_err::write(program.folder().join("real.toml"), real).unwrap();
    program
        .output(&["run", "real.toml"])
        .expect(3, &["isic2017", "hint: ", "ege-bench data import isic2017 FOLDER"]);
    program
        .output(&["run", "real.toml", "--data", "my data"])
        .expect(3, &["ege-bench data import --data 'my data' isic2017 FOLDER"]);
    fs_err::write(program.folder().join("a file"), "").unwrap();
    program
        .output(&["run", "small.toml", "--trainer", "fake", "--results", "a file"])
        .expect(6, &["a file: is a file, not a folder", "hint: ", "--results DIR"]);
    fs_err::create_dir_all(program.folder().join("results/report.html")).unwrap();
    program.run(&[]).expect(6, &["report.html", "hint: move away"]);
}

#[test]
fn numbers_of_made_up_images_are_labelled_wherever_they_are_told() {
    let program = Program::new();
    program.run(&[]).expect(0, &["(fake trainer, synthetic) seed 42: epoch 1/3  loss "]);
    program.command("status", &[]).expect(0, &["(fake trainer, synthetic)"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_output_is_told_once_and_fails_the_command() {
    let program = Program::new();
    for arguments in [&["data", "list"][..], &["--help"], &["--trainer", "fake", "run", "small.toml"]] {
        let mut command = program.bare(arguments);
        let full = fs_err::OpenOptions::new().write(true).open("/dev/full").unwrap();
        command.stdout(Stdio::from(full.into_file())).stderr(Stdio::piped());
        let output = super::program::Output::of(command);
        output.expect(6, &["can't write to standard output"]);
        assert_eq!(output.stderr.matches("standard output").count(), 1, "{}", output.stderr);
    }
}

/// Every key of the value, however deep; what an experiment file holds keeps its own spelling.
fn keys(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                found.push(key.clone());
                if key != "settings" {
                    keys(value, found);
                }
            }
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

#[test]
fn json_has_snake_case_keys_and_one_spelling_of_licence() {
    let program = Program::new();
    program.run(&[]).expect(0, &[]);
    for arguments in [
        &["data", "list"][..],
        &["model", "list"],
        &["model", "show", "ege-unet"],
        &["plan", "small.toml"],
        &["status", "small.toml"],
        &["plan", "small.toml", "--set", "train.epochs=4"],
    ] {
        let output = program.output(&[&["--trainer", "fake"], arguments, &["--json"]].concat());
        let mut found = Vec::new();
        keys(&serde_json::from_str(&output.expect(0, &[]).stdout).unwrap(), &mut found);
        assert!(found.len() > 4, "{found:?}");
        let bad: Vec<_> = found.iter().filter(|key| key.contains('-') || *key == "license").collect();
        assert!(bad.is_empty(), "{arguments:?}: {bad:?}");
    }
}

#[test]
fn a_done_run_without_all_its_counts_is_refused() {
    let program = Program::new();
    let run = program.only_run(|| program.run(&[]));
    let whole = counts(&run);
    let (rest, last) = whole.trim_end().rsplit_once('\n').unwrap();
    for (text, problem) in [
        (format!("{rest}\n"), "1 of 12 reported images are missing"),
        (format!("{whole}{last}\n"), "stands twice"),
        (whole.replace("\"tn\":", "\"tn\":1"), "pixels, not 1024"),
    ] {
        fs_err::write(run.join("counts.jsonl"), text).unwrap();
        program.command("report", &[]).expect(6, &["counts.jsonl: ", problem, "hint: move "]);
    }
}

#[test]
fn the_last_epoch_is_not_selected_on_what_is_reported() {
    let program = Program::new();
    for (selection, expect) in [("lowest-loss", true), ("last", false)] {
        program.run(&["--set", &format!("train.selection=\"{selection}\"")]).expect(0, &[]);
        let page = fs_err::read_to_string(program.folder().join("results/report.html")).unwrap();
        assert_eq!(page.contains("selects on reported images"), expect, "{selection}");
        assert_eq!(page.contains("selected on the images that are reported on"), expect, "{selection}");
    }
}

#[test]
fn a_bad_claims_file_is_told_before_anything_is_done() {
    let program = Program::new();
    let small = fs_err::read_to_string(program.folder().join("small.toml")).unwrap();
    let claiming = small.replacen('\n', "\nclaims = [\"claims.toml\"]\n", 1);
    assert_ne!(claiming, small);
    fs_err::write(program.folder().join("small.toml"), claiming).unwrap();
    for command in ["plan", "run", "report"] {
        program.command(command, &[]).expect(2, &["can't read claims file", "claims.toml", "hint: "]);
    }
    fs_err::write(program.folder().join("claims.toml"), "shape = 1\n").unwrap();
    for command in ["plan", "run", "report"] {
        let output = program.command(command, &[]);
        output.expect(2, &["claims.toml:1:1: unknown field `shape`"]);
        assert_eq!(output.stderr.matches("line 1").count(), 0, "the place is told once: {output:?}");
    }
    assert!(!program.folder().join("results").exists(), "nothing was made");
}

#[test]
fn help_of_every_command_has_an_example() {
    let program = Program::new();
    let commands: [&[&str]; 16] = [
        &[],
        &["verify"],
        &["bench"],
        &["bench", "train"],
        &["bench", "infer"],
        &["plan"],
        &["run"],
        &["status"],
        &["report"],
        &["data"],
        &["data", "list"],
        &["data", "status"],
        &["data", "import"],
        &["model"],
        &["model", "list"],
        &["model", "show"],
    ];
    for command in commands {
        let output = program.output(&[command, &["--help"]].concat());
        output.expect(
            0,
            &["Example", &["ege-bench"].iter().chain(command).copied().collect::<Vec<_>>().join(" ")],
        );
        assert!(!output.stdout.contains("--trainer"), "the fake is for tests only");
    }
    program.output(&["--help"]).expect(0, &["Exit codes:", "101  a bug"]);
}

#[test]
fn networks_and_data_sets_are_listed() {
    let program = Program::new();
    let shown = program.output(&["model", "show", "ege-unet", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&shown.expect(0, &[]).stdout).unwrap();
    assert_eq!(value["model"], "ege-unet");
    assert_eq!(value["parameters"], 53_374);
    assert_eq!(value["tensors"], 314);
    assert_eq!(value["conv_macs"], 72_096_256);
    program.output(&["model", "list"]).expect(0, &["ege-unet", "MICCAI 2023"]);
    program.output(&["data", "list"]).expect(0, &["isic2017", "paper", "1500", "650"]);
    program.output(&["data", "status"]).expect(0, &["nothing is prepared"]);
    for list in [["model", "list"], ["data", "list"], ["data", "status"]] {
        let json = program.output(&[&list[..], &["--json"]].concat());
        serde_json::from_str::<serde_json::Value>(&json.expect(0, &[]).stdout).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let program = Program::new();
    let mut child =
        program.bare(&["data", "list"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = super::program::Output::from(child.wait_with_output().unwrap());
    assert_eq!(output.expect(0, &[]).stderr, "");
}

#[test]
fn the_state_of_prepared_data_is_a_word_and_names_the_splits_that_it_covers() {
    let program = Program::new();
    let pair = program.folder().join("pair");
    for (name, picture) in [
        ("images/ISIC_0000000.png", image::DynamicImage::new_rgb8(64, 64)),
        ("masks/ISIC_0000000.png", image::DynamicImage::new_luma8(64, 64)),
    ] {
        fs_err::create_dir_all(pair.join(name).parent().unwrap()).unwrap();
        picture.save(pair.join(name)).unwrap();
    }
    program.output(&["data", "import", "isic2017", "pair", "--size", "64"]).expect(0, &[]);
    program.output(&["data", "status"]).expect(0, &["SPLITS", "intact", "official 1/2750, paper 1/2150"]);
    fs_err::write(program.folder().join("data/isic2017/isic2017-32.cache"), [7; 5000]).unwrap();
    let output = program.output(&["data", "status"]);
    output.expect(3, &["intact", "error: ", "isic2017-32.cache"]);
    let row = output.stdout.lines().find(|line| line.contains("damaged")).unwrap();
    assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["isic2017", "32", "-", "damaged", "-", "-"]);
    let json = program.output(&["data", "status", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&json.expect(3, &[]).stdout).unwrap();
    let mut found = Vec::new();
    keys(&value, &mut found);
    assert!(found.iter().any(|key| key == "source_sha256"), "{found:?}");
    assert!(found.iter().all(|key| !key.contains('-')), "{found:?}");
}
