//! What a report says of claims, and of variants against one another.

use std::path::{Path, PathBuf};

use ege_bench::claim::{Claims, Quantity, Verdict, parse};
use ege_bench::experiment::settings::Protocol;
use ege_bench::metric::Definition;
use ege_bench::report::{Conclusion, ReportInput, write};
use ege_bench::store::{RegisteredTolerance, Registration};

use crate::example;

/// The conclusion and a file of the report.
fn report(input: &ReportInput, file: &str) -> (Conclusion, String) {
    let mut text = String::new();
    let path = PathBuf::from("results").join(file);
    let written = write(input, Path::new("results"), &mut |written, bytes| {
        if written == path {
            text = String::from_utf8_lossy(bytes).into_owned();
        }
        Ok(())
    })
    .expect("the made-up input makes a report");
    (written.conclusion, text)
}

/// Three seeds of EGE-UNet, and claims about it with the given mean IoU (of 100) and tolerance.
fn claimed(iou: &str, tolerance: &str) -> ReportInput {
    let mut input = example::isic2017();
    let text = format!(
        r#"
format = 1
paper = {{ key = "ege-unet", title = "T", authors = "A", venue = "V 2023", link = "L" }}
[[tolerance]]
quantity = "pooled-iou"
value = {tolerance}
registered = 2026-11-01
reason = "made up for a test"
[[table]]
name = "t"
title = "T"
dataset = "isic2017"
split = "paper"
images = 650
size = 256
protocol = "any"
epochs = 300
repeats = 5
evidence = "table"
source = "made up for a test"
columns = [
  {{ name = "miou", heading = "mIoU", quantity = "pooled-iou" }},
  {{ name = "parameters", heading = "Params", quantity = "parameters" }},
]
[[table.row]]
label = "EGE-UNet"
model = "ege-unet"
cells = {{ miou = "{iou}", parameters = "0.053" }}
[[table.row]]
label = "UNet"
model = "unet"
cells = {{ miou = "76.98", parameters = "7.77" }}
"#
    );
    let claims: Claims = parse(&text, Path::new("claims/made-up.toml")).expect("the made-up claims are good");
    input.audits = vec![ege_bench::claim::audit(&claims, &|_, _| Vec::new(), &|_| None)];
    input.claims = vec![claims];
    input
}

/// The mean pooled IoU of the three seeds, in percent with two decimal places.
fn ours() -> f64 {
    let input = example::isic2017();
    let total: f64 = input.runs[..3]
        .iter()
        .map(|run| {
            let best = run.counts.iter().filter(|row| row.weights == ege_bench::store::Weights::Best);
            let counts: Vec<ege_bench::metric::Counts> = best
                .map(|row| ege_bench::metric::Counts { tp: row.tp, fp: row.fp, fn_: row.fn_, tn: row.tn })
                .collect();
            Definition::PooledIou.value(&counts).expect("there are lesions")
        })
        .sum();
    100.0 * total / 3.0
}

#[test]
fn runs_that_train_otherwise_than_claimed_are_not_judged() {
    let mut input = claimed(&format!("{:.2}", ours()), "5.0");
    input.claims[0].tables[0].training = Some(Protocol::AsReleased);
    for run in &mut input.runs {
        run.settings.train.batch_size = 16;
    }
    let (conclusion, text) = report(&input, "tables/verdicts.csv");
    let told = "its runs here train otherwise than claimed: batch-size 16 instead of 8";
    assert!(text.contains(told), "{text}");
    assert_eq!(conclusion.attempted, 1, "the parameters, which no training changes");
}

#[test]
fn a_guess_at_a_network_is_inconclusive() {
    let mut input = claimed(&format!("{:.2}", ours() + 12.0), "5.0");
    for row in &mut input.claims[0].tables[0].rows {
        row.identified = false;
    }
    let (conclusion, text) = report(&input, "tables/verdicts.csv");
    assert!(text.contains("which network it is is left open, ours is a guess: ours minus theirs"), "{text}");
    assert_eq!(conclusion.failing, Vec::<String>::new());
}

#[test]
fn cells_get_the_verdict_that_the_rule_gives() {
    let verdict = |iou: f64, tolerance: &str| {
        let (conclusion, text) = report(&claimed(&format!("{iou:.2}"), tolerance), "tables/verdicts.csv");
        let line = text.lines().nth(1).expect("a row for the first cell").to_owned();
        (conclusion, line)
    };
    // Three seeds lie about 0.8 points around their mean.
    let (same, line) = verdict(ours(), "5.0");
    assert!(line.contains(",reproduced,"), "{line}");
    assert_eq!(same.failing, Vec::<String>::new());
    assert_eq!(same.attempted, 2, "the metric and the parameters");
    let (worse, line) = verdict(ours() + 12.0, "5.0");
    assert!(line.contains(",not reproduced,"), "{line}");
    assert_eq!(worse.failing.len(), 1);
    assert!(worse.failing[0].starts_with("ege-unet, t, EGE-UNet, mIoU "), "{}", worse.failing[0]);
    let (_, line) = verdict(ours() - 12.0, "5.0");
    assert!(line.contains(",better,"), "{line}");
    let (open, line) = verdict(ours(), "0.01");
    assert!(line.contains(",inconclusive,"), "{line}");
    let count = |wanted| open.counts.iter().find(|(verdict, _)| *verdict == wanted).map(|(_, count)| *count);
    // U-Net has no run; its parameters weren't counted.
    assert_eq!(count(Verdict::NotAttempted), Some(2));
    assert_eq!(count(Verdict::Reproduced), Some(1), "the parameters");
}

