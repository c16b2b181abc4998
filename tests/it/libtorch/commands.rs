//! What commands say of devices, in builds with libtorch and without.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::program::Program;

fn records(program: &Program) -> Vec<Value> {
    let runs = fs_err::read_dir(program.folder().join("results/runs")).expect("there are runs");
    runs.map(|run| {
        let text = fs_err::read_to_string(run.expect("a run").path().join("run.json")).expect("a record");
        serde_json::from_str(&text).expect("a record is JSON")
    })
    .collect()
}

#[test]
fn a_device_that_is_none_ends_with_code_2() {
    let program = Program::new();
    for arguments in [
        &["run", "small.toml", "--device", "gpu"][..],
        &["plan", "small.toml", "--device", "gpu"],
        &["bench", "train", "--device", "gpu"],
        &["doctor", "--self-test", "--device", "gpu"],
    ] {
        let output = program.output(arguments);
        assert_eq!(output.code, Some(2), "{output:?}");
        assert!(output.stderr.contains("error: unknown device `gpu`"), "{}", output.stderr);
        assert!(output.stderr.contains("hint: allowed: cpu, libtorch, libtorch:cuda:N"), "{}", output.stderr);
    }
}

#[test]
fn the_built_in_path_has_no_bf16() {
    let program = Program::new();
    let output = program.output(&["run", "small.toml", "--set", "train.precision=\"bf16\""]);
    assert_eq!(output.code, Some(2), "{output:?}");
    assert!(output.stderr.contains("error: `cpu` doesn't compute in bf16"), "{}", output.stderr);
    assert!(output.stderr.contains("hint: libtorch does"), "{}", output.stderr);
    let output = program.output(&["bench", "train", "--precision", "bf16"]);
    assert_eq!(output.code, Some(2), "{output:?}");
}

#[test]
fn runs_are_spread_over_devices() {
    let program = Program::new();
    let seeds = "train.seeds=[1, 2, 3, 4, 5, 6]";
    let devices = "fake-card-a,fake-card-b,fake-card-c";
    let arguments =
        ["--trainer", "fake:epoch-ms=60", "run", "small.toml", "--set", seeds, "--device", devices];
    let output = program.output(&[&arguments[..], &["--jobs-per-device", "1"]].concat());
    assert_eq!(output.code, Some(0), "{output:?}");
    let mut runs = BTreeMap::<String, usize>::new();
    for record in records(&program) {
        let hardware = record["provenance"]["hardware"].as_str().expect("a text").to_owned();
        let device = hardware.rsplit(", ").next().unwrap_or_default().to_owned();
        *runs.entry(device).or_default() += 1;
    }
    assert_eq!(runs.keys().collect::<Vec<_>>(), ["fake-card-a", "fake-card-b", "fake-card-c"]);
    assert_eq!(runs.values().sum::<usize>(), 6);
}

