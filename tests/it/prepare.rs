//! `ege-bench data import` through the real binary: kernels, kills, damaged files, memory.
#![expect(clippy::unwrap_used, reason = "a failed preparation is a failed test")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ege_bench::dataset::{self, Images, Preparation, synthetic};
use ege_bench::experiment::settings::Resize;
use serde_json::Value;

use super::program::{Output, Program};

/// Writes so many generated pairs of `size`x`size` pixels below `folder`, under ids of ISIC 2017.
pub fn pairs(folder: &Path, count: usize, size: usize) {
    let generated = synthetic::generate(count, 0, size);
    let ids = dataset::known_ids("isic2017").unwrap();
    for part in ["images", "masks"] {
        fs_err::create_dir_all(folder.join(part)).unwrap();
    }
    for (index, id) in ids.iter().take(count).enumerate() {
        let size = size as u32;
        let image = image::RgbImage::from_raw(size, size, generated.image(index).to_vec()).unwrap();
        image.save(folder.join(format!("images/{id}.jpg"))).unwrap();
        let mask = image::GrayImage::from_raw(size, size, generated.mask(index).to_vec()).unwrap();
        mask.save(folder.join(format!("masks/{id}.png"))).unwrap();
    }
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs_err::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort_unstable();
    names
}

fn ok(output: &Output) {
    assert_eq!(output.code, Some(0), "{output:#?}");
}

#[test]
fn a_preparation_killed_again_and_again_ends_with_the_same_bytes() {
    let program = Program::new();
    pairs(&program.folder().join("source"), 150, 160);
    let import = |data| ["data", "import", "isic2017", "source", "--size", "96", "--data", data];
    let begun = Instant::now();
    ok(&program.output(&import("whole")));
    let time = begun.elapsed();
    let path = |data: &str| program.folder().join(data).join("isic2017");
    let expect = fs_err::read(path("whole").join("isic2017-96.cache")).unwrap();

    let journal = path("killed").join(".unfinished-isic2017-96.cache.journal");
    let lines = || fs_err::read(&journal).map_or(0, |text| text.split(|&byte| byte == b'\n').count() - 1);
    let mut stood = Vec::new();
    for part in 1..=3 {
        let background = program.start_bare(&import("killed"));
        let deadline = Instant::now() + 10 * time + Duration::from_secs(10);
        // The line of the plan, and some pairs more than the last time.
        while lines() < 1 + 30 * part && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
        background.kill();
        stood.push(lines());
    }
    assert!(
        stood[0] > 30 && stood.is_sorted() && *stood.last().unwrap() < 151,
        "killed in the middle: {stood:?}"
    );
    assert_eq!(
        files(&path("killed")),
        [".unfinished-isic2017-96.cache", ".unfinished-isic2017-96.cache.journal"]
    );
    // A byte that the disk lost, a file that changed since, and a torn line are found out.
    let mut bytes = fs_err::read(path("killed").join(".unfinished-isic2017-96.cache")).unwrap();
    bytes[72 + 5000] ^= 1;
    fs_err::write(path("killed").join(".unfinished-isic2017-96.cache"), bytes).unwrap();
    let text = fs_err::read(&journal).unwrap();
    fs_err::write(&journal, &text[..text.len() - 7]).unwrap();

    ok(&program.output(&import("killed")));
    assert_eq!(files(&path("killed")), ["isic2017-96.cache"]);
    assert!(fs_err::read(path("killed").join("isic2017-96.cache")).unwrap() == expect, "other bytes");
    dataset::open("isic2017", 96, &program.folder().join("killed")).unwrap();
}

#[cfg(unix)]
#[test]
fn a_preparation_that_is_stopped_says_so_and_goes_on() {
    let program = Program::new();
    pairs(&program.folder().join("source"), 200, 256);
    let import = ["data", "import", "isic2017", "source", "--size", "64"];
    let background = program.start_bare(&import);
    let journal = program.folder().join("data/isic2017/.unfinished-isic2017-64.cache.journal");
    let begun = Instant::now();
    while !journal.exists() && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(1));
    }
    background.signal("INT");
    let stopped = background.finish();
    stopped.expect(5, &["interrupted; the same command goes on"]);
    ok(&program.output(&import));
}

#[test]
fn two_at_a_time_do_not_prepare_the_same() {
    let program = Program::new();
    pairs(&program.folder().join("source"), 120, 256);
    let arguments = ["data", "import", "isic2017", "source", "--size", "64"];
    let background = program.start_bare(&arguments);
    let journal = program.folder().join("data/isic2017/.unfinished-isic2017-64.cache.journal");
    let begun = Instant::now();
    while !journal.exists() && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(1));
    }
    let second = program.output(&arguments);
    // The first may have been quicker.
    if second.code != Some(0) {
        assert_eq!(second.code, Some(3), "{second:#?}");
        assert!(second.stderr.contains("another ege-bench is preparing this"), "{second:#?}");
    }
    background.kill();
    ok(&program.output(&arguments));
}

