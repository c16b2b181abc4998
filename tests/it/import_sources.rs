//! Importing whatever a user has, through the real binary: archives, folders, what was fetched.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test that called it")]

use std::fmt::Write as _;
use std::path::Path;

use ege_bench::digest::sha256;

use super::archive_server::{Reply, Server};
use super::official_archives::{Picture, images, masks, pictures, zipped};
use super::program::{Output, Program};

/// Two ids of the official training images of ISIC 2017 and one of its validation images.
const TRAINING: [&str; 2] = ["ISIC_0000000", "ISIC_0000001"];
const VALIDATION: [&str; 1] = ["ISIC_0001769"];

const IMAGES: &str = "ISIC-2017_Training_Data";
const MASKS: &str = "ISIC-2017_Training_Part1_GroundTruth";

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, bytes).unwrap();
}

/// The folders that unpacking the training archives leaves.
fn unpacked(folder: &Path, pictures: &[Picture]) {
    for picture in pictures {
        write(folder, &format!("{IMAGES}/{}.jpg", picture.id), &picture.image);
        write(folder, &format!("{IMAGES}/{}_superpixels.png", picture.id), &picture.mask);
        write(folder, &format!("{MASKS}/{}_segmentation.png", picture.id), &picture.mask);
    }
    write(folder, &format!("{IMAGES}/{IMAGES}_metadata.csv"), b"image_id\n");
}

fn import(program: &Program, paths: &[&str], data: &str) -> Output {
    let arguments = [&["data", "import", "isic2017", "--size", "64", "--data", data], paths].concat();
    program.output(&arguments)
}

/// The digest that an import told.
fn digest(output: &Output) -> String {
    let line = output.expect(0, &[]).stdout.lines().find(|line| line.starts_with("digest:"));
    line.unwrap().split_whitespace().nth(1).unwrap().to_owned()
}

#[test]
fn archives_folders_and_copies_of_the_same_images_are_the_same_data() {
    let program = Program::new();
    let folder = program.folder();
    let pictures = pictures(&TRAINING);
    write(folder, &format!("zips/{IMAGES}.zip"), &images(IMAGES, &pictures));
    write(folder, &format!("zips/{MASKS}.zip"), &masks(MASKS, &pictures));
    unpacked(&folder.join("unpacked"), &pictures);
    for (picture, part) in pictures.iter().zip(["train", "val"]) {
        write(folder, &format!("data/isic2017/{part}/images/{}.jpg", picture.id), &picture.image);
        let mask = format!("data/isic2017/{part}/masks/{}_segmentation.png", picture.id);
        write(folder, &mask, &picture.mask);
        write(folder, &format!("copy/images/{}.jpg", picture.id), &picture.image);
        write(folder, &format!("copy/masks/{}.png", picture.id), &picture.mask);
    }
    let copy: Vec<(String, Vec<u8>)> = pictures
        .iter()
        .flat_map(|picture| {
            let image = (format!("any/images/{}.jpg", picture.id), picture.image.clone());
            [image, (format!("any/masks/{}.png", picture.id), picture.mask.clone())]
        })
        .collect();
    write(folder, "copy.zip", &zipped(&copy));

    let by_zips = import(&program, &["zips"], "a");
    by_zips.expect(
        0,
        &[
            &format!("found:      2 training images in {IMAGES}.zip: {IMAGES}"),
            &format!("found:      2 training masks in {MASKS}.zip: {MASKS}"),
            "missing:    ISIC-2017_Validation_Data.zip (validation images)",
            "ignored:    2 superpixels",
            "ignored:    1 metadata",
            "ignored:    1 licences and notes",
            "prepared:   2 pairs at 64x64",
            "split paper is incomplete: 2 of 2150 images",
        ],
    );
    assert!(!by_zips.stdout.contains("unknown files"), "{by_zips:?}");
    let expect = digest(&by_zips);
    let (one, other) = (format!("zips/{IMAGES}.zip"), format!("zips/{MASKS}.zip"));
    let (inner, beside) = (format!("unpacked/{IMAGES}"), format!("unpacked/{MASKS}"));
    for (paths, data) in [
        (&[one.as_str(), other.as_str()][..], "b"),
        (&["unpacked"], "c"),
        (&[inner.as_str(), beside.as_str()], "d"),
        (&[one.as_str(), beside.as_str()], "e"),
        (&["data/isic2017"], "f"),
        (&["copy"], "g"),
        (&["copy.zip"], "h"),
        (&["copy/images", "copy/masks"], "i"),
    ] {
        assert_eq!(digest(&import(&program, paths, data)), expect, "{paths:?}");
    }
    // Archives lie beside what was unpacked of them: each counts once.
    unpacked(&folder.join("zips"), &pictures);
    let both = import(&program, &["zips"], "j");
    both.expect(
        0,
        &["ignored:    5 files of ISIC-2017_Training_Data, which is there as ISIC-2017_Training_Data.zip"],
    );
    assert_eq!(digest(&both), expect);
}