#[test]
fn what_isn_t_attempted_says_why() {
    let reason = |tamper: &dyn Fn(&mut ReportInput)| {
        let mut input = claimed("80.00", "5.0");
        tamper(&mut input);
        let (_, text) = report(&input, "tables/verdicts.md");
        text.lines().find(|line| line.contains("mIoU")).expect("a row").to_owned()
    };
    let check = |tamper: &dyn Fn(&mut ReportInput), expect: &str| {
        let line = reason(tamper);
        assert!(line.contains("not attempted") && line.contains(expect), "{line}");
    };
    check(
        &|input| input.runs.iter_mut().for_each(|run| run.settings.train.epochs = 3),
        "its runs here train for 3 epochs, the claim is about 300",
    );
    check(
        &|input| input.runs.iter_mut().for_each(|run| run.settings.data.size = 224),
        "its runs here report on 650 images of 224x224",
    );
    check(
        &|input| input.runs.iter_mut().for_each(|run| run.record.synthetic = true),
        "its runs here are on synthetic images",
    );
    check(&|input| drop(input.runs.drain(..3)), "no run of this network in this experiment");
    check(
        &|input| input.runs.iter_mut().for_each(|run| run.record.state = ege_bench::store::RunState::Planned),
        "0 of 3 runs are done",
    );
    check(&|input| input.runs[1].record.seed = input.runs[0].record.seed, "42");
}

#[test]
fn a_changed_tolerance_stays_visible() {
    let registration = |seen: &str, value| Registration {
        paper: "ege-unet".into(),
        seen: seen.into(),
        version: "0.1.0".into(),
        tolerances: vec![RegisteredTolerance {
            quantity: "pooled-iou".into(),
            value,
            registered: "2026-11-01".into(),
            reason: "made up for a test".into(),
        }],
    };
    let mut input = claimed("80.00", "0.7");
    input.registry =
        vec![registration("2026-11-02T00:00:00Z", 0.5), registration("2026-12-02T00:00:00Z", 0.7)];
    let (_, text) = report(&input, "tables/tolerances.csv");
    let line = text.lines().nth(1).expect("a tolerance");
    assert!(
        line.contains("\u{b1}0.5 seen here 2026-11-02T00:00:00Z, which the file doesn\u{2019}t tell"),
        "{line}"
    );
    assert!(line.contains("2026-12-02T00:00:00Z, after the first run had ended"), "{line}");
    input.registry.remove(0);
    let (_, text) = report(&input, "tables/tolerances.csv");
    assert!(text.contains(",none,"), "{text}");
}

#[test]
fn the_first_screen_says_what_was_claimed_found_and_how_sure() {
    let (_, page) = report(&claimed(&format!("{:.2}", ours()), "5.0"), "report.html");
    let head = page.split("<main").next().expect("a header");
    for part in ["<dt>Claimed</dt>", "<dt>Found</dt>", "reproduced", "<dt>How sure</dt>", "3 seeds"] {
        assert!(head.contains(part), "{part} in {head}");
    }
    for section in ["claims", "differences", "cost", "audit"] {
        assert!(page.contains(&format!("<section id=\"{section}\"")), "{section}");
    }
    assert!(page.contains("popover") && page.contains("over repeated trainings"));
}

#[test]
fn the_metric_of_a_claim_is_found_among_its_likes() {
    let (_, text) = report(&claimed("80.00", "5.0"), "tables/closest-definition.csv");
    let line = text.lines().nth(1).expect("a row for the cell");
    assert!(line.contains("pooled-iou") && line.contains("two-class-iou"), "{line}");
}

#[test]
fn variants_are_compared_with_their_claimed_difference() {
    let mut input = example::isic2017();
    // Three more seeds of the second variant, two points lower in every image.
    let settings = input.runs[3].settings.clone();
    input.runs.truncate(3);
    for (seed, level) in [(42, 0.795), (43, 0.789), (44, 0.792)] {
        input.runs.push(example::run(&settings, "no-dilation", seed, 650, level));
    }
    let (_, text) = report(&input, "tables/differences.md");
    insta::assert_snapshot!("differences", text);
    let (_, verdicts) = report(&input, "tables/verdicts.md");
    let row = verdicts.lines().find(|line| line.contains("w/o dilation") && line.contains("mIoU"));
    assert!(row.is_some_and(|row| !row.contains("not attempted")), "{row:?}");
    assert!(Quantity::Metric(Definition::PooledIou).unit() == "%");
}
