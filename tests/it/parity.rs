//! EGE-UNet against the authors' PyTorch code; `tests/parity/ege_unet.py` makes the reference numbers.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData, activation};
use ege_bench::experiment::settings::{EgeUnetSettings, LossSettings, ModelSettings};
use ege_bench::kernel::resize_bilinear;
use ege_bench::model::weights::{self, from_safetensors};
use ege_bench::model::{Built, Names, StateDict};
use ege_bench::train::image_losses;

/// Batch, height, width and stride of the stored elements, as in the script.
const SIZES: [[usize; 4]; 4] = [[2, 64, 64, 7], [1, 96, 64, 5], [1, 32, 160, 7], [1, 256, 256, 61]];
const GRADIENT_OF: usize = 0;

fn wave(count: usize, phase: usize) -> Vec<f64> {
    let phase = phase as f64;
    let at = |index: f64| {
        (0.731_058_578_6 * index + 1.931_851_652_6 * phase + 0.25 * (0.0173 * index * (phase + 1.0)).sin())
            .sin()
    };
    (0..count).map(|index| at(index as f64)).collect()
}

fn with_reference_weights(built: Built) -> Built {
    let mut state: StateDict = built.state();
    for (phase, (name, tensor)) in state.0.iter_mut().enumerate() {
        let fan_in: usize = tensor.shape[1..].iter().product();
        let waves = wave(tensor.values.len(), phase);
        for (value, wave) in tensor.values.iter_mut().zip(waves) {
            let scaled = if name.ends_with("bias") {
                0.1 * wave
            } else if tensor.shape.len() == 1 || name.contains("params_") {
                1.0 + 0.25 * wave
            } else {
                wave * (2.0 / fan_in as f64).sqrt()
            };
            *value = scaled as f32;
        }
    }
    built.with_state(&state).expect("the network's own names and shapes")
}

fn images_and_masks([batch, height, width, _]: [usize; 4], device: &Device) -> (Tensor<4>, Tensor<4>) {
    let images: Vec<f32> =
        wave(batch * 3 * height * width, 1000).iter().map(|x| (127.5 + 127.5 * x) as f32).collect();
    let mut masks = Vec::new();
    for index in 0..batch {
        for y in 0..height {
            for x in 0..width {
                let dy = (y as f64 - height as f64 / 2.0) / (0.3 * height as f64);
                let dx = (x as f64 - width as f64 / 2.0) / (0.35 * width as f64);
                masks.push((2.0 + 0.5 * index as f64 - 2.0 * dx.hypot(dy)).clamp(0.0, 1.0) as f32);
            }
        }
    }
    let images = TensorData::new(images, [batch, 3, height, width]);
    let masks = TensorData::new(masks, [batch, 1, height, width]);
    (Tensor::from_data(images, device), Tensor::from_data(masks, device))
}

fn reference() -> StateDict {
    from_safetensors(include_bytes!("../parity/ege_unet.safetensors")).expect("the committed file").0
}

fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("f32")
}

fn ege_unet(device: &Device) -> Built {
    let settings = ModelSettings::EgeUnet(EgeUnetSettings::default());
    with_reference_weights(Built::new(&settings, 42, device))
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures of the parity check, for whoever asks with --nocapture")]
fn every_output_is_within_1e_4_of_the_original() {
    let device = Device::flex();
    let built = ege_unet(&device);
    let reference = reference();
    for (case, size) in SIZES.into_iter().enumerate() {
        let [_, height, width, stride] = size;
        let (images, masks) = images_and_masks(size, &device);
        let prediction = built.network.forward(images);
        let loss = floats(image_losses(prediction.clone(), &masks, &LossSettings::default()).mean())[0];
        let expected = reference.0[&format!("{case}/loss")].values[0];
        assert!((loss - expected).abs() <= 1e-5 * expected, "loss of case {case}: {loss}, not {expected}");

        let outputs = std::iter::once(prediction.output).chain(prediction.sides);
        for (name, logits) in ["out", "side1", "side2", "side3", "side4", "side5"].iter().zip(outputs) {
            let probabilities = floats(activation::sigmoid(resize_bilinear(logits, [height, width])));
            let expected = &reference.0[&format!("{case}/{name}")].values;
            let ours: Vec<f32> = probabilities.into_iter().step_by(stride).collect();
            assert_eq!(ours.len(), expected.len(), "{name} of case {case}");
            let worst = ours.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            println!("case {case} {name}: largest absolute difference {worst:.2e}");
            assert!(worst <= 1e-4, "{name} of case {case} differs by {worst}");
        }
    }
}

struct GradientNorms<'a> {
    names: &'a Names,
    gradients: &'a Gradients,
    reference: &'a StateDict,
    seen: usize,
    worst: (f64, String),
}

impl ModuleVisitor for GradientNorms<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let name = self.names.of(param.id);
        let ours =
            floats(param.val().grad(self.gradients).unwrap_or_else(|| panic!("{name} has no gradient")));
        let expected = &self.reference.0[&format!("gradient/{name}")].values;
        let square = |x: f64| x * x;
        let difference: f64 = ours.iter().zip(expected).map(|(a, b)| square(f64::from(a - b))).sum();
        let norm: f64 = expected.iter().map(|&b| square(f64::from(b))).sum();
        let relative = (difference / norm).sqrt();
        if relative > self.worst.0 {
            self.worst = (relative, name.to_owned());
        }
        self.seen += 1;
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures of the parity check, for whoever asks with --nocapture")]
fn every_gradient_is_within_1e_3_of_the_original() {
    let device = Device::flex().autodiff();
    let built = ege_unet(&device);
    let (images, masks) = images_and_masks(SIZES[GRADIENT_OF], &device);
    let loss = image_losses(built.network.forward(images), &masks, &LossSettings::default()).mean();
    let gradients = loss.backward();
    let reference = reference();
    let mut norms = GradientNorms {
        names: &built.names,
        gradients: &gradients,
        reference: &reference,
        seen: 0,
        worst: (0.0, String::new()),
    };
    built.network.visit(&mut norms);
    println!("largest relative difference of a gradient: {:.2e} ({})", norms.worst.0, norms.worst.1);
    assert_eq!(norms.seen, 314);
    assert!(norms.worst.0 <= 1e-3, "{:?}", norms.worst);
}

#[test]
fn a_checkpoint_of_the_original_loads_by_name() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/parity/ege_unet.pth");
    let state = weights::read(path.as_ref()).expect("a checkpoint as the authors' train.py saves it");
    let device = Device::flex();
    let settings = ModelSettings::EgeUnet(EgeUnetSettings::default());
    let loaded = Built::new(&settings, 7, &device).with_state(&state).expect("314 of 314 tensors");
    assert_eq!(loaded.state(), ege_unet(&device).state());
}
