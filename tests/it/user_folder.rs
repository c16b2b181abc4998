//! `[dataset.folder]` through the real binary: from a folder of the user's images to a trained run.
#![expect(clippy::unwrap_used, reason = "a failed preparation is a failed test")]

use std::path::Path;

use ege_bench::dataset::{Images, synthetic};

use super::program::{Output, Program};

const EXPERIMENT: &str = r#"
name = "mine"

[dataset.folder]
path = "my images"
mask-values = { lesion = [1, 2] }
split.fractions = { select = 0.2, report = 0.25, seed = 3 }

[data]
size = 32

[train]
epochs = 1
batch-size = 4

[model.ege-unet]
"#;

/// Twelve generated pairs of 48x40 pixels; masks have the classes 1 and 2 beside the background.
fn folder(path: &Path) {
    for part in ["images", "masks"] {
        fs_err::create_dir_all(path.join(part)).unwrap();
    }
    let generated = synthetic::generate(12, 0, 64);
    for index in 0..12 {
        let image = image::RgbImage::from_raw(64, 64, generated.image(index).to_vec()).unwrap();
        let image = image::imageops::crop_imm(&image, 8, 12, 48, 40).to_image();
        image.save(path.join(format!("images/lesion {index}.jpg"))).unwrap();
        let mask = image::GrayImage::from_raw(64, 64, generated.mask(index).to_vec()).unwrap();
        let mut mask = image::imageops::crop_imm(&mask, 8, 12, 48, 40).to_image();
        for (x, _, pixel) in mask.enumerate_pixels_mut() {
            pixel.0[0] = if pixel.0[0] == 0 { 0 } else { 1 + (x % 2) as u8 };
        }
        mask.save(path.join(format!("masks/lesion {index}_mask.png"))).unwrap();
    }
}

fn program() -> Program {
    let program = Program::new();
    folder(&program.folder().join("my images"));
    write(&program, EXPERIMENT);
    program
}

fn write(program: &Program, text: &str) {
    fs_err::write(program.folder().join("mine.toml"), text).unwrap();
}

fn fake(program: &Program, command: &str) -> Output {
    program.output(&["--trainer", "fake", command, "mine.toml"])
}

