//! The networks that the paper compares with against their public code; `tests/parity/baselines.py` makes the
//! reference numbers.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{DType, Device, Gradients, Tensor, TensorData};
use ege_bench::kernel::{Kernels, resize_bilinear, with_kernels};
use ege_bench::model::weights::from_safetensors;
use ege_bench::model::{Built, Card, Names, Network, Prediction, Role, StateDict, cards};

/// Sets of numbers that each gradient is multiplied with.
const PRODUCTS: usize = 4;

/// Largest difference of an output, relative to the largest of its values where those exceed 1.
const OUTPUT_BOUND: f64 = 1e-4;

/// The same in double precision; reference numbers are stored in single.
const DOUBLE_OUTPUT_BOUND: f64 = 1e-6;

/// Largest difference of a gradient by relative norm in single precision. Whether a value falls on the other side of a
/// rectifier depends on the last digits of matrix products, which depend on the processor: MobileNetV3's differ by 2.5e-5 on
/// one and by 6.3e-2 on another, there with burn's own operations as well.
const SINGLE_GRADIENT_BOUND: f64 = 0.25;

/// Difference that half of the gradients stay below then.
const MEDIAN_GRADIENT_BOUND: f64 = 5e-2;

/// The same in double precision.
const DOUBLE_GRADIENT_BOUND: f64 = 1e-5;

/// A gradient of a smaller norm is one of rounding, in single and in double precision: it is held against this.
const SMALL_NORMS: [f64; 2] = [1e-3, 1e-8];

/// What a network is compared by, as in the script that made its numbers.
struct Case {
    /// Weights and images.
    numbers: fn(usize, usize) -> Vec<f64>,
    /// How large weights are, beside what keeps the size of what they meet.
    gain: f64,
    /// Batch, height, width and stride of the stored elements.
    sizes: [[usize; 4]; 2],
}

fn case(name: &str) -> Case {
    let usual = Case { numbers: wave, gain: 1.0, sizes: [[2, 64, 64, 31], [2, 96, 128, 53]] };
    match name {
        // Its coarsest pixels are of 64.
        "ucm-net" => Case { sizes: [[2, 128, 128, 31], [2, 64, 192, 53]], ..usual },
        "utnet-v2" => Case { numbers: noise, gain: 0.5, ..usual },
        "mobilenet-v3" | "mobilevit-v2" | "sanet" | "lb-unet" => Case { numbers: noise, ..usual },
        "transfuse-s" => Case { numbers: noise, sizes: [[2, 192, 256, 331], [2, 96, 128, 53]], ..usual },
        _ => usual,
    }
}

fn reference(name: &str) -> StateDict {
    let bytes: &[u8] = match name {
        "unet" => include_bytes!("../parity/baselines/unet.safetensors"),
        "unet-plus-plus" => include_bytes!("../parity/baselines/unet-plus-plus.safetensors"),
        "att-unet" => include_bytes!("../parity/baselines/att-unet.safetensors"),
        "malunet" => include_bytes!("../parity/baselines/malunet.safetensors"),
        "unext-s" => include_bytes!("../parity/baselines/unext-s.safetensors"),
        "ucm-net" => include_bytes!("../parity/baselines/ucm-net.safetensors"),
        "mobilenet-v3" => include_bytes!("../parity/baselines/mobilenet-v3.safetensors"),
        "sanet" => include_bytes!("../parity/baselines/sanet.safetensors"),
        "transfuse-s" => include_bytes!("../parity/baselines/transfuse-s.safetensors"),
        "lb-unet" => include_bytes!("../parity/baselines/lb-unet.safetensors"),
        "ultralight-vm-unet" => include_bytes!("../parity/baselines/ultralight-vm-unet.safetensors"),
        "utnet-v2" => include_bytes!("../parity/baselines/utnet-v2.safetensors"),
        "mobilevit-v2" => include_bytes!("../parity/baselines/mobilevit-v2.safetensors"),
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

/// Numbers in [-1, 1) as if drawn (splitmix64), for networks whose normalisations find waves too much alike.
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

fn with_reference_weights(built: Built, case: &Case) -> Built {
    let mut state = built.state();
    for (phase, (name, tensor)) in state.0.iter_mut().enumerate() {
        let fan_in: usize = tensor.shape.iter().skip(1).product();
        let numbers = (case.numbers)(tensor.values.len(), phase);
        for (value, number) in tensor.values.iter_mut().zip(numbers) {
            let scaled = if name.ends_with("bias") || name.ends_with("running_mean") {
                0.1 * number
            } else if tensor.shape.len() <= 1 {
                1.0 + 0.25 * number
            } else {
                number * (case.gain * (2.0 / fan_in as f64).sqrt())
            };
            *value = scaled as f32;
        }
    }
    built.with_state(&state).expect("the network's own names and shapes")
}

fn images([batch, height, width, _]: [usize; 4], case: &Case, device: &Device) -> Tensor<4> {
    let values: Vec<f32> =
        (case.numbers)(batch * 3 * height * width, 1000).iter().map(|x| (127.5 + 127.5 * x) as f32).collect();
    Tensor::from_data(TensorData::new(values, [batch, 3, height, width]), device)
}

fn doubles<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().convert::<f64>().try_into_vec().expect("f64")
}

/// The same numbers in double precision, which burn's own operations can compute with.
fn double<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    let device = tensor.device();
    Tensor::from_data(tensor.into_data().convert::<f64>(), (&device, DType::F64))
}

