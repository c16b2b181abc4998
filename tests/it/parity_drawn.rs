//! Networks whose normalisations find the waves of `parity_baselines` too much alike, against their public code in
//! double precision; `tests/parity/drawn.py` makes the reference numbers.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use ege_bench::model::weights::from_safetensors;
use ege_bench::model::{Built, Names, Role, StateDict, cards};

/// Waves that each gradient is multiplied with.
const WAVES: usize = 4;

/// Largest difference of an output, relative to the largest of its values where those exceed 1.
const OUTPUT_BOUND: f64 = 1e-4;

/// What a network is compared by, as in the script.
struct Case {
    /// Batch, height, width and stride of the stored elements.
    sizes: [[usize; 4]; 2],
    /// Largest difference of a gradient by relative norm, as its products with the waves tell it.
    gradient_bound: f64,
}

fn case(name: &str) -> Case {
    let sizes = [[2, 64, 64, 31], [1, 96, 128, 53]];
    match name {
        "mobilenet-v3" => Case { sizes, gradient_bound: 1e-3 },
        // Their many rectifiers: the originals in single precision are 1e-2 from themselves in double.
        "sanet" => Case { sizes, gradient_bound: 5e-2 },
        _ => Case { sizes: [[2, 192, 256, 331], [1, 96, 128, 53]], gradient_bound: 5e-2 },
    }
}

fn reference(name: &str) -> StateDict {
    let bytes: &[u8] = match name {
        "mobilenet-v3" => include_bytes!("../parity/baselines/mobilenet-v3.safetensors"),
        "sanet" => include_bytes!("../parity/baselines/sanet.safetensors"),
        "transfuse-s" => include_bytes!("../parity/baselines/transfuse-s.safetensors"),
        _ => panic!("{name} has no reference numbers"),
    };
    from_safetensors(bytes).expect("the committed file").0
}

fn wave(count: usize, phase: usize) -> Vec<f64> {
    let phase = phase as f64;
    let at = |index: f64| {
        (0.731_058_578_6 * index + 1.931_851_652_6 * phase + 0.25 * (0.0173 * index * (phase + 1.0)).sin())
            .sin()
    };
    (0..count).map(|index| at(index as f64)).collect()
}

/// Numbers in [-1, 1) as if drawn (splitmix64).
fn noise(count: usize, phase: usize) -> Vec<f64> {
    let at = |index: u64| {
        let mut bits = (index + ((phase as u64) << 32) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        (bits >> 11) as f64 * 2.0_f64.powi(-52) - 1.0
    };
    (0..count as u64).map(at).collect()
}

fn with_reference_weights(built: Built) -> Built {
    let mut state = built.state();
    for (phase, (name, tensor)) in state.0.iter_mut().enumerate() {
        let fan_in: usize = tensor.shape.iter().skip(1).product();
        let numbers = noise(tensor.values.len(), phase);
        for (value, number) in tensor.values.iter_mut().zip(numbers) {
            let scaled = if name.ends_with("bias") || name.ends_with("running_mean") {
                0.1 * number
            } else if tensor.shape.len() <= 1 {
                1.0 + 0.25 * number
            } else {
                number * (2.0 / fan_in as f64).sqrt()
            };
            *value = scaled as f32;
        }
    }
    built.with_state(&state).expect("the network's own names and shapes")
}

fn images([batch, height, width, _]: [usize; 4], device: &Device) -> Tensor<4> {
    let values: Vec<f32> =
        noise(batch * 3 * height * width, 1000).iter().map(|x| (127.5 + 127.5 * x) as f32).collect();
    Tensor::from_data(TensorData::new(values, [batch, 3, height, width]), device)
}

fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("f32")
}

/// The networks that have reference numbers here.
pub const DRAWN: [&str; 3] = ["mobilenet-v3", "sanet", "transfuse-s"];

fn baselines() -> Vec<ege_bench::model::Card> {
    cards().into_iter().filter(|card| DRAWN.contains(&card.name)).collect()
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures of the parity check, for whoever asks with --nocapture")]
fn outputs_are_those_of_the_originals() {
    let device = Device::flex();
    for card in baselines() {
        let case = case(card.name);
        let built = with_reference_weights(Built::new(&card.settings, 42, &device));
        let reference = reference(card.name);
        for (index, size) in case.sizes.into_iter().enumerate() {
            let output = floats(built.network.forward(images(size, &device)).output);
            let expected = &reference.0[&format!("{index}/output")].values;
            let ours: Vec<f32> = output.into_iter().step_by(size[3]).collect();
            assert_eq!(ours.len(), expected.len(), "{}", card.name);
            let largest = expected.iter().map(|x| f64::from(x.abs())).fold(1.0, f64::max);
            let difference =
                ours.iter().zip(expected).map(|(a, b)| f64::from((a - b).abs())).fold(0.0, f64::max);
            println!("{} {size:?}: largest difference {difference:.1e} of {largest:.3}", card.name);
            assert!(difference <= OUTPUT_BOUND * largest, "{} {size:?}: {difference}", card.name);
        }
    }
}

struct Products<'a> {
    names: &'a Names,
    gradients: &'a Gradients,
    reference: &'a StateDict,
    worst: (f64, String),
    seen: usize,
}

impl ModuleVisitor for Products<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.names.role(param.id) != Role::Trained {
            return;
        }
        let name = self.names.of(param.id);
        let expected: Vec<f64> =
            self.reference.0[&format!("gradient/{name}")].values.iter().map(|&x| f64::from(x)).collect();
        let gradient = param.val().grad(self.gradients).map(floats).unwrap_or_default();
        self.seen += 1;
        // A bias before a batch normalisation has a gradient of nothing but rounding.
        let size = expected[0].max(1e-4);
        let square: f64 = (0..WAVES)
            .map(|k| {
                let waves = wave(gradient.len(), 2000 + k);
                let product: f64 = gradient.iter().zip(&waves).map(|(g, w)| f64::from(*g) * w).sum();
                (product - expected[1 + k]).powi(2)
            })
            .sum();
        // A wave's square is one half on average.
        let relative = (2.0 * square / WAVES as f64).sqrt() / size;
        if relative > self.worst.0 {
            self.worst = (relative, name.to_owned());
        }
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures of the parity check, for whoever asks with --nocapture")]
fn gradients_are_those_of_the_originals() {
    let device = Device::flex().autodiff();
    for card in baselines() {
        let case = case(card.name);
        let built = with_reference_weights(Built::new(&card.settings, 42, &device));
        let reference = reference(card.name);
        let prediction = built.network.forward(images(case.sizes[0], &device));
        let gradients = prediction.output.powi_scalar(2).mean().backward();
        let mut products = Products {
            names: &built.names,
            gradients: &gradients,
            reference: &reference,
            worst: (0.0, String::new()),
            seen: 0,
        };
        built.network.visit(&mut products);
        let stored = reference.0.keys().filter(|key| key.starts_with("gradient/")).count();
        assert_eq!(products.seen, stored, "{}: parameters", card.name);
        println!(
            "{}: gradients differ by {:.1e} at most ({})",
            card.name, products.worst.0, products.worst.1
        );
        assert!(products.worst.0 <= case.gradient_bound, "{}: {:?}", card.name, products.worst);
    }
}