fn ids(program: &Program) -> Vec<String> {
    let runs = program.runs();
    runs.iter().map(|run| run.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_folder_is_prepared_and_trained_on() {
    let program = program();
    let output = program.output(&["run", "mine.toml"]);
    output.expect(0, &["preparing", "my images"]);
    let run = &program.runs()[0];
    let record: serde_json::Value =
        serde_json::from_slice(&fs_err::read(run.join("run.json")).unwrap()).unwrap();
    let source = &record["meaning"]["settings"]["data"]["source"];
    assert_eq!(source.to_string(), "{\"folder\":{\"split\":\"fractions\"}}");
    assert!(!record["meaning"].to_string().contains("my images"), "paths are no part of the meaning");
    let counts = fs_err::read_to_string(run.join("counts.jsonl")).unwrap();
    assert!(counts.contains("\"lesion "), "{counts}");
    // What is prepared and done isn't done again.
    let again = program.output(&["run", "mine.toml"]);
    again.expect(4, &[]);
    assert!(!again.stderr.contains("preparing"), "{again:#?}");
}

#[test]
fn the_id_follows_the_content_not_the_path() {
    let program = program();
    fake(&program, "run").expect(0, &[]);
    let first = ids(&program);
    let from = |name: &str| program.folder().join(name);
    fs_err::rename(from("my images"), from("moved")).unwrap();
    fake(&program, "run").expect(2, &["my images: is not a folder"]);
    write(&program, &EXPERIMENT.replace("my images", "moved"));
    fake(&program, "run").expect(4, &[]);
    assert_eq!(ids(&program), first);
    // The same name, length and bytes but one: another image.
    let mask = from("moved/masks/lesion 4_mask.png");
    image::GrayImage::from_pixel(48, 40, image::Luma([1])).save(&mask).unwrap();
    fake(&program, "run").expect(0, &["preparing"]);
    assert_eq!(ids(&program).len(), 2);
    // What selects and what is reported on is part of the meaning.
    write(&program, &EXPERIMENT.replace("my images", "moved").replace("seed = 3", "seed = 4"));
    fake(&program, "run").expect(0, &[]);
    assert_eq!(ids(&program).len(), 3);
}

#[test]
fn a_run_of_a_folder_is_executed_again_wherever_the_folder_lies_now() {
    let program = program();
    let text = EXPERIMENT.replace(
        "split.fractions = { select = 0.2, report = 0.25, seed = 3 }",
        "split.lists = { train = \"my images/train.txt\", select = \"val.txt\", report = \"val.txt\" }",
    );
    write(&program, &text);
    let from = |name: &str| program.folder().join(name);
    fs_err::write(from("my images/train.txt"), "lesion 0\nlesion 1\nlesion 2\nlesion 3\n").unwrap();
    fs_err::write(from("val.txt"), "lesion 4\nlesion 5\n").unwrap();
    fake(&program, "run").expect(0, &[]);
    let id = ids(&program).remove(0);
    let verify =
        |more: &[&str]| program.output(&[&["--trainer", "fake", "verify", "--rerun", &id], more].concat());
    verify(&[]).expect(0, &[": identical"]);
    program.output(&["store", "show", &id]).expect(0, &["images from", "my images"]);
    let explained = program.output(&["--trainer", "fake", "explain", &id]);
    explained.expect(0, &["the same settings and seed are this run now, too"]);
    // It is prepared again where that is gone.
    fs_err::remove_dir_all(from("data")).unwrap();
    verify(&[]).expect(0, &["preparing"]);
    fs_err::rename(from("my images"), from("moved")).unwrap();
    verify(&[]).expect(3, &["its images came from", "my images", "isn't there", "--folder DIR"]);
    verify(&["--folder", "moved"]).expect(0, &[": identical"]);
    let mask = from("moved/masks/lesion 4_mask.png");
    image::GrayImage::from_pixel(48, 40, image::Luma([1])).save(&mask).unwrap();
    verify(&["--folder", "moved"]).expect(3, &["not the same run: data-digest was", "--folder DIR"]);
    let record = program.runs()[0].join("run.json");
    let mut told: serde_json::Value = serde_json::from_slice(&fs_err::read(&record).unwrap()).unwrap();
    told.as_object_mut().unwrap().remove("folder");
    fs_err::write(&record, told.to_string()).unwrap();
    verify(&[]).expect(3, &["its record doesn't say where that lies", "an earlier version made it"]);
}

#[test]
fn lists_divide_a_folder() {
    let program = program();
    let text = EXPERIMENT.replace(
        "split.fractions = { select = 0.2, report = 0.25, seed = 3 }",
        "split.lists = { train = \"lists/train.txt\", select = \"lists/val.txt\", report = \"lists/test.txt\" }",
    );
    write(&program, &text);
    fake(&program, "run").expect(3, &["train.txt"]);
    fs_err::create_dir(program.folder().join("lists")).unwrap();
    let list =
        |name: &str, text: &str| fs_err::write(program.folder().join("lists").join(name), text).unwrap();
    list("train.txt", "lesion 0\nlesion 1.jpg\n# a comment\nlesion 2\n");
    list("val.txt", "lesion 3\n");
    list("test.txt", "lesion 4\nlesion 99\n");
    fake(&program, "run").expect(2, &["lists/test.txt:2: `lesion 99` is no image of the folder"]);
    list("test.txt", "lesion 4\nlesion 5\n");
    fake(&program, "run").expect(0, &[]);
}

#[test]
fn mistakes_are_shown_at_their_place() {
    let program = program();
    let check = |from: &str, to: &str, code: i32, expect: &[&str]| {
        write(&program, &EXPERIMENT.replace(from, to));
        fake(&program, "plan").expect(code, expect);
    };
    check("lesion = [1, 2]", "lesion = [1, 0]", 2, &["mine.toml:6", "0 is both background and lesion"]);
    check("lesion = [1, 2]", "lesion = [1, 300]", 2, &["mine.toml:6:30", "300 is out of range", "0 to 255"]);
    check("lesion = [1, 2]", "lesions = [1]", 2, &["mine.toml:6", "did you mean `lesion`"]);
    check("select = 0.2", "select = 1.2", 2, &["mine.toml:7:30", "1.2 is out of range"]);
    check("select = 0.2", "select = 0.8", 2, &["mine.toml:7", "leave no image to train with"]);
    check("[dataset.folder]\n", "[dataset.folder]\nimages = \"../x\"\n", 2, &["mine.toml:5:10"]);
    check("[dataset.folder]\n", "[dataset.zip]\n", 2, &["mine.toml:4"]);
    check("[data]\n", "[data]\ndataset = \"isic2017\"\n", 2, &["mine.toml:10:11", "both say which images"]);
    // What the files hold is the data's fault.
    check(
        "lesion = [1, 2]",
        "lesion = [1]",
        3,
        &["masks/lesion 0_mask.png: ", "are neither background (0) nor lesion (1); the first is 2"],
    );
    fs_err::remove_file(program.folder().join("my images/masks/lesion 7_mask.png")).unwrap();
    check("", "", 3, &["images/lesion 7.jpg: has no mask masks/lesion 7.png"]);
    assert!(!program.folder().join("data").exists(), "nothing is written");
}

/// Sets the times of a file back to what they were.
fn keep_times(path: &Path, change: impl FnOnce()) {
    let before = fs_err::metadata(path).unwrap();
    change();
    let file = fs_err::File::options().write(true).open(path).unwrap();
    file.file().set_modified(before.modified().unwrap()).unwrap();
    let after = fs_err::metadata(path).unwrap();
    assert_eq!((after.len(), after.modified().unwrap()), (before.len(), before.modified().unwrap()));
}

/// A PNG file of which a pixel is another, with the same length: stored, not compressed.
fn stored_png(value: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let pixels: Vec<u8> = (0..48 * 40).map(|i| if i == 700 { value } else { (i % 3) as u8 }).collect();
    let encoder = image::codecs::png::PngEncoder::new_with_quality(
        &mut file,
        image::codecs::png::CompressionType::Uncompressed,
        image::codecs::png::FilterType::NoFilter,
    );
    image::ImageEncoder::write_image(encoder, &pixels, 48, 40, image::ExtendedColorType::L8).unwrap();
    file
}

#[test]
fn a_file_that_changed_in_place_is_found() {
    let program = program();
    let mask = program.folder().join("my images/masks/lesion 4_mask.png");
    fs_err::write(&mask, stored_png(0)).unwrap();
    fake(&program, "run").expect(0, &[]);
    let first = ids(&program);
    let verify = |more: &[&str]| program.output(&[&["data", "verify", "folder"], more].concat());
    verify(&["--deep"]).expect(0, &["intact, every byte", "my images, as it is now"]);
    keep_times(&mask, || fs_err::write(&mask, stored_png(1)).unwrap());
    verify(&["--deep"]).expect(3, &["my images: has changed since it was prepared", "lesion 4"]);
    // What the file system notes of changes shows it at once, where it does; then a run sees the new pixels.
    if cfg!(unix) {
        verify(&[]).expect(3, &["by names, lengths or times", "prepares it again"]);
        fake(&program, "run").expect(0, &["preparing"]);
        assert_ne!(ids(&program), first);
        verify(&["--deep"]).expect(0, &[]);
    }
    fs_err::rename(program.folder().join("my images"), program.folder().join("moved")).unwrap();
    verify(&["--deep"]).expect(0, &["my images, which isn't there"]);
}