/// Turns a network into one in double precision.
struct Double;

impl ModuleMapper for Double {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let trained = tensor.is_require_grad();
        let tensor = double(tensor);
        Param::from_mapped_value(id, if trained { tensor.require_grad() } else { tensor }, mapper)
    }
}

/// The networks that have reference numbers here: all but EGE-UNet.
fn baselines() -> Vec<Card> {
    cards().into_iter().filter(|card| card.name != "ege-unet").collect()
}

/// The largest difference of an output from the original's, relative to its largest value where that exceeds 1.
fn difference(card: &Card, index: usize, part: &str, output: Tensor<4>, reference: &StateDict) -> f64 {
    let expected = &reference.0[&format!("{index}/{part}")].values;
    let ours: Vec<f64> = doubles(output).into_iter().step_by(case(card.name).sizes[index][3]).collect();
    assert_eq!(ours.len(), expected.len(), "{} {part}", card.name);
    assert!(ours.iter().all(|x| x.is_finite()), "{} {part}", card.name);
    let largest = expected.iter().map(|x| f64::from(x.abs())).fold(1.0, f64::max);
    ours.iter().zip(expected).map(|(a, &b)| (a - f64::from(b)).abs()).fold(0.0, f64::max) / largest
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures of the parity check, for whoever asks with --nocapture")]
fn outputs_are_those_of_the_originals() {
    let device = Device::flex();
    for card in baselines() {
        let case = case(card.name);
        let build = || with_reference_weights(Built::new(&card.settings, 42, &device), &case);
        let built = build();
        // Not a clone, which would share the running moments.
        let precise = build().network.map(&mut Double);
        let reference = reference(card.name);
        for (index, size) in case.sizes.into_iter().enumerate() {
            let x = images(size, &case, &device);
            let exact = with_kernels(Kernels::Plain, || precise.forward(double(x.clone())).output);
            let exact = difference(&card, index, "output", exact, &reference);
            assert!(exact <= DOUBLE_OUTPUT_BOUND, "{} {size:?}: {exact} in double precision", card.name);

            let prediction = built.network.forward(x);
            let stored = reference.0.keys().filter(|key| key.starts_with(&format!("{index}/side"))).count();
            // Where a network's side outputs are stored, all of them are.
            assert!(stored == 0 || stored == prediction.sides.len(), "{}: side outputs", card.name);
            let sides = prediction.sides.into_iter().take(stored).enumerate();
            // The originals give side outputs at the size of the image.
            let sides =
                sides.map(|(i, side)| (format!("side{i}"), resize_bilinear(side, [size[1], size[2]])));
            for (part, output) in std::iter::once(("output".to_owned(), prediction.output)).chain(sides) {
                let found = difference(&card, index, &part, output, &reference);
                println!("{} {size:?} {part}: {found:.1e} off, {exact:.1e} in double precision", card.name);
                assert!(found <= OUTPUT_BOUND, "{} {size:?} {part}: {found}", card.name);
            }
        }
    }
}

struct Products<'a> {
    names: &'a Names,
    gradients: &'a Gradients,
    reference: &'a StateDict,
    /// Which of the sizes.
    index: usize,
    small_norm: f64,
    /// Of each parameter, with its name.
    differences: Vec<(f64, String)>,
}

