//! `ege-bench data verify`, `status`, `show`, `prune` and `prepare` through the real binary.
#![expect(clippy::unwrap_used, reason = "a failed preparation is a failed test")]

use serde_json::Value;

use super::prepare::pairs;
use super::program::Program;

/// A folder with pairs and what is prepared of it: two sizes, one by another kernel.
fn program() -> Program {
    let program = Program::new();
    pairs(&program.folder().join("source"), 5, 64);
    for more in [&["--size", "32"][..], &["--size", "64", "--resize", "area"]] {
        program.output(&[&["data", "import", "isic2017", "source"], more].concat()).expect(0, &[]);
    }
    program
}

fn json(program: &Program, arguments: &[&str]) -> Value {
    serde_json::from_str(&program.output(&[arguments, &["--json"]].concat()).stdout).unwrap()
}

#[test]
fn verifying_finds_a_byte_that_changed() {
    let program = program();
    program.output(&["data", "verify"]).expect(0, &["64-area", "intact, by its header", "unknown copy"]);
    program.output(&["data", "verify", "isic2017", "--deep"]).expect(0, &["intact, every byte"]);
    let cache = program.folder().join("data/isic2017/isic2017-64-area.cache");
    let whole = fs_err::read(&cache).unwrap();
    let tampered = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        fs_err::write(&cache, bytes).unwrap();
    };
    // A byte of the fifth image is found by a deep look only, one of the metadata by any.
    tampered(72 + 4 * 3 * 64 * 64 + 17);
    program.output(&["data", "verify"]).expect(0, &[]);
    let deep = program.output(&["data", "verify", "--deep"]);
    deep.expect(
        3,
        &["damaged", "image ISIC_0000004: sha256 is", "data import isic2017 FOLDER --size 64 --resize area"],
    );
    let told = json(&program, &["data", "verify", "--deep"]);
    assert_eq!(
        (&told["prepared"][0]["intact"], &told["prepared"][1]["intact"]),
        (&true.into(), &false.into())
    );
    tampered(whole.len() - 40);
    program.output(&["data", "verify"]).expect(3, &["metadata: sha256 is"]);
    fs_err::write(&cache, &whole[..1000]).unwrap();
    program.output(&["data", "verify"]).expect(3, &["it was cut or changed"]);
    program.output(&["data", "verify", "isic2018"]).expect(3, &["`isic2018` at 256x256 is not prepared"]);
    program.output(&["data", "verify", "isic2019"]).expect(2, &["unknown data set `isic2019`"]);
}

#[test]
fn a_pair_is_shown_side_by_side() {
    let program = program();
    let shown = program.output(&["data", "show", "ISIC_0000002", "--size", "64", "--resize", "area"]);
    shown.expect(0, &["ISIC_0000002.png: ISIC_0000002 of isic2017, 64-area, ", "% lesion"]);
    let picture = image::open(program.folder().join("ISIC_0000002.png")).unwrap().into_rgb8();
    assert_eq!(picture.dimensions(), (64 + 8 + 64, 64));
    assert!(picture.pixels().any(|pixel| pixel.0 == [255, 255, 0]), "the outline");
    program.output(&["data", "show", "ISIC_0000002"]).expect(2, &["there is a file already", "--force"]);
    program.output(&["data", "show", "ISIC_0000002", "--force"]).expect(0, &[]);
    let named = program.output(&["data", "show", "ISIC_0000003", "--output", "pictures/pair.png"]);
    named.expect(0, &[]);
    assert!(program.folder().join("pictures/pair.png").is_file());
    program.output(&["data", "show", "ISIC_0000009"]).expect(3, &["no image `ISIC_0000009` is prepared"]);
    program.output(&["data", "show", "../../etc/passwd"]).expect(3, &["no image"]);
}

#[test]
fn pruning_says_what_goes_before_it_goes() {
    let program = program();
    let folder = program.folder().join("data/isic2017");
    let left = folder.join(".unfinished-isic2017-96.cache");
    fs_err::write(&left, vec![0; 5000]).unwrap();
    fs_err::write(folder.join(".unfinished-isic2017-96.cache.journal"), "torn").unwrap();
    program
        .output(&["data", "status"])
        .expect(0, &[".unfinished-isic2017-96.cache", "the same command goes on"]);
    let dry = program.output(&["data", "prune", "--dry-run"]);
    dry.expect(0, &[".unfinished-isic2017-96.cache", "would be freed; --yes does it"]);
    assert!(left.exists());
    program.output(&["data", "prune", "--yes"]).expect(0, &["freed"]);
    assert!(!left.exists() && folder.join("isic2017-32.cache").exists());
    // What is prepared stays, and it is said what it is and who needs it.
    let kept = program.output(&["data", "prune", "--yes"]);
    kept.expect(0, &["5 pairs of isic2017 at 32", "5 pairs of isic2017 at 64-area", "nobody that is known"]);
    kept.expect(0, &["nothing to remove", "`ege-bench data prune EXPERIMENT...`"]);
    assert!(folder.join("isic2017-32.cache").exists() && folder.join("isic2017-64-area.cache").exists());
    fs_err::create_dir(program.folder().join("experiments")).unwrap();
    let experiment =
        "name = \"e\"\n[data]\ndataset = \"isic2017\"\nsplit = \"paper\"\nsize = 32\n[model.unet]\n";
    fs_err::write(program.folder().join("e.toml"), experiment).unwrap();
    fs_err::write(program.folder().join("experiments/known.toml"), experiment).unwrap();
    fs_err::write(program.folder().join("experiments/wrong.toml"), "name = 3").unwrap();
    program.output(&["data", "prune"]).expect(0, &["experiments/known.toml", "experiments/wrong.toml isn't"]);
    let told = json(&program, &["data", "prune"]);
    assert_eq!(told["prepared"][0]["experiments"], serde_json::json!(["experiments/known.toml"]));
    assert_eq!(told["prepared"][1]["experiments"], serde_json::json!([]));
    let told = json(&program, &["data", "prune", "e.toml"]);
    assert_eq!((&told["removed"], told["choices"].as_array().unwrap().len()), (&false.into(), 1));
    assert!(told["choices"][0]["paths"][0].as_str().unwrap().ends_with("isic2017-64-area.cache"));
    program
        .output(&["data", "prune", "e.toml", "--yes"])
        .expect(0, &["no experiment that was named needs it"]);
    assert!(!folder.join("isic2017-64-area.cache").exists() && folder.join("isic2017-32.cache").exists());
    program.output(&["data", "prune", "absent.toml"]).expect(2, &["absent.toml"]);
}

#[test]
fn what_was_fetched_is_prepared() {
    let program = Program::new();
    program.output(&["data", "prepare", "isic2017"]).expect(3, &["data fetch isic2017"]);
    pairs(&program.folder().join("data/archives/isic2017/unpacked"), 4, 64);
    let prepared =
        program.output(&["data", "prepare", "isic2017", "--size", "32", "--resize", "pil-bilinear"]);
    prepared.expect(0, &["4 pairs at 32x32", "isic2017-32-pil-bilinear.cache"]);
    let status = json(&program, &["data", "status"]);
    assert_eq!(status["prepared"][0]["resize"], "pil-bilinear");
}
