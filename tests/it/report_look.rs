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

/// A report with real images; `None` where there are none.
pub fn real() -> Option<ReportInput> {
    let folder = PathBuf::from(std::env::var_os("EGE_BENCH_TEST_DATA")?).join("isic2017-256");
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
    Some(input)
}

#[test]
fn a_report_with_real_images_stays_small() {
    let keep = std::env::var_os("EGE_BENCH_REPORT_OUT").map(PathBuf::from);
    page(&example::quickstart(), keep.as_ref().map(|keep| keep.join("synthetic")).as_deref());
    let Some(input) = real() else {
        #[expect(clippy::print_stderr, reason = "a test says why it did nothing")]
        {
            eprintln!("skipped a_report_with_real_images_stays_small: EGE_BENCH_TEST_DATA is not set");
        }
        return;
    };
    let page = page(&input, keep.as_ref().map(|keep| keep.join("real")).as_deref());
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
}

/// Pictures that JPEG can hardly make smaller, with ragged outlines.
fn noisy(run: &str, at: u64) -> GalleryItem {
    let size = 256;
    let pixels = size * size;
    let noise = |stream: u64, place: usize| example::noise(at * 8 + stream, place as u64);
    GalleryItem {
        run: run.to_owned(),
        image: format!("MADE_UP_{at:04}"),
        choice: "median".to_owned(),
        size,
        pixels: (0..pixels * 3).map(|place| (256.0 * noise(0, place)) as u8).collect(),
        truth: (0..pixels)
            .map(|place| place / size > 128 + (20.0 * noise(1, place % size)) as usize)
            .collect(),
        prediction: (0..pixels)
            .map(|place| place % size > 128 + (20.0 * noise(2, place / size)) as usize)
            .collect(),
    }
}

#[test]
fn a_page_with_many_pictures_stays_small() {
    for (pictures, shown, quality) in [(3, 3, None), (24, 24, Some(65)), (60, 33, Some(50))] {
        let mut input = example::isic2017();
        let run = input.runs[0].record.id.clone();
        input.gallery = (0..pictures).map(|at| noisy(&run, at)).collect();
        input.leaks.clear();
        let page = page(&input, None);
        assert!(page.len() < 5_000_000, "{} bytes", page.len());
        let page = String::from_utf8(page).expect("UTF-8");
        assert_eq!(page.matches("<img ").count(), shown, "{pictures} pictures");
        let left_out = format!("{} more would make the page too large", pictures as usize - shown);
        assert_eq!(page.contains(&left_out), (pictures as usize) > shown, "{pictures} pictures");
        match quality {
            Some(quality) => assert!(page.contains(&format!("JPEG of quality {quality} here"))),
            None => assert!(!page.contains("JPEG of quality")),
        }
    }
}