#[test]
fn doctor_tells_what_is_there() {
    let program = Program::new();
    let output = program.output(&["doctor", "--json"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    let found: Value = serde_json::from_str(&output.stdout).expect("JSON");
    let devices: Vec<&str> = found["devices"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|device| device["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(devices[0], "cpu");
    let built_in = cfg!(feature = "libtorch");
    assert_eq!(devices.contains(&"libtorch"), built_in, "{devices:?}");
    if built_in {
        assert_eq!(found["libtorch"]["libtorch"], "2.9.0");
    } else {
        assert!(found["missing"][0]["mend"].as_str().is_some_and(|mend| mend.starts_with("just libtorch")));
    }
    let text = program.output(&["doctor"]).stdout;
    assert!(text.contains("built-in path: ") && text.contains("libtorch: "), "{text}");
}

#[cfg(not(feature = "libtorch"))]
#[test]
fn a_build_without_libtorch_says_how_to_get_it() {
    let program = Program::new();
    let output = program.output(&["run", "small.toml", "--device", "libtorch"]);
    assert_eq!(output.code, Some(2), "{output:?}");
    assert!(output.stderr.contains("no device `libtorch`: this build has no libtorch"), "{}", output.stderr);
    assert!(output.stderr.contains("hint: `just libtorch cpu`"), "{}", output.stderr);
}

/// A whole run on libtorch, beside the same one on the built-in path: neither is taken for the other.
#[cfg(feature = "libtorch")]
#[test]
fn runs_of_libtorch_never_mix_with_others() {
    let program = Program::new();
    let run = |more: &[&str]| program.output(&[&["run", "small.toml", "--threads", "1"], more].concat());
    let here = run(&[]);
    assert_eq!(here.code, Some(0), "{here:?}");
    let there = run(&["--device", "libtorch"]);
    assert_eq!(there.code, Some(0), "{there:?}");
    assert_eq!(run(&["--device", "libtorch"]).code, Some(4), "nothing is to do any more");

    let records = records(&program);
    let device = |class: &str| {
        let own = records.iter().find(|record| record["meaning"]["device"] == class);
        own.unwrap_or_else(|| panic!("no run on {class}: {records:?}"))
    };
    let (cpu, library) = (device("cpu"), device("libtorch-cpu"));
    assert_ne!(cpu["id"], library["id"]);
    assert_eq!(cpu["meaning"]["settings"], library["meaning"]["settings"]);
    assert_eq!(library["provenance"]["kernels"], "libtorch 2.9.0");
    let best = |record: &Value| record["state"]["best-epoch"].clone();
    assert!(best(cpu).is_u64() && best(library).is_u64(), "{cpu} {library}");

    let id = library["id"].as_str().expect("an id");
    let rerun =
        program.output(&["verify", "--rerun", id, "--device", "libtorch", "--times", "2", "--threads", "1"]);
    assert_eq!(rerun.code, Some(0), "{rerun:?}");
}

#[cfg(feature = "libtorch")]
#[test]
fn a_run_in_mixed_precision_is_another_run() {
    let program = Program::new();
    let epochs = ["--set", "train.epochs=1", "--device", "libtorch", "--threads", "1"];
    let run = |more: &[&str]| program.output(&[&["run", "small.toml"], &epochs[..], more].concat());
    assert_eq!(run(&[]).code, Some(0));
    let mixed = run(&["--set", "train.precision=\"bf16\""]);
    assert_eq!(mixed.code, Some(0), "{mixed:?}");
    let precisions: Vec<Value> = records(&program)
        .iter()
        .map(|record| record["meaning"]["settings"]["train"]["precision"].clone())
        .collect();
    assert_eq!(precisions.len(), 2);
    assert!(precisions.contains(&Value::Null) && precisions.contains(&Value::from("bf16")), "{precisions:?}");
}

#[test]
fn a_run_that_finds_no_memory_beside_others_goes_on_with_fewer() {
    let program = Program::new();
    let run = |jobs: &str, seeds: &str| {
        let trainer = "fake:epoch-ms=150,crowded-seed=2";
        let seeds = format!("train.seeds={seeds}");
        let device = ["--device", "fake-card", "--jobs-per-device", jobs];
        let arguments =
            ["--trainer", trainer, "run", "small.toml", "--set", &seeds, "--set", "train.epochs=4"];
        program.output(&[&arguments[..], &device].concat())
    };
    let output = run("2", "[1, 2, 3]");
    assert_eq!(output.code, Some(0), "{output:?}");
    let told = "waits for room: the memory of `fake-card` doesn't suffice: the fake trainer was asked to find none; \
                from now on no more than 1 at a time on fake-card";
    assert!(output.stderr.contains(told), "{}", output.stderr);
    let sessions: Vec<u64> = records(&program)
        .iter()
        .map(|record| record["provenance"]["sessions"].as_u64().expect("a number"))
        .collect();
    assert_eq!(sessions.iter().filter(|&&sessions| sessions == 2).count(), 1, "{sessions:?}");
    assert_eq!(sessions.len(), 3);
}

#[test]
fn a_run_that_finds_no_memory_alone_fails_with_advice() {
    let program = Program::new();
    let arguments =
        ["--trainer", "fake:crowded-seed=2", "run", "small.toml", "--set", "train.seeds=[1, 2, 3]"];
    let output = program.output(&arguments);
    assert_eq!(output.code, Some(7), "{output:?}");
    assert!(output.stderr.contains("seed 2 failed (memory): the memory of"), "{}", output.stderr);
    assert!(output.stderr.contains("fewer `--jobs-per-device`"), "{}", output.stderr);
}
