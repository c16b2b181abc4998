//! What needs a graphics card; `benches/gpu.sh` runs these.
#![expect(clippy::print_stderr, reason = "says which tests were skipped")]

use ege_bench::kernel::libtorch::{Libtorch, built_with_cuda};
use ege_bench::model::cards;
use ege_bench::train::{Compute, agreement};

use crate::program::Program;

/// The first card; where there is none, the name of the test is told.
fn card(test: &str) -> Option<Compute> {
    let card = Libtorch::cards().into_iter().next().map(Compute::Libtorch);
    if let Some(compute) = card {
        // As every command does: on single precision, above all.
        compute.prepare(1);
    }
    if card.is_none() {
        let why = if built_with_cuda() { "no graphics card" } else { "a libtorch without CUDA" };
        eprintln!("skipped: libtorch::cuda::{test} ({why})");
    }
    card
}

#[test]
fn every_network_agrees_with_the_built_in_path() {
    let Some(compute) = card("every_network_agrees_with_the_built_in_path") else { return };
    for card in cards() {
        let found = agreement(&card.settings, (2, 64), 1, compute).expect("there is memory");
        assert!(found.holds(), "{}: {found:?}", card.name);
    }
}

#[test]
fn a_run_trains_on_the_card() {
    let Some(compute) = card("a_run_trains_on_the_card") else { return };
    let program = Program::new();
    let device = compute.to_string();
    for more in [&[][..], &["--set", "train.precision=\"bf16\""]] {
        let output = program.output(&[&["run", "small.toml", "--device", &device], more].concat());
        assert_eq!(output.code, Some(0), "{output:?}");
    }
}

#[test]
fn a_lack_of_memory_is_a_failed_run_with_advice() {
    let Some(compute) = card("a_lack_of_memory_is_a_failed_run_with_advice") else { return };
    let program = Program::new();
    let arguments =
        ["--set", "data.size=1024", "--set", "train.batch-size=1024", "--set", "data.train-images=1024"];
    let device = compute.to_string();
    let model = ["--set", "model.unet={}"];
    let output =
        program.output(&[&["run", "small.toml", "--device", &device], &arguments[..], &model[..]].concat());
    assert_eq!(output.code, Some(7), "{output:?}");
    assert!(output.stderr.contains("jobs-per-device"), "{}", output.stderr);
}

#[test]
fn a_card_that_is_not_there_is_refused_by_name() {
    let program = Program::new();
    let output = program.output(&["run", "small.toml", "--device", "libtorch:cuda:77"]);
    assert_eq!(output.code, Some(2), "{output:?}");
    let said = ["without CUDA", "no CUDA device is there", "there is no CUDA device 77"];
    assert!(said.iter().any(|said| output.stderr.contains(said)), "{}", output.stderr);
    assert!(output.stderr.contains("hint: "), "{}", output.stderr);
}