#[test]
fn the_files_of_an_archive_are_named_where_something_is_wrong_with_them() {
    let program = Program::new();
    let folder = program.folder();
    let mut pictures = pictures(&TRAINING);
    pictures[1].image.truncate(300);
    write(folder, "a.zip", &images(IMAGES, &pictures));
    write(folder, "b.zip", &masks(MASKS, &pictures[..1]));
    import(&program, &["a.zip", "b.zip"], "new").expect(
        3,
        &[&format!("a.zip: {IMAGES}/ISIC_0000001.jpg: has no mask ISIC_0000001_segmentation.png")],
    );
    write(folder, "b.zip", &masks(MASKS, &pictures));
    import(&program, &["a.zip", "b.zip"], "new")
        .expect(3, &[&format!("a.zip: {IMAGES}/ISIC_0000001.jpg: "), "nothing was written"]);
    import(&program, &["a.zip"], "new")
        .expect(2, &["ISIC-2017_Training_Part1_GroundTruth.zip: 2 images of "]);
    assert!(!folder.join("new").exists());
}

#[test]
fn a_hostile_archive_is_refused_as_a_whole() {
    let program = Program::new();
    let folder = program.folder();
    let pictures = pictures(&TRAINING);
    write(folder, "masks.zip", &masks(MASKS, &pictures));
    let good = images(IMAGES, &pictures);
    for (from, to, expect) in [
        (
            &b"ISIC-2017_Training_Data/ISIC_0000001.jpg"[..],
            &b"ISIC-2017_Training_Data/../../evil01.jpg"[..],
            "`..`",
        ),
        (
            b"ISIC-2017_Training_Data/ISIC_0000001.jpg",
            b"/SIC-2017_Training_Data/ISIC_0000001.jpg",
            "absolute path",
        ),
        (
            b"ISIC-2017_Training_Data/ISIC_0000001.jpg",
            b"ISIC-2017_Training_Data\\ISIC_0000001.jpg",
            "backslash",
        ),
        (
            b"ISIC-2017_Training_Data/ISIC_0000001.jpg",
            b"ISIC-2017_Training_Data/ISIC_0000000.jpg",
            "there twice",
        ),
    ] {
        let mut bad = good.clone();
        let places: Vec<usize> =
            (0..bad.len() - from.len()).filter(|at| bad[*at..].starts_with(from)).collect();
        for at in places {
            bad[at..at + to.len()].copy_from_slice(to);
        }
        write(folder, &format!("{IMAGES}.zip"), &bad);
        let zip = format!("{IMAGES}.zip");
        let output = import(&program, &[zip.as_str(), "masks.zip"], "new/data");
        output
            .expect(3, &["error: ISIC-2017_Training_Data.zip: entry ", expect, "hint: nothing was written"]);
    }
    write(folder, "zeros.zip", &zipped(&[("images/ISIC_0000000.png".to_owned(), vec![0; 40 << 20])]));
    import(&program, &["zeros.zip"], "new/data").expect(3, &["a zip bomb"]);
    write(folder, "none.zip", b"no archive");
    import(&program, &["none.zip"], "new/data").expect(3, &["is damaged"]);
    assert!(!folder.join("new").exists(), "nothing was written anywhere");
    let there: Vec<_> = fs_err::read_dir(folder.parent().unwrap()).unwrap().collect();
    assert_eq!(there.len(), 1, "nor beside the folder");
}

