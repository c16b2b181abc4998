//! What somebody else wrote is read without a panic, quickly and in little memory, whatever it is.
//!
//! Good files are changed at random, again and again: bytes and numbers set to values that hurt, parts cut, doubled, and put
//! together from two files. `EGE_BENCH_FUZZ_SECONDS` says for how long each target is fuzzed (`just fuzz SECONDS`),
//! `EGE_BENCH_FUZZ_SEED` with which numbers. A failure writes its input to a file and names it.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test that called it")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use ege_bench::dataset::{lock::Lock, probe};
use ege_bench::experiment::{self, Catalogue};
use ege_bench::random::{self, Stream};

use super::official_archives::{images, masks, pictures, zipped};

/// The longest time that one input may take; debug builds on a busy machine are slow.
const SLOW: Duration = Duration::from_secs(20);

/// Inputs grow to this many bytes at most.
const LONGEST: usize = 1 << 17;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}

/// Changes good files and asks `target` to read them; at the end, which share it could read.
#[expect(clippy::print_stderr, reason = "whoever fuzzes for minutes wants to know what was done")]
fn fuzz(name: &str, corpus: &[Vec<u8>], target: impl Fn(&[u8]) -> bool) {
    let seconds = number("EGE_BENCH_FUZZ_SECONDS", 1);
    let seed = number("EGE_BENCH_FUZZ_SEED", 1);
    for good in corpus {
        assert!(target(good), "{name}: a good file isn't read");
    }
    let begun = Instant::now();
    let (mut case, mut read) = (0, 0_u64);
    while begun.elapsed() < Duration::from_secs(seconds) {
        let mut stream = random::stream(seed, "fuzz", case, name);
        let input = mutated(corpus, &mut stream);
        let started = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| target(&input)));
        let slow = started.elapsed() > SLOW;
        if result.is_err() || slow {
            let path = std::env::temp_dir().join(format!("ege-bench-fuzz-{name}-{seed}-{case}"));
            fs_err::write(&path, &input).unwrap();
            let what = if slow { "took too long" } else { "panicked" };
            panic!("{name}: case {case} of seed {seed} {what}; its input is {}", path.display());
        }
        read += u64::from(result.is_ok_and(|readable| readable));
        case += 1;
    }
    eprintln!("{name}: {case} inputs in {seconds} s, {read} of them readable, none harmful");
}

fn mutated(corpus: &[Vec<u8>], stream: &mut Stream) -> Vec<u8> {
    let pick = |stream: &mut Stream| corpus[stream.below(corpus.len() as u64) as usize].clone();
    let mut input = pick(stream);
    for _ in 0..=stream.below(6) {
        mutate(&mut input, stream, &pick);
        input.truncate(LONGEST);
    }
    input
}

/// One change; places near the end are as likely as all others, since archives have their directory there.
fn mutate(input: &mut Vec<u8>, stream: &mut Stream, pick: &impl Fn(&mut Stream) -> Vec<u8>) {
    const HURTFUL: [u64; 12] =
        [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 1 << 63, u64::MAX];
    if input.is_empty() {
        *input = pick(stream);
        return;
    }
    let length = input.len() as u64;
    let place = |stream: &mut Stream| {
        let window = if stream.chance(0.5) { length } else { length.min(600) };
        (length - window + stream.below(window)) as usize
    };
    let at = place(stream);
    let span = |stream: &mut Stream| (at + 1 + stream.below(64) as usize).min(length as usize);
    match stream.below(9) {
        0 => input[at] ^= 1 << stream.below(8),
        1 => input[at] = stream.below(256) as u8,
        2 | 3 => {
            let width = [1, 2, 4, 8][stream.below(4) as usize];
            let value = HURTFUL[stream.below(HURTFUL.len() as u64) as usize];
            let bytes = if stream.chance(0.5) { value.to_le_bytes() } else { value.to_be_bytes() };
            let bytes = if stream.chance(0.5) { &bytes[..width] } else { &bytes[8 - width..] };
            let end = (at + width).min(input.len());
            input[at..end].copy_from_slice(&bytes[..end - at]);
        }
        4 => {
            let end = span(stream);
            input.drain(at..end);
        }
        5 => {
            let end = span(stream);
            let part = input[at..end].to_vec();
            let to = place(stream);
            input.splice(to..to, part);
        }
        6 => input.truncate(at),
        7 => {
            // The beginning of this one and the end of another.
            let other = pick(stream);
            let from = stream.below(other.len() as u64 + 1) as usize;
            input.truncate(at);
            input.extend_from_slice(&other[from..]);
        }
        _ => {
            let (a, b) = (at, place(stream));
            input.swap(a, b);
        }
    }
}

