//! Forward, gradients and short trainings of every network, and of every ablation that changes which operations run.

use ege_bench::experiment::settings::{EgeUnetSettings, ModelSettings};
use ege_bench::model::cards;
use ege_bench::train::{Compute, agreement};

fn libtorch() -> Compute {
    "libtorch".parse().expect("this build has libtorch")
}

/// AdamW turns the last digit of a small gradient into a step's sign, so what steps change agrees less than gradients do.
const CHANGE: f64 = 0.1;

fn check(name: &str, model: &ModelSettings, (images, size): (usize, usize)) {
    let found = agreement(model, (images, size), 3, libtorch());
    assert!(found.holds(), "{name} at {images} x {size}: {found:?}");
    assert!(found.change <= CHANGE, "{name} at {images} x {size}: {found:?}");
}

#[test]
fn every_network_agrees_with_the_built_in_path() {
    for card in cards() {
        check(card.name, &card.settings, (2, 64));
    }
}

#[test]
fn ege_unet_agrees_at_other_sizes_and_without_its_parts() {
    let full = EgeUnetSettings::default();
    let model = ModelSettings::EgeUnet;
    check("ege-unet", &model(full.clone()), (3, 96));
    check("without GHPA", &model(EgeUnetSettings { ghpa: false, ..full.clone() }), (2, 64));
    check("without GAB", &model(EgeUnetSettings { gab: false, gab_mask: false, ..full.clone() }), (2, 64));
    check("without masks", &model(EgeUnetSettings { gab_mask: false, ..full.clone() }), (2, 64));
    check(
        "without side outputs",
        &model(EgeUnetSettings { deep_supervision: false, gab_mask: false, ..full }),
        (2, 64),
    );
}