#[test]
fn what_was_fetched_is_imported_without_being_named() {
    let program = Program::new();
    import(&program, &[], "data")
        .expect(3, &["nothing was fetched into data/archives/isic2017", "data fetch"]);
    program.output(&["data", "import", "isic1999"]).expect(2, &["isic1999", "isic2017"]);
    let (training, validation) = (pictures(&TRAINING), pictures(&VALIDATION));
    let parts = ["ISIC-2017_Validation_Data", "ISIC-2017_Validation_Part1_GroundTruth"];
    let archives = [
        (IMAGES, "training", "images", images(IMAGES, &training)),
        (MASKS, "training", "masks", masks(MASKS, &training)),
        (parts[0], "validation", "images", images(parts[0], &validation)),
        (parts[1], "validation", "masks", masks(parts[1], &validation)),
    ];
    let mut lock = "version = 2\n[dataset.isic2017]\ntitle = \"small\"\nlicense = \"CC0-1.0\"\n\
                    license-text = \"https://example.org\"\nlicense-evidence = \"a test\"\n\
                    page = \"https://example.org\"\ncitations = []\nbase-urls = []\n"
        .to_owned();
    for (folder, part, holds, bytes) in &archives {
        let ending = if *holds == "images" { ".jpg" } else { "_segmentation.png" };
        write!(
            lock,
            "[[dataset.isic2017.archives]]\nname = \"{folder}.zip\"\npart = \"{part}\"\nholds = \"{holds}\"\n\
             bytes = {{ exact = {} }}\nsha256 = \"{}\"\norigin = \"third party\"\nfolder = \"{folder}\"\n\
             ending = \"{ending}\"\n",
            bytes.len(),
            sha256(bytes)
        )
        .unwrap();
    }
    fs_err::write(program.folder().join("own.lock"), lock).unwrap();
    let server = Server::new(move |request| {
        let found = archives.iter().find(|(folder, ..)| request.path == format!("/{folder}.zip"));
        found.map_or_else(|| Reply::status(404), |(.., bytes)| Reply::file(bytes, "\"one\"", request))
    });
    let fetch = |more: &[&str]| {
        let arguments = [
            &["data", "fetch", "isic2017", "--lock", "own.lock", "--mirror", server.address()],
            &["--accept-licence", "CC0-1.0"][..],
            more,
        ]
        .concat();
        let mut command = program.bare(&arguments);
        command
            .env("NO_PROXY", "*")
            .env_remove("HTTP_PROXY")
            .env_remove("http_proxy")
            .env_remove("ALL_PROXY");
        Output::of(command)
    };
    fetch(&["--part", "training"]).expect(0, &["fetched"]);
    import(&program, &[], "data")
        .expect(0, &["prepared:   2 pairs", "ISIC-2017_Validation_Data.zip (validation"]);
    fetch(&[]).expect(0, &["was there", "fetched"]);
    import(&program, &[], "data").expect(
        0,
        &[
            "found:      1 validation masks",
            "prepared:   3 pairs",
            "files of a fetch",
            "ISIC-2017_Test_v2_Data.zip",
        ],
    );
    program.output(&["data", "status"]).expect(0, &["intact", "official 3/2750"]);
}

#[cfg(unix)]
#[test]
fn links_that_lead_nowhere_and_pipes_keep_nobody_waiting() {
    use std::os::unix::fs::symlink;
    let program = Program::new();
    let folder = program.folder();
    let pictures = pictures(&TRAINING);
    unpacked(&folder.join("unpacked"), &pictures);
    symlink("/nowhere/at/all", folder.join("unpacked/broken.jpg")).unwrap();
    symlink(folder.join("unpacked"), folder.join("unpacked/circle")).unwrap();
    let output = import(&program, &["unpacked"], "data");
    output.expect(0, &["2 links that lead nowhere", "broken.jpg", "circle", "2 pairs"]);
    // A pipe in the place of an image is refused by name.
    let image = folder.join(format!("unpacked/{IMAGES}/{}.jpg", TRAINING[1]));
    fs_err::remove_file(&image).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&image).status().unwrap().success());
    let output = import(&program, &["unpacked"], "data");
    output.expect(3, &[TRAINING[1], "is a pipe or a device, not a file"]);
}
