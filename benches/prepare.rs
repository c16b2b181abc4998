//! How fast images are prepared, on one core: `cargo bench --bench prepare -- FOLDER [REPETITIONS]`.
//!
//! FOLDER holds `images/` and `masks/`, such as `benches/prepare.py` makes and times Pillow on. Prints a line of JSON: the
//! median of milliseconds that an image takes (read, decoded, resized to 256x256), and a pair takes (with its mask,
//! checksums and all that an evaluation folder has checked).
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement tells its numbers, or fails")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use ege_bench::dataset::PairFolder;
use ege_bench::dataset::picture::Picture;

/// The program's allocator; `MIMALLOC_PURGE_DELAY=-1` has it keep memory as the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIZE: usize = 256;

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn milliseconds(work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    begun.elapsed().as_secs_f64() * 1e3
}

fn main() {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let [folder, rest @ ..] = arguments.as_slice() else {
        println!("usage: prepare FOLDER [REPETITIONS]");
        return;
    };
    let repetitions = rest.first().map_or(9, |count| count.parse().unwrap());
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global().unwrap();
    let folder = Path::new(folder);
    let images: Vec<PathBuf> =
        fs_err::read_dir(folder.join("images")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let count = images.len() as f64;
    let (mut of_images, mut of_pairs) = (Vec::new(), Vec::new());
    for _ in 0..repetitions {
        of_images.push(milliseconds(|| {
            for path in &images {
                std::hint::black_box(Picture::read(path).unwrap().squared(SIZE));
            }
        }));
        of_pairs.push(milliseconds(|| {
            std::hint::black_box(PairFolder::read(folder, SIZE).unwrap());
        }));
    }
    println!(
        "{{\"image_ms\": {:.3}, \"pair_ms\": {:.3}}}",
        median(of_images) / count,
        median(of_pairs) / count
    );
}