#[test]
fn archives() {
    let pictures = pictures(&["ISIC_0000000", "ISIC_0000001"]);
    let text = |length: usize| (0..length).map(|at| b"lesion "[at % 7]).collect::<Vec<u8>>();
    let small = zipped(&[
        ("a/b.txt".to_owned(), text(300)),
        ("a/".to_owned(), vec![]),
        ("c.png".to_owned(), text(9)),
    ]);
    let corpus = [
        images("ISIC-2017_Training_Data", &pictures),
        masks("ISIC-2017_Training_Part1_GroundTruth", &pictures),
        small,
        zipped(&[]),
    ];
    fuzz("archives", &corpus, |input| match probe::archive(input) {
        Ok(files) => {
            // A deflate stream grows its bytes at most 1032 times.
            let unpacked: usize = files.iter().map(|(_, size)| size).sum();
            assert!(unpacked <= 1032 * input.len(), "{unpacked} bytes from {}", input.len());
            for (name, _) in &files {
                assert!(
                    !name.starts_with('/')
                        && !name.contains('\\')
                        && name.split('/').all(|part| part != "..")
                );
            }
            true
        }
        Err(problem) => {
            assert!(!problem.is_empty() && !problem.chars().any(char::is_control), "{problem:?}");
            false
        }
    });
}

#[test]
fn pictures_of_any_bytes() {
    let mut corpus = Vec::new();
    for picture in pictures(&["ISIC_0000000", "ISIC_0000001"]) {
        corpus.extend([picture.image, picture.mask]);
    }
    for kind in ["rgb16", "rgba", "grey16"] {
        let picture = match kind {
            "rgb16" => image::DynamicImage::new_rgb16(9, 5),
            "grey16" => image::DynamicImage::new_luma16(5, 9),
            _ => image::DynamicImage::new_rgb8(3, 3),
        };
        let mut file = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut file, image::ImageFormat::Png).unwrap();
        // Whether depths are handled is not the question here: only good files must be read.
        if probe::picture(file.get_ref()).is_ok() {
            corpus.push(file.into_inner());
        }
    }
    fuzz("pictures", &corpus, |input| match probe::picture(input) {
        Ok((height, width)) => height > 0 && width > 0,
        Err(problem) => {
            assert!(!problem.is_empty());
            false
        }
    });
}

#[test]
fn experiments() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let mut corpus = Vec::new();
    for entry in fs_err::read_dir(root.join("experiments")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "toml") {
            fs_err::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
            corpus.push(fs_err::read(&path).unwrap());
        }
    }
    let splits = ["held-out", "official", "paper"].map(str::to_owned).to_vec();
    let datasets = ["isic2017", "isic2018"].map(|name| (name.to_owned(), splits.clone()));
    let catalogue = Catalogue { datasets: datasets.into_iter().collect() };
    let path = folder.path().join("fuzzed.toml");
    let good = corpus.clone();
    fuzz("experiments", &corpus, |input| {
        fs_err::write(&path, input).unwrap();
        match experiment::load(&path, &[], &catalogue) {
            Ok(_) => true,
            // Committed files may name splits that this catalogue lacks.
            Err(error) => !error.render(false).is_empty() && good.iter().any(|file| file == input),
        }
    });
}

#[test]
fn lock_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = [fs_err::read(root.join("datasets.lock")).unwrap()];
    fuzz("locks", &corpus, |input| match Lock::parse(&String::from_utf8_lossy(input)) {
        Ok(lock) => {
            for archive in lock.dataset.values().flat_map(|dataset| &dataset.archives) {
                assert!(!archive.name.contains(['/', '\\', ':']) && !archive.name.starts_with('.'));
                assert!(!archive.folder.contains(['/', '\\', ':']) && !archive.folder.starts_with('.'));
            }
            true
        }
        Err(problem) => {
            assert!(!problem.is_empty());
            false
        }
    });
}
