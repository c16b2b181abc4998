//! What every network must do, whatever it is; a new network joins by its card.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use ege_bench::cost;
use ege_bench::experiment::settings::{Axis, EgeUnetSettings, ModelSettings, TensorInit, Tensors};
use ege_bench::kernel::{Kernels, with_kernels};
use ege_bench::model::weights::{self, WeightsError, from_safetensors, to_safetensors};
use ege_bench::model::{Built, NamedTensor, Names, Role, cards, check_size};
use ege_bench::random::stream;

fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("f32")
}

/// Images of noise in 0..255.
fn noise(shape: [usize; 4], device: &Device) -> Tensor<4> {
    let mut stream = stream(7, "noise", 0, "");
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| stream.range(0.0, 255.0) as f32).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// Every network, and EGE-UNet with each of its parts changed.
fn all() -> Vec<(String, ModelSettings)> {
    let mut all: Vec<_> = cards().into_iter().map(|card| (card.name.to_owned(), card.settings)).collect();
    let mut ablation = |name: &str, change: &dyn Fn(&mut EgeUnetSettings)| {
        let mut settings = EgeUnetSettings::default();
        change(&mut settings);
        all.push((name.to_owned(), ModelSettings::EgeUnet(settings)));
    };
    ablation("no GHPA", &|s| s.ghpa = false);
    ablation("no GAB", &|s| s.gab = false);
    ablation("neither, no supervision", &|s| (s.ghpa, s.gab, s.deep_supervision) = (false, false, false));
    ablation("one axis", &|s| (s.axes, s.groups) = (vec![Axis::Xy], 1));
    ablation("lines", &|s| (s.axes, s.groups) = (vec![Axis::Zx, Axis::Zy], 2));
    ablation("eight groups", &|s| s.groups = 8);
    ablation("no tensors", &|s| s.tensors = Tensors::None);
    ablation("no convolutions", &|s| (s.tensor_convs, s.tensor_init) = (false, TensorInit::Random));
    ablation("frozen", &|s| s.tensors = Tensors::Frozen);
    ablation("no mask", &|s| s.gab_mask = false);
    ablation("no mask, no supervision", &|s| (s.gab_mask, s.deep_supervision) = (false, false));
    ablation("two bridges' groups", &|s| s.dilations = vec![3, 1]);
    ablation("narrow", &|s| s.widths = [8; 6]);
    all
}

#[test]
fn kernels_on_and_off_agree() {
    let run = |kernels: Kernels, settings: &ModelSettings| {
        with_kernels(kernels, || {
            let device = Device::flex().autodiff();
            let built = Built::new(settings, 1, &device);
            let prediction = built.network.forward(noise([2, 3, 64, 64], &device));
            let gradients = prediction.output.clone().powi_scalar(2).mean().backward();
            let mut norms = Norms { names: &built.names, gradients: &gradients, found: Vec::new() };
            built.network.visit(&mut norms);
            (floats(prediction.output), norms.found)
        })
    };
    for (name, settings) in all() {
        let (fused, fused_norms) = run(Kernels::Fused, &settings);
        let (plain, plain_norms) = run(Kernels::Plain, &settings);
        let largest = plain.iter().fold(1.0_f32, |most, x| most.max(x.abs()));
        let difference = fused.iter().zip(&plain).map(|(a, b)| (a - b).abs()).fold(0.0_f32, f32::max);
        // By a batch's moments, rounding adds up from layer to layer, and sets values on the other side of a rectifier.
        let alone = Built::new(&settings, 1, &Device::flex()).network.sees_images_alone();
        let (bound, slope_bound) = if alone { (1e-4, 5e-3) } else { (1e-3, 5e-2) };
        assert!(difference <= bound * largest, "{name}: outputs differ by {difference} of {largest}");
        let all = plain_norms.iter().map(|(_, norm)| norm * norm).sum::<f64>().sqrt();
        assert_eq!(fused_norms.len(), plain_norms.len(), "{name}");
        for ((tensor, fused), (_, plain)) in fused_norms.iter().zip(&plain_norms) {
            // A gradient of nothing but rounding has no digits: it is held against all of them.
            let bound = slope_bound * plain + 1e-5 * all;
            assert!((fused - plain).abs() <= bound, "{name}, {tensor}: norms {fused} and {plain} of {all}");
        }
    }
}

