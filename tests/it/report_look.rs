//! Reports to look at: real images under predictions that a test made up.
//!
//! `EGE_BENCH_TEST_DATA` names the folder with the images; with `EGE_BENCH_REPORT_OUT` the reports are kept there.

use std::path::{Path, PathBuf};

use ege_bench::report::{GalleryItem, ReportInput, write};

use crate::example;

/// An image of the data set with its mask, and as prediction the mask moved and nibbled at.
fn item(folder: &Path, run: &str, id: &str, choice: &str, shift: usize) -> GalleryItem {
    let open =
        |path: PathBuf| image::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let pixels = open(folder.join("images").join(format!("{id}.jpg"))).to_rgb8().into_raw();
    let mask = open(folder.join("masks").join(format!("{id}.png"))).to_luma8().into_raw();
    let truth: Vec<bool> = mask.iter().map(|grey| *grey >= 128).collect();
    let prediction = (0..256 * 256)
        .map(|at| {
            let (x, y) = (at % 256, at / 256);
            let wobble = (3.0 * (x as f64 / 17.0).sin() + 3.0 * (y as f64 / 11.0).cos()).abs() as usize;
            let by = shift + wobble;
            x >= by && y + wobble < 256 && truth[(y + wobble) * 256 + x - by]
        })
        .collect();
    GalleryItem {
        run: run.to_owned(),
        image: id.to_owned(),
        choice: choice.to_owned(),
        size: 256,
        pixels,
        truth,
        prediction,
    }
}

fn page(input: &ReportInput, keep: Option<&Path>) -> Vec<u8> {
    let mut page = Vec::new();
    write(input, keep.unwrap_or(Path::new("results")), &mut |path, bytes| {
        if keep.is_some() {
            fs_err::create_dir_all(path.parent().expect("reports stand in a folder"))?;
            fs_err::write(path, bytes)?;
        }
        if path.extension().is_some_and(|extension| extension == "html") {
            bytes.clone_into(&mut page);
        }
        Ok(())
    })
    .expect("the report is made");
    page
}

#[test]
fn a_report_with_real_images_stays_small() {
    let keep = std::env::var_os("EGE_BENCH_REPORT_OUT").map(PathBuf::from);
    page(&example::quickstart(), keep.as_ref().map(|keep| keep.join("synthetic")).as_deref());
    let Some(data) = std::env::var_os("EGE_BENCH_TEST_DATA").map(PathBuf::from) else {
        #[expect(clippy::print_stderr, reason = "a test says why it did nothing")]
        {
            eprintln!("skipped a_report_with_real_images_stays_small: EGE_BENCH_TEST_DATA is not set");
        }
        return;
    };
    let folder = data.join("isic2017-256");
    let mut input = example::isic2017();
    let run = input.runs[0].record.id.clone();
    input.gallery = [
        ("ISIC_0013486", "best", 0),
        ("ISIC_0013664", "best", 1),
        ("ISIC_0013831", "median", 5),
        ("ISIC_0014331", "median", 6),
        ("ISIC_0014762", "worst", 24),
        ("ISIC_0012538", "worst", 38),
    ]
    .map(|(id, choice, shift)| item(&folder, &run, id, choice, shift))
    .into();
    let page = page(&input, keep.as_ref().map(|keep| keep.join("real")).as_deref());
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
}
