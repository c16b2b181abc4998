//! What every network must do, whatever it is; a new network joins by its card.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use ege_bench::experiment::settings::{EgeUnetSettings, ModelSettings, TensorInit};
use ege_bench::model::weights::{self, WeightsError, from_safetensors, to_safetensors};
use ege_bench::model::{Built, NamedTensor, Names, Role, cards};
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

#[test]
fn outputs_have_the_size_of_the_image_whatever_its_shape() {
    let device = Device::flex();
    for card in cards() {
        let built = Built::new(&card.settings, 1, &device);
        for shape in [[1, 3, 32, 32], [2, 3, 64, 96], [3, 3, 160, 32]] {
            let prediction = built.network.forward(noise(shape, &device));
            assert_eq!(prediction.output.dims(), [shape[0], 1, shape[2], shape[3]], "{}", card.name);
            assert!(floats(prediction.output).iter().all(|x| x.is_finite()), "{}", card.name);
        }
    }
}

struct Untouched<'a> {
    names: &'a Names,
    gradients: &'a Gradients,
    found: Vec<String>,
}

impl ModuleVisitor for Untouched<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.names.role(param.id) != Role::Trained {
            return;
        }
        let touched = param.val().grad(self.gradients).is_some_and(|gradient| {
            let gradient = floats(gradient);
            gradient.iter().all(|x| x.is_finite()) && gradient.iter().any(|&x| x != 0.0)
        });
        if !touched {
            self.found.push(self.names.of(param.id).to_owned());
        }
    }
}

/// Parameters that lead nowhere in the original too, or that a normalisation takes away again.
fn idle(network: &str) -> &'static [&'static str] {
    match network {
        "utnet-v2" => &[
            "up2.trans_blocks.blocks.0.attn.map_out.weight",
            "up3.map_reduction.weight",
            "up4.map_reduction.weight",
        ],
        "transfuse-s" => &["transformer.cls_token", "up_c_2_2.attn_block.psi.0.bias"],
        _ => &[],
    }
}

#[test]
fn every_parameter_receives_a_gradient() {
    let device = Device::flex().autodiff();
    for card in cards() {
        let built = Built::new(&card.settings, 1, &device);
        let prediction = built.network.forward(noise([2, 3, 64, 64], &device));
        let square = |x: Tensor<4>| x.powi_scalar(2).mean();
        let sides = prediction.sides.into_iter().map(square);
        let gradients = sides.fold(square(prediction.output), |sum, side| sum + side).backward();
        let mut untouched = Untouched { names: &built.names, gradients: &gradients, found: Vec::new() };
        built.network.visit(&mut untouched);
        untouched.found.retain(|name| !idle(card.name).contains(&name.as_str()));
        assert_eq!(untouched.found, [""; 0], "{}", card.name);
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
    state.0.insert("total_ops".to_owned(), NamedTensor { shape: vec![1], values: vec![0.0] });
    state.0.get_mut("ebn1.weight").unwrap().shape = vec![2, 4];
    let error = built.with_state(&state).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the weights don't fit the network: 1 missing (final.bias); 1 unused (total_ops); \
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
