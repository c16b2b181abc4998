//! `audit`, `report --check` and `verify EXPERIMENT` as they are typed.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test that called it")]

use serde_json::Value;

use super::program::Program;

/// Claims about EGE-UNet's parameters, in millions.
fn claims(parameters: &str) -> String {
    format!(
        r#"
format = 1
paper = {{ key = "made-up", title = "Made up", authors = "A", venue = "V 2026", link = "L" }}
[[tolerance]]
quantity = "pooled-iou"
value = 0.5
registered = 2026-11-01
reason = "made up for a test"
[[ratio]]
text = "twice as many"
quantity = "parameters"
value = "2"
of = {{ table = "t", row = "R" }}
to = {{ table = "t", row = "EGE-UNet" }}
evidence = "table"
source = "made up for a test"
[[table]]
name = "t"
title = "T"
dataset = "isic2017"
split = "paper"
images = 650
size = 256
protocol = "any"
selection = "reported"
evidence = "table"
source = "made up for a test"
columns = [
  {{ name = "miou", heading = "mIoU", quantity = "pooled-iou" }},
  {{ name = "dsc", heading = "DSC", quantity = "pooled-dice" }},
  {{ name = "parameters", heading = "Params", quantity = "parameters" }},
]
[[table.row]]
label = "EGE-UNet"
model = "ege-unet"
cells = {{ miou = "79.81", dsc = "88.77", parameters = "{parameters}" }}
[[table.row]]
label = "R"
cells = {{ miou = "70.00", dsc = "82.35", parameters = "0.10" }}
"#
    )
}

/// A folder with the claims, and an experiment of one short training that names them.
fn program(parameters: &str) -> Program {
    let program = Program::new();
    fs_err::write(program.folder().join("claims.toml"), claims(parameters)).unwrap();
    let experiment = fs_err::read_to_string(program.folder().join("small.toml")).unwrap();
    let experiment = experiment.replace("name = \"small\"", "name = \"small\"\nclaims = [\"claims.toml\"]");
    fs_err::write(program.folder().join("small.toml"), experiment).unwrap();
    program
}

#[test]
fn claims_are_audited_without_training() {
    let program = program("0.053");
    let output = program.output(&["audit", "claims.toml"]);
    output.expect(0, &["Made up (A, V 2026, L)", "identity    2", "selection", "doubtful  leaks"]);
    output.expect(
        0,
        &["ISIC_0012970 trains, ISIC_0012127 is reported on (mean squared difference 0.00 at 32x32)"],
    );
    let all = program.output(&["audit", "claims.toml", "--all", "--check"]);
    all.expect(0, &["holds     identity", "2 x 79.81 / (100 + 79.81) = 88.7715", "53,374 trained scalars"]);
    all.expect(0, &["as printed: 0.10 / 0.053 = 1.9 (1.8 to 2.0 by rounding), claimed 2"]);
    let value: Value =
        serde_json::from_str(&program.output(&["audit", "claims.toml", "--json", "-q"]).stdout).unwrap();
    let checks: Vec<_> =
        value["findings"].as_array().unwrap().iter().map(|finding| &finding["check"]).collect();
    assert!(checks.contains(&&Value::from("parameters")), "{checks:?}");

    let program = self::program("0.060");
    program.output(&["audit", "claims.toml"]).expect(0, &["fails     parameters"]);
    program.output(&["audit", "claims.toml", "--check"]).expect(1, &["findings fail"]);
    program.output(&["audit", "nowhere.toml"]).expect(2, &["nowhere.toml", "claims files stand in"]);
}

#[test]
fn a_report_is_checked_and_made_again() {
    let program = program("0.053");
    let run = program.output(&["run", "small.toml", "--set", "train.epochs=1", "-q"]);
    run.expect(0, &["claims: 1 reproduced, 5 not attempted"]);
    let check = ["report", "small.toml", "--set", "train.epochs=1", "--check"];
    program.output(&check).expect(0, &["claims: 1 reproduced"]);
    let registry = fs_err::read_to_string(program.folder().join("results/registry.jsonl")).unwrap();
    assert_eq!(registry.lines().count(), 1, "registered once, before the first run");

    let verify = ["verify", "small.toml", "--set", "train.epochs=1"];
    program.output(&verify).expect(0, &["files made again from the runs: every byte is the same"]);
    let table = program.folder().join("results/tables/comparison.csv");
    let text = fs_err::read_to_string(&table).unwrap();
    fs_err::write(&table, text.replacen('1', "2", 1)).unwrap();
    program.output(&verify).expect(1, &["tables/comparison.csv: differs from byte", "1 of "]);
    fs_err::remove_file(&table).unwrap();
    program.output(&verify).expect(1, &["tables/comparison.csv: is missing"]);

    // A claim that the network doesn't bear out.
    fs_err::write(program.folder().join("claims.toml"), claims("0.060")).unwrap();
    program
        .output(&check)
        .expect(1, &["not reproduced: made-up, t, EGE-UNet, Params 0.060", "1 of 1 attempted"]);
    fs_err::remove_file(program.folder().join("results/report.json")).unwrap();
    program.output(&verify).expect(2, &["no report stands in results", "ege-bench report EXPERIMENT"]);
    program.output(&["verify"]).expect(2, &["EXPERIMENT"]);
    program.output(&["verify", "small.toml", "--times", "3"]).expect(2, &["--rerun"]);
}