impl Products<'_> {
    /// The difference of an array by relative norm, as norm and products tell it.
    fn difference(&self, stored: &str, values: &[f64]) -> f64 {
        let expected: Vec<f64> = self.reference.0[stored].values.iter().map(|&x| f64::from(x)).collect();
        let norm = values.iter().map(|x| x * x).sum::<f64>().sqrt();
        let square: f64 = (0..PRODUCTS)
            .map(|k| {
                let drawn = noise(values.len(), 2000 + k);
                let product: f64 = values.iter().zip(&drawn).map(|(x, w)| x * w).sum();
                (product - expected[1 + k]).powi(2)
            })
            .sum();
        // The square of a number that is uniform in [-1, 1) is a third on average.
        let by_products = (3.0 * square / PRODUCTS as f64).sqrt();
        by_products.max((norm - expected[0]).abs()) / expected[0].max(self.small_norm)
    }
}

impl ModuleVisitor for Products<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let name = self.names.of(param.id);
        let difference = match self.names.role(param.id) {
            Role::Frozen => return,
            Role::Trained => {
                let gradient = param.val().grad(self.gradients).map(doubles).unwrap_or_default();
                self.difference(&format!("{}/gradient/{name}", self.index), &gradient)
            }
            Role::Buffer => self.difference(&format!("{}/running/{name}", self.index), &doubles(param.val())),
        };
        self.differences.push((difference, name.to_owned()));
    }
}

/// Differences of all gradients, and of the running moments after the pass, by relative norm, sorted.
fn gradients(card: &Card, index: usize, precise: bool, reference: &StateDict) -> Vec<(f64, String)> {
    let device = Device::flex().autodiff();
    let case = case(card.name);
    let built = with_reference_weights(Built::new(&card.settings, 42, &device), &case);
    let x = images(case.sizes[index], &case, &device);
    let [_, height, width, _] = case.sizes[index];
    let sides = reference.0.keys().filter(|key| key.starts_with(&format!("{index}/side"))).count();
    let squares = |network: &Network, x: Tensor<4>| {
        let Prediction { output, sides: own } = network.forward(x);
        // The originals give side outputs at the size of the image.
        let own = own.into_iter().take(sides).map(|side| resize_bilinear(side, [height, width]));
        own.fold(output.powi_scalar(2).mean(), |sum, side| sum + side.powi_scalar(2).mean())
    };
    let of = |network: &Network, gradients: Gradients| {
        let (names, small_norm) = (&built.names, SMALL_NORMS[usize::from(precise)]);
        let mut products =
            Products { names, gradients: &gradients, reference, index, small_norm, differences: Vec::new() };
        network.visit(&mut products);
        products.differences
    };
    let mut differences = if precise {
        let network = built.network.clone().map(&mut Double);
        let gradients = with_kernels(Kernels::Plain, || squares(&network, double(x)).backward());
        of(&network, gradients)
    } else {
        of(&built.network, squares(&built.network, x).backward())
    };
    let stored_here =
        |key: &str| ["gradient", "running"].iter().any(|part| key.starts_with(&format!("{index}/{part}/")));
    let stored = reference.0.keys().filter(|key| stored_here(key)).count();
    assert_eq!(differences.len(), stored, "{}: parameters", card.name);
    differences.sort_by(|one, other| one.0.total_cmp(&other.0));
    differences
}

/// Sharply in double precision; in single precision values fall on the other side of a rectifier by rounding.
#[test]
#[expect(clippy::print_stdout, reason = "the figures of the parity check, for whoever asks with --nocapture")]
fn gradients_are_those_of_the_originals() {
    for card in baselines() {
        let reference = reference(card.name);
        let own = f64::from(reference.0["single"].values[0]);
        let bounds = [SINGLE_GRADIENT_BOUND, DOUBLE_GRADIENT_BOUND];
        let cases =
            [0, 1].into_iter().flat_map(|index| [(index, false, bounds[0]), (index, true, bounds[1])]);
        for (index, precise, bound) in cases {
            let differences = gradients(&card, index, precise, &reference);
            let (median, worst) = (&differences[differences.len() / 2], &differences[differences.len() - 1]);
            println!(
                "{} {:?}: gradients in {} precision differ by {:.1e} at most ({}), half of them by less than {:.1e}; \
                 the original in single precision by {own:.1e}",
                card.name,
                case(card.name).sizes[index],
                if precise { "double" } else { "single" },
                worst.0,
                worst.1,
                median.0
            );
            assert!(worst.0 <= bound, "{}: {worst:?}", card.name);
            assert!(median.0 <= MEDIAN_GRADIENT_BOUND, "{}: {median:?}", card.name);
        }
    }
}
