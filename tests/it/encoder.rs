//! Encoders that start from trained weights: the files' tensors, the run that starts from them, what is refused.

use std::path::PathBuf;

use burn::tensor::Device;
use ege_bench::experiment::settings::{Baseline, ModelSettings};
use ege_bench::model::weights::to_safetensors;
use ege_bench::model::{Built, EncoderError, NamedTensor, StateDict, encoder_weights, encoders};
use ege_bench::train::{EncoderWeights, EncoderWeightsError, encoder_digest};

use super::program::Program;

/// Names and shapes as in the files that `tests/parity/encoders.py` names.
const FILES: &str = include_str!("../parity/encoders.txt");

/// What the file of an encoder holds; values are waves.
pub fn file(encoder: &str) -> StateDict {
    let lines = FILES.lines().filter_map(|line| line.strip_prefix(encoder)?.strip_prefix(' '));
    let tensor = |line: &str| {
        let (name, shape) = line.split_once(' ').expect("a name and a shape");
        let shape: Vec<usize> = shape.split('x').map(|length| length.parse().expect("a length")).collect();
        let values = (0..shape.iter().product()).map(|at| (0.37 * at as f64).sin() as f32).collect();
        (name.to_owned(), NamedTensor { shape, values })
    };
    let state = StateDict(lines.map(tensor).collect());
    assert!(!state.0.is_empty(), "{encoder}");
    state
}

fn network(baseline: Baseline) -> (ModelSettings, StateDict) {
    let model = ModelSettings::Baseline(baseline);
    let state = Built::new(&model, 3, &Device::flex()).state();
    (model, state)
}

/// The files, each with its network and how the network's names of its tensors begin.
const ALL: [(&str, Baseline, &str, &str); 5] = [
    ("mobilenet-v3", Baseline::MobilenetV3, "backbone.", "MobileNetV3 small"),
    ("mobilevit-v2", Baseline::MobilevitV2, "encoder.", "MobileViTv2 0.75"),
    ("res2net", Baseline::Sanet, "bkbone.", "Res2Net-50 v1b 26w 4s"),
    ("resnet", Baseline::TransfuseS, "resnet.", "ResNet-34"),
    ("deit", Baseline::TransfuseS, "transformer.", "DeiT-S"),
];

#[test]
fn files_of_the_originals_fill_whole_encoders() {
    for (name, baseline, prefix, encoder) in ALL {
        let (model, network) = network(baseline);
        let (found, weights) = encoder_weights(&model, file(name), &network).unwrap();
        assert_eq!(found.name, encoder);
        let part: Vec<&String> = network.0.keys().filter(|name| name.starts_with(prefix)).collect();
        assert_eq!(weights.0.keys().collect::<Vec<_>>(), part, "{name}");
        assert!(part.len() < network.0.len());
    }
}

/// `F.interpolate(size=(12, 16), mode="bilinear", align_corners=True)`, as `tests/parity/encoders.py` computes it.
#[test]
fn a_position_embedding_is_resized_as_the_original_does() {
    let (model, network) = network(Baseline::TransfuseS);
    let (_, weights) = encoder_weights(&model, file("deit"), &network).unwrap();
    let expected = FILES.lines().find_map(|line| line.strip_prefix("positions ")).unwrap();
    let expected: Vec<f32> = expected.split(' ').map(|value| value.parse().unwrap()).collect();
    let found: Vec<f32> = weights.0["transformer.pos_embed"].values.iter().copied().step_by(4999).collect();
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        assert!((found - expected).abs() < 1e-5, "{found} and {expected}");
    }
}

#[test]
fn weights_of_something_else_are_refused_by_tensor() {
    let (model, state) = network(Baseline::MobilenetV3);
    let refused = |file: StateDict| encoder_weights(&model, file, &state).unwrap_err();
    let mut changed = file("mobilenet-v3");
    changed.0.remove("features.1.block.0.0.weight");
    changed.0.get_mut("features.0.1.bias").unwrap().shape = vec![4, 4];
    changed.0.insert("extra".into(), NamedTensor { shape: vec![1], values: vec![0.0] });
    assert_eq!(
        refused(changed).to_string(),
        "the weights don't fit MobileNetV3 small: backbone.1.block.0.0.weight is missing, \
         backbone.0.1.bias is [4, 4], not [16], extra is left over"
    );
    let expected = "the weights are of none of the network's encoders: MobileNetV3 small \
                    (mobilenet_v3_small-047dcff4.pth of torchvision)";
    assert_eq!(refused(file("resnet")).to_string(), expected);
    let (unet, state) = network(Baseline::Unet);
    let error = encoder_weights(&unet, file("resnet"), &state).unwrap_err();
    assert_eq!(error, EncoderError::NoEncoder("unet"));
}

/// The key and the files agree: whoever may name a file has an encoder for one.
#[test]
fn networks_that_may_name_files_are_those_with_encoders() {
    for &baseline in Baseline::ALL {
        let model = ModelSettings::Baseline(baseline);
        assert_eq!(model.pretrained_encoders(), encoders(&model).len(), "{}", model.name());
    }
}

