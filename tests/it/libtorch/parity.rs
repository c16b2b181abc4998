//! Forward, gradients and short trainings of every network, and of every ablation that changes which operations run.

use burn::tensor::{Tensor, TensorData};
use ege_bench::experiment::settings::{EgeUnetSettings, ModelSettings, Precision};
use ege_bench::kernel::{Conv, conv2d};
use ege_bench::model::cards;
use ege_bench::train::{Compute, Measurement, agreement, training_steps};

fn libtorch() -> Compute {
    "libtorch".parse().expect("this build has libtorch")
}

/// AdamW turns the last digit of a small gradient into a step's sign, so what steps change agrees less than gradients do.
const CHANGE: f64 = 0.1;

fn check(name: &str, model: &ModelSettings, (images, size): (usize, usize)) {
    let found = agreement(model, (images, size), 3, libtorch()).expect("there is memory");
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

#[test]
fn every_network_trains_in_mixed_precision() {
    for card in cards() {
        let (model, precision) = (card.settings, Precision::Bf16);
        let measurement = Measurement { model, size: 64, batch: 2, repetitions: 2, warm_up: 0, precision };
        assert_eq!(
            training_steps(&measurement, libtorch()).expect("there is memory").len(),
            2,
            "{}",
            card.name
        );
    }
}

#[test]
fn mixed_precision_has_convolutions_of_16_bits() {
    let Compute::Libtorch(library) = libtorch() else { panic!("libtorch") };
    let wave =
        |count: usize, step: f32| (0..count).map(|index| (step * index as f32).sin()).collect::<Vec<f32>>();
    let tensor = |shape: [usize; 4], step| {
        let values = wave(shape.iter().product(), step);
        Tensor::<4>::from_data(TensorData::new(values, shape), &library.device())
    };
    let (x, weight) = (tensor([1, 4, 8, 8], 0.37), tensor([4, 4, 3, 3], 0.73));
    let bias = Tensor::<1>::from_data(TensorData::new(vec![0.0_f32; 4], [4]), &library.device());
    let outputs = [false, true].map(|mixed| {
        let convolve = || conv2d(x.clone(), weight.clone(), bias.clone(), Conv { dilation: 1, groups: 1 });
        let output = library.infer(|| library.mixed(mixed, convolve)).into_data();
        output.convert::<f32>().try_into_vec::<f32>().expect("f32")
    });
    let [exact, rounded] = outputs;
    let largest = exact.iter().zip(&rounded).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!((1e-4..0.2).contains(&largest), "{largest}");
}