struct Norms<'a> {
    names: &'a Names,
    gradients: &'a Gradients,
    found: Vec<(String, f64)>,
}

impl ModuleVisitor for Norms<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.names.role(param.id) == Role::Trained
            && let Some(gradient) = param.val().grad(self.gradients)
        {
            let squares: f64 = floats(gradient).iter().map(|&x| f64::from(x) * f64::from(x)).sum();
            self.found.push((self.names.of(param.id).to_owned(), squares.sqrt()));
        }
    }
}

#[test]
fn a_network_predicts_the_same_however_often_it_is_asked() {
    let device = Device::flex();
    for (name, settings) in all() {
        let built = Built::new(&settings, 1, &device);
        let images = noise([2, 3, 64, 32], &device);
        let [first, second] = [(); 2].map(|()| floats(built.network.forward(images.clone()).output));
        assert_eq!(first, second, "{name}");
        // Outside of training an image's prediction doesn't depend on its batch.
        let alone = floats(built.network.forward(images.narrow(0, 1, 1)).output);
        let difference = alone.iter().zip(&first[alone.len()..]).map(|(a, b)| (a - b).abs());
        let largest = first.iter().fold(1.0_f32, |most, x| most.max(x.abs()));
        assert!(difference.fold(0.0, f32::max) <= 1e-5 * largest, "{name}");
    }
}

#[test]
fn training_changes_what_batch_normalisations_remember() {
    let device = Device::flex().autodiff();
    for (name, settings) in all() {
        let built = Built::new(&settings, 1, &device);
        let before = built.state();
        drop(built.network.forward(noise([2, 3, 32, 32], &device)));
        let after = built.state();
        let changed: Vec<&String> = before
            .0
            .iter()
            .filter(|(name, tensor)| after.0[*name] != **tensor)
            .map(|(name, _)| name)
            .collect();
        let (_, buffers) = built.count(Role::Buffer);
        assert_eq!(changed.len() as u64, buffers, "{name}: {changed:?}");
        assert!(changed.iter().all(|tensor| tensor.contains("running_")), "{name}: {changed:?}");
        assert_eq!(built.network.sees_images_alone(), buffers == 0, "{name}");
    }
}

#[test]
fn a_network_costs_the_same_parameters_at_any_size() {
    for (name, settings) in all() {
        let [small, large] = [32, 96].map(|size| cost::of(&settings, size));
        assert_eq!(small.parameters, large.parameters, "{name}");
        assert!(small.conv_macs > 0 && small.conv_macs < large.conv_macs, "{name}");
        assert!(small.flops > 2 * small.macs && small.macs >= small.conv_macs, "{name}");
    }
}

#[test]
fn outputs_have_the_size_of_the_image_whatever_its_shape() {
    let device = Device::flex();
    for (name, settings) in all() {
        let built = Built::new(&settings, 1, &device);
        for shape in [[1, 3, 32, 32], [2, 3, 64, 96], [3, 3, 160, 32]] {
            let prediction = built.network.forward(noise(shape, &device));
            assert_eq!(prediction.output.dims(), [shape[0], 1, shape[2], shape[3]], "{name}");
            assert!(floats(prediction.output).iter().all(|x| x.is_finite()), "{name}");
        }
    }
}