#[test]
fn a_network_starts_from_files_and_elsewhere_from_its_seed() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str| {
        let path = folder.path().join(format!("{name}.safetensors"));
        fs_err::write(&path, to_safetensors(&file(name), None)).unwrap();
        path
    };
    let paths = [write("resnet"), write("deit")];
    let (model, _) = network(Baseline::TransfuseS);
    let built = Built::new(&model, 9, &Device::flex());
    let scratch = built.state();
    let digest = |paths: &[PathBuf]| encoder_digest(paths).unwrap();
    let read = |paths: &[PathBuf]| EncoderWeights::read(&model, paths, digest(paths).as_deref());
    let weights = read(&paths).unwrap();
    let started = weights.start(built).unwrap().state();
    let mut counts = [0, 0];
    for (name, tensor) in &started.0 {
        let encoder = name.starts_with("resnet.") || name.starts_with("transformer.");
        counts[usize::from(encoder)] += 1;
        assert_eq!(*tensor != scratch.0[name], encoder, "{name}");
    }
    assert!(counts.iter().all(|&count| count > 100), "{counts:?}");

    // In which order files are named means nothing; which files they are means everything.
    let [first, second] = paths.clone();
    let turned = [second.clone(), first.clone()];
    assert_eq!((digest(&turned), read(&turned).unwrap().files()), (digest(&paths), weights.files()));
    let alone = std::slice::from_ref(&first);
    assert_ne!(digest(alone), digest(&paths));
    let twice = read(&[first.clone(), first.clone()]).unwrap_err();
    assert!(matches!(twice, EncoderWeightsError::Twice { .. }), "{twice}");
    assert_eq!(digest(&[]), None);

    // What was exchanged after the hash was taken isn't what the run's id names.
    let planned = digest(alone);
    fs_err::write(&first, to_safetensors(&scaled(file("resnet")), None)).unwrap();
    let error = EncoderWeights::read(&model, alone, planned.as_deref()).unwrap_err();
    assert!(matches!(error, EncoderWeightsError::Changed { .. }), "{error}");
    assert!(error.to_string().ends_with("resnet.safetensors"), "{error}");
}

/// The same tensors with other values.
fn scaled(mut state: StateDict) -> StateDict {
    state.0.values_mut().flat_map(|tensor| &mut tensor.values).for_each(|x| *x *= 0.5);
    state
}

#[test]
fn a_run_keeps_what_it_started_from() {
    const KEY: &str = "model.mobilenet-v3.encoder-weights";
    let program = Program::new();
    let network = ["--set", "model.mobilenet-v3={}"];
    program.run(&network).expect(0, &["(fake trainer, synthetic, from scratch)"]);
    let scratch = program.runs();
    let page =
        |program: &Program| fs_err::read_to_string(program.folder().join("results/report.html")).unwrap();
    assert!(page(&program).contains("From scratch, wholly or partly: mobilenet-v3."));

    let bytes = to_safetensors(&file("mobilenet-v3"), None);
    fs_err::write(program.folder().join("imagenet.safetensors"), &bytes).unwrap();
    let start = ["--set", &format!("{KEY}=[\"imagenet.safetensors\"]")];
    program.run(&start).expect(0, &["mobilenet-v3 (fake trainer, synthetic)"]);
    let started = program.runs().into_iter().find(|run| !scratch.contains(run)).unwrap();
    let record = fs_err::read_to_string(started.join("run.json")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    let file = &record["encoder-weights"][0];
    assert_eq!(file["encoder"], "MobileNetV3 small");
    assert_eq!(file["file"], "imagenet.safetensors");
    let digest = ege_bench::digest::sha256(&bytes);
    assert_eq!(file["sha256"], digest);
    assert_eq!(record["meaning"]["encoder-digest"], digest);
    let page = page(&program);
    assert!(page.contains("MobileNetV3 small (imagenet.safetensors)"));
    assert!(!page.contains("From scratch"));

    // The file's name means nothing, its bytes do.
    let folder = program.folder();
    fs_err::rename(folder.join("imagenet.safetensors"), folder.join("b.safetensors")).unwrap();
    let renamed = ["--set", &format!("{KEY}=[\"b.safetensors\"]")];
    program.run(&renamed).expect(4, &["nothing to do"]);
    // A run that is done doesn't need its file; one that isn't does.
    program.run(&start).expect(4, &["nothing to do"]);
    program.command("status", &start).expect(0, &["done"]);
    let more = [&start[..], &["--set", "train.seeds=[42, 43]"]].concat();
    program.run(&more).expect(3, &["imagenet.safetensors", "starts from scratch"]);
    fs_err::write(folder.join("b.safetensors"), "nonsense").unwrap();
    program.run(&renamed).expect(3, &["b.safetensors: not a safetensors file", "model show"]);
    let nothing = ["--set", "model.unet.encoder-weights=[\"b.safetensors\"]"];
    program.run(&nothing).expect(2, &["encoder-weights"]);
    let twice = ["--set", &format!("{KEY}=[\"b.safetensors\", \"b.safetensors\"]")];
    program.run(&twice).expect(2, &["the file b.safetensors stands twice"]);
}