#[test]
fn each_kernel_has_a_cache_of_its_own_and_an_experiment_names_its() {
    let program = Program::new();
    pairs(&program.folder().join("source"), 6, 80);
    let mut digests = Vec::new();
    for kernel in Resize::ALL {
        let resize = ["--resize", kernel.name()];
        ok(&program
            .output(&[&["data", "import", "isic2017", "source", "--size", "32"][..], &resize].concat()));
        let preparation = Preparation { size: 32, resize: kernel };
        let cache = dataset::open("isic2017", preparation, &program.folder().join("data")).unwrap();
        assert_eq!(
            cache.digest(),
            cache.digest_of(&cache.ids().iter().map(String::as_str).collect::<Vec<_>>())
        );
        digests.push(cache.digest().to_owned());
    }
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), 4);
    assert_eq!(
        files(&program.folder().join("data/isic2017")),
        [
            "isic2017-32-area.cache",
            "isic2017-32-bilinear.cache",
            "isic2017-32-pil-bilinear.cache",
            "isic2017-32.cache"
        ]
    );
    let experiment = "name = \"e\"\n[data]\ndataset = \"isic2017\"\nsplit = \"paper\"\nsize = 64\nresize = \"area\"\n[model.unet]\n";
    fs_err::write(program.folder().join("e.toml"), experiment).unwrap();
    let output = program.output(&["--trainer", "fake", "run", "e.toml"]);
    assert_eq!(output.code, Some(3), "{output:#?}");
    assert!(output.stderr.contains("at 64x64 by `area` is not prepared"), "{output:#?}");
    assert!(
        output.stderr.contains("ege-bench data import isic2017 FOLDER --size 64 --resize area"),
        "{output:#?}"
    );
    fs_err::write(program.folder().join("e.toml"), experiment.replace("\"area\"", "\"aera\"")).unwrap();
    let output = program.output(&["--trainer", "fake", "run", "e.toml"]);
    assert_eq!(output.code, Some(2), "{output:#?}");
    assert!(output.stderr.contains("e.toml:6:10"), "{output:#?}");
}

/// A PNG in which every pixel has one grey level, of any size, in little memory.
fn flat_png(path: &Path, width: u32, height: u32, grey: u8) {
    image::GrayImage::from_pixel(width, height, image::Luma([grey])).save(path).unwrap();
}

#[test]
fn a_tag_that_sets_image_and_mask_apart_is_refused_by_name() {
    let program = Program::new();
    let source = program.folder().join("source");
    pairs(&source, 2, 64);
    let text = include_str!("../parity/decode.txt");
    let line = text.lines().find(|line| line.starts_with("jpeg-orientation-6 ")).unwrap();
    let file =
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, line.split(' ').nth(1).unwrap())
            .unwrap();
    fs_err::write(source.join("images/ISIC_0000001.jpg"), file).unwrap();
    let mask = source.join("masks/ISIC_0000001.png");
    let import = ["data", "import", "isic2017", "source", "--size", "32"];
    flat_png(&mask, 24, 40, 255);
    let output = program.output(&import);
    assert_eq!(output.code, Some(3), "{output:#?}");
    assert!(output.stderr.contains("masks/ISIC_0000001.png: mask is 24x40 pixels"), "{output:#?}");
    assert!(output.stderr.contains("the mask was drawn on the turned image"), "{output:#?}");
    // Drawn on the pixels as they are stored: the tag is ignored, and that is said.
    flat_png(&mask, 40, 24, 255);
    let output = program.output(&import);
    ok(&output);
    assert!(output.stderr.contains("1 images bear an orientation tag, which is ignored"), "{output:#?}");
}

/// The largest resident set of a child, in bytes.
#[cfg(target_os = "linux")]
fn peak(child: u32) -> Option<u64> {
    let status = fs_err::read_to_string(format!("/proc/{child}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? << 10)
}

#[cfg(target_os = "linux")]
#[test]
fn large_photographs_are_prepared_in_bounded_memory() {
    let program = Program::new();
    let source = program.folder().join("source");
    pairs(&source, 1, 64);
    let photograph =
        image::RgbImage::from_fn(6000, 4000, |x, y| image::Rgb([x as u8, y as u8, (x + y) as u8]));
    photograph.save(source.join("images/ISIC_0000000.jpg")).unwrap();
    flat_png(&source.join("masks/ISIC_0000000.png"), 6000, 4000, 0);
    let ids = dataset::known_ids("isic2017").unwrap();
    for id in ids.iter().skip(1).take(19) {
        for (part, end) in [("images", "jpg"), ("masks", "png")] {
            let first: PathBuf = source.join(format!("{part}/ISIC_0000000.{end}"));
            fs_err::hard_link(first, source.join(format!("{part}/{id}.{end}"))).unwrap();
        }
    }
    let mut command = program.bare(&["data", "import", "isic2017", "source", "--quiet"]);
    // Threads enough to decode all of them at once.
    let mut child = command.env("RAYON_NUM_THREADS", "20").spawn().unwrap();
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        most = most.max(peak(child.id()).unwrap_or_default());
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(child.wait().unwrap().success());
    // All at once would be 20 x 72 million bytes, and what allocators keep beside it.
    assert!((100 << 20..1 << 30).contains(&most), "{most} bytes");
}

#[test]
fn the_progress_of_a_killed_import_is_told_by_nobody_but_its_journal() {
    let program = Program::new();
    let folder = program.folder().join("data/isic2017");
    fs_err::create_dir_all(&folder).unwrap();
    // What a journal of another version says is not taken over, and does no harm.
    fs_err::write(folder.join(".unfinished-isic2017-32.cache"), "x").unwrap();
    fs_err::write(folder.join(".unfinished-isic2017-32.cache.journal"), "{\"format\":9}\nnonsense\n")
        .unwrap();
    pairs(&program.folder().join("source"), 3, 64);
    ok(&program.output(&["data", "import", "isic2017", "source", "--size", "32"]));
    assert_eq!(files(&folder), ["isic2017-32.cache"]);
    let status: Value = serde_json::from_str(&program.output(&["data", "status", "--json"]).stdout).unwrap();
    assert_eq!(status["prepared"][0]["images"], 3);
}