#[test]
fn a_size_that_no_network_takes_is_refused_with_the_nearest() {
    for (height, width, nearest) in [(250, 96, "256x96"), (32, 33, "32x32"), (2048, 8, "1024x32")] {
        let error = check_size(height, width).unwrap_err().to_string();
        assert!(error.starts_with(&format!("images of {height}x{width} pixels")), "{error}");
        assert!(error.ends_with(&format!("the nearest size is {nearest}")), "{error}");
    }
    for (height, width) in [(32, 1024), (64, 96)] {
        assert_eq!(check_size(height, width), Ok(()));
    }
}

struct Untouched<'a> {
    names: &'a Names,
    gradients: &'a Gradients,
    normalises_batches: bool,
    found: Vec<String>,
}

impl ModuleVisitor for Untouched<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.names.role(param.id) != Role::Trained {
            return;
        }
        let name = self.names.of(param.id);
        let touched = param.val().grad(self.gradients).is_some_and(|gradient| {
            let gradient = floats(gradient);
            // A batch normalisation takes away the bias before it, whose gradient is nothing but rounding.
            let removed = self.normalises_batches && name.ends_with("bias");
            gradient.iter().all(|x| x.is_finite()) && (removed || gradient.iter().any(|&x| x != 0.0))
        });
        if !touched {
            self.found.push(name.to_owned());
        }
    }
}

/// Parameters that lead nowhere in the original too, or that a normalisation takes away again.
fn idle(network: &str) -> &'static [&'static str] {
    match network {
        "transfuse-s" => &["transformer.cls_token", "up_c_2_2.attn_block.psi.0.bias"],
        // Of the last stages' semantic maps, which nothing reads.
        "utnet-v2" => &[
            "up2.trans_blocks.blocks.0.attn.map_out.weight",
            "up3.map_reduction.weight",
            "up4.map_reduction.weight",
        ],
        _ => &[],
    }
}

#[test]
fn every_parameter_receives_a_gradient() {
    let device = Device::flex().autodiff();
    for (name, settings) in all() {
        let built = Built::new(&settings, 1, &device);
        let prediction = built.network.forward(noise([2, 3, 128, 128], &device));
        let squares = |x: Tensor<4>| x.powi_scalar(2).mean();
        let sides = prediction.sides.into_iter().map(squares);
        let gradients = sides.fold(squares(prediction.output), |sum, side| sum + side).backward();
        let mut untouched = Untouched {
            names: &built.names,
            gradients: &gradients,
            normalises_batches: !built.network.sees_images_alone(),
            found: Vec::new(),
        };
        built.network.visit(&mut untouched);
        untouched.found.retain(|tensor| !idle(&name).contains(&tensor.as_str()));
        assert_eq!(untouched.found, [""; 0], "{name}");
    }
}

#[test]
fn a_batch_may_be_of_one_image() {
    let device = Device::flex().autodiff();
    for (name, settings) in all() {
        let built = Built::new(&settings, 1, &device);
        let prediction = built.network.forward(noise([1, 3, 64, 64], &device));
        let gradients = prediction.output.powi_scalar(2).mean().backward();
        let mut norms = Norms { names: &built.names, gradients: &gradients, found: Vec::new() };
        built.network.visit(&mut norms);
        assert!(norms.found.iter().all(|(_, norm)| norm.is_finite()), "{name}");
        assert!(norms.found.iter().any(|(_, norm)| *norm > 0.0), "{name}");
    }
}

#[test]
fn a_seed_gives_the_same_start_and_another_seed_another() {
    let device = Device::flex();
    for card in cards() {
        let state = |seed| Built::new(&card.settings, seed, &device).state();
        assert_eq!(state(42), state(42), "{}", card.name);
        assert_ne!(state(42), state(43), "{}", card.name);
    }
}

#[test]
fn weights_survive_a_file() {
    let device = Device::flex();
    for card in cards() {
        let state = Built::new(&card.settings, 5, &device).state();
        let bytes = to_safetensors(&state, None);
        assert_eq!(bytes, to_safetensors(&state, None));
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("weights.safetensors");
        fs_err::write(&path, bytes).expect("room for the weights");
        let loaded =
            Built::new(&card.settings, 6, &device).with_state(&weights::read(&path).unwrap()).unwrap();
        assert_eq!(loaded.state(), state, "{}", card.name);
    }
}

