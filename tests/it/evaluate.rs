//! `evaluate` and `predict` as a user meets them, on pictures made here.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test that called it")]

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use ege_bench::experiment::settings::{EgeUnetSettings, ModelSettings};
use ege_bench::metric::Counts;
use ege_bench::model::Built;
use ege_bench::model::weights::to_safetensors;
use image::{GrayImage, Luma, Rgb, RgbImage};

use super::program::Program;

/// Weights of a network that nobody trained, pictures with masks, and one that is none.
fn folder(program: &Program) -> (PathBuf, PathBuf) {
    let weights = program.folder().join("start.safetensors");
    let settings = ModelSettings::EgeUnet(EgeUnetSettings::default());
    let state = Built::new(&settings, 3, &Device::flex()).state();
    fs_err::write(&weights, to_safetensors(&state, None)).unwrap();
    let pairs = program.folder().join("pairs");
    for part in ["images", "masks"] {
        fs_err::create_dir_all(pairs.join(part)).unwrap();
    }
    for index in 0..3_u32 {
        let inside = |x: u32, y: u32| (x.abs_diff(30) + y.abs_diff(20 + 5 * index)) < 16;
        let image = RgbImage::from_fn(64, 64, |x, y| {
            let shade = if inside(x, y) { 60 } else { 190 };
            Rgb([(shade + x) as u8, (shade + y) as u8, (shade + index) as u8])
        });
        let mask = GrayImage::from_fn(64, 64, |x, y| Luma([if inside(x, y) { 255 } else { 0 }]));
        image.save(pairs.join(format!("images/lesion {index}.png"))).unwrap();
        let ending = if index == 0 { "_segmentation" } else { "" };
        mask.save(pairs.join(format!("masks/lesion {index}{ending}.png"))).unwrap();
    }
    (weights, pairs)
}

fn lesions(path: &Path) -> Vec<bool> {
    image::open(path).unwrap().to_luma8().pixels().map(|pixel| pixel.0[0] >= 128).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn masks_that_are_predicted_give_the_counts_that_are_evaluated() {
    let program = Program::new();
    let (weights, pairs) = folder(&program);
    let arguments = ["evaluate", text(&weights), "--folder", text(&pairs), "--size", "64", "--json"];
    let output = program.output(&arguments);
    output.expect(0, &["\"pooled-iou\""]);
    let evaluated: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let images = pairs.join("images");
    let arguments = ["predict", text(&weights), text(&images), "--out", "my masks", "--size", "64", "--json"];
    let output = program.output(&arguments);
    output.expect(0, &["area_pixels"]);
    let predicted: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let mut all = Vec::new();
    for index in 0..3 {
        let mask = lesions(&program.folder().join(format!("my masks/lesion {index}_mask.png")));
        let ending = if index == 0 { "_segmentation" } else { "" };
        let truth = lesions(&pairs.join(format!("masks/lesion {index}{ending}.png")));
        let counts = Counts::of(mask.iter().copied(), truth.iter().copied());
        let told = &evaluated["counts"][index];
        assert_eq!(told["image"], format!("lesion {index}"));
        for (name, count) in [("tp", counts.tp), ("fp", counts.fp), ("fn", counts.fn_), ("tn", counts.tn)] {
            assert_eq!(told[name], count, "{index} {name}");
        }
        assert_eq!(predicted["predictions"][index]["area_pixels"], counts.tp + counts.fp);
        all.push(counts);
    }
    let iou = ege_bench::metric::Definition::PooledIou.value(&all).unwrap();
    assert!((evaluated["metrics"]["pooled-iou"].as_f64().unwrap() - iou).abs() < 1e-12);
}

#[test]
fn what_cannot_be_used_is_named_and_left_out() {
    let program = Program::new();
    let (weights, pairs) = folder(&program);
    fs_err::write(pairs.join("images/lesion 1.png"), "no picture").unwrap();
    fs_err::remove_file(pairs.join("masks/lesion 2.png")).unwrap();
    let arguments = ["evaluate", text(&weights), "--folder", text(&pairs), "--size", "64"];
    program.output(&arguments).expect(
        3,
        &[
            "skipped images/lesion 1: is neither JPEG nor PNG",
            "skipped images/lesion 2: has no mask",
            "1 images at 64x64",
            "2 files were skipped",
        ],
    );
    let images = pairs.join("images");
    program
        .output(&["predict", text(&weights), text(&images), "--no-overlay"])
        .expect(3, &["lesion 1.png: is neither JPEG nor PNG", "2 predicted", "1 of 3 pictures were skipped"]);
    let names: Vec<String> = fs_err::read_dir(program.folder().join("predictions"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn a_mask_has_the_size_of_its_picture() {
    let program = Program::new();
    let (weights, _) = folder(&program);
    RgbImage::from_fn(90, 41, |x, y| Rgb([x as u8, y as u8, 200]))
        .save(program.folder().join("wide.jpg"))
        .unwrap();
    program.output(&["predict", text(&weights), "wide.jpg"]).expect(0, &["1 predicted into predictions"]);
    for name in ["wide_mask.png", "wide_overlay.png"] {
        let picture = image::open(program.folder().join("predictions").join(name)).unwrap();
        assert_eq!((picture.width(), picture.height()), (90, 41), "{name}");
    }
}

#[test]
fn wrong_weights_are_told() {
    let program = Program::new();
    let (weights, pairs) = folder(&program);
    let folder = ["--folder", text(&pairs)];
    let evaluate = |more: &[&str]| program.output(&[&["evaluate"], more, &folder].concat());
    evaluate(&[text(&weights), "--model", "unet"])
        .expect(3, &["missing (", "unused (", "the network is unet"]);
    evaluate(&["absent.pth"]).expect(3, &["absent.pth"]);
    evaluate(&[text(&pairs)]).expect(2, &["holds no run.json"]);
    evaluate(&[text(&weights), "--model", "vm-unet"]).expect(2, &["unknown model `vm-unet`"]);
    evaluate(&[text(&weights), "--size", "100"]).expect(2, &["100"]);
}

#[test]
fn the_folder_of_a_run_says_what_network_it_is_of() {
    let program = Program::new();
    let (_, pairs) = folder(&program);
    fs_err::write(
        program.folder().join("tiny.toml"),
        "name = 'tiny'\ndata = { dataset = 'synthetic-lesions', train-images = 8, validation-images = 4, size = 32 }\n\
         train = { epochs = 1, seeds = [1] }\nmodel.ege-unet = { widths = [8, 8, 8, 8, 8, 8] }\n",
    )
    .unwrap();
    program.output(&["run", "tiny.toml"]).expect(0, &["1/1"]);
    let run = program.runs().remove(0);
    let output = program.output(&["evaluate", text(&run), "--folder", text(&pairs), "--json"]);
    output.expect(0, &["\"size\": 32"]);
    program
        .output(&["evaluate", text(&run), "--folder", text(&pairs), "--model", "unet"])
        .expect(2, &["is a folder"]);
}