#[test]
fn weights_that_do_not_fit_are_told_tensor_by_tensor() {
    let built = Built::new(&ModelSettings::EgeUnet(EgeUnetSettings::default()), 5, &Device::flex());
    let mut state = built.state();
    state.0.remove("final.bias");
    state.0.insert("extra".to_owned(), NamedTensor { shape: vec![1], values: vec![0.0] });
    state.0.get_mut("ebn1.weight").unwrap().shape = vec![2, 4];
    let error = built.with_state(&state).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the weights don't fit the network: 1 missing (final.bias); 1 unused (extra); \
         1 of another shape (ebn1.weight is [2, 4], not [8])"
    );
}

#[test]
fn files_that_hold_no_weights_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str| {
        let path = folder.path().join(name);
        fs_err::write(&path, "no weights").unwrap();
        weights::read(&path).unwrap_err()
    };
    assert!(matches!(file("a.safetensors"), WeightsError::Safetensors(_)));
    assert!(matches!(file("a.pth"), WeightsError::Pytorch { .. }));
    assert!(matches!(file("a.onnx"), WeightsError::UnknownFormat(_)));
    let missing = weights::read(&folder.path().join("missing.pth")).unwrap_err();
    assert!(missing.to_string().contains("missing.pth"), "{missing}");
    assert!(from_safetensors(&[]).is_err());
}

/// `EGEUNet._init_weights`: normal with variance `2 / fan_out` and no bias, but PyTorch's own bias for 1-D
/// convolutions (deviation 17).
#[test]
fn ege_unet_starts_as_the_original_does() {
    let settings = EgeUnetSettings { tensor_init: TensorInit::Random, ..EgeUnetSettings::default() };
    let mut pooled: [Vec<f64>; 3] = Default::default();
    for seed in 0..20 {
        let state = Built::new(&ModelSettings::EgeUnet(settings.clone()), seed, &Device::flex()).state();
        for (name, tensor) in &state.0 {
            let shape = &tensor.shape;
            let line = name.contains("conv_zx") || name.contains("conv_zy");
            let unit = |scale: f64| tensor.values.iter().map(move |&x| f64::from(x) * scale);
            match (name.rsplit('.').next().unwrap(), shape.len()) {
                ("weight", 4) => {
                    let depthwise = shape[1] == 1 && shape[2] == 3;
                    let filters = if depthwise { 1 } else { shape[0] };
                    pooled[0].extend(unit(((shape[2] * shape[3] * filters) as f64 / 2.0).sqrt()));
                }
                ("weight", 3) => pooled[0].extend(unit(((shape[2] * shape[0]) as f64 / 2.0).sqrt())),
                ("bias", _) if line => {
                    let weight = &state.0[&name.replace("bias", "weight")].shape;
                    pooled[1].extend(unit(((weight[1] * weight[2]) as f64).sqrt()));
                }
                ("bias", _) => assert!(tensor.values.iter().all(|&x| x == 0.0), "{name}"),
                ("weight", 1) => {
                    assert!(tensor.values.iter().all(|x| x.to_bits() == 1.0_f32.to_bits()), "{name}");
                }
                _ => pooled[2].extend(unit(1.0)),
            }
        }
    }
    let moments = |values: &[f64]| {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / values.len() as f64;
        (mean, variance)
    };
    for (values, variance) in pooled.iter().zip([1.0, 1.0 / 3.0, 1.0]) {
        let (mean, found) = moments(values);
        assert!(mean.abs() < 0.02, "mean {mean} of {} values", values.len());
        assert!((found / variance - 1.0).abs() < 0.03, "variance {found} of {} values", values.len());
    }
}
