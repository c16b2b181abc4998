//! Statistics against scipy 1.17.1 and statsmodels 0.15.0; `tests/parity/stats.py` writes the numbers. What is
//! random there is compared within the error that drawing leaves; the arithmetic after the draws is compared with
//! scipy's digit by digit in `src/statistics/bca.rs`.

use ege_bench::random;
use ege_bench::statistics::{
    Estimate, Resampling, Uncertainty, bootstrap, equivalence_power, holm, minimum_detectable, permutation,
    sigma_interval, wilcoxon,
};
use rayon::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    bootstrap: Vec<Bootstrap>,
    wilcoxon: Vec<Wilcoxon>,
    permutation: Vec<Permutation>,
    holm: Vec<Holm>,
    sigma: Vec<Sigma>,
    detectable: Vec<Detectable>,
    equivalence: Vec<Equivalence>,
}

/// One sample `x`, two samples `x` and `y`, or counts by image and seed.
#[derive(Deserialize)]
struct Bootstrap {
    name: String,
    x: Option<Vec<f64>>,
    y: Option<Vec<f64>>,
    part: Option<Vec<Vec<f64>>>,
    whole: Option<Vec<Vec<f64>>>,
    value: f64,
    std_error: f64,
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
struct Wilcoxon {
    name: String,
    differences: Vec<f64>,
    /// True where it is to be exact.
    exact: bool,
    w: f64,
    p: f64,
}

/// Counts of the images of A, then those of B.
#[derive(Deserialize)]
struct Permutation {
    name: String,
    part: Vec<u64>,
    whole: Vec<u64>,
    p: f64,
}

#[derive(Deserialize)]
struct Holm {
    p: Vec<f64>,
    adjusted: Vec<f64>,
}

#[derive(Deserialize)]
struct Sigma {
    std: f64,
    n: usize,
    level: f64,
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
struct Detectable {
    std_error: f64,
    /// None where the error is known.
    freedom: Option<f64>,
    level: f64,
    power: f64,
    difference: f64,
}

#[derive(Deserialize)]
struct Equivalence {
    std_error: f64,
    freedom: Option<f64>,
    tolerance: f64,
    level: f64,
    power: f64,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("../parity/stats.json")).expect("the file is JSON of this form")
}

#[expect(clippy::print_stdout, reason = "the table of reference and ours, for whoever asks with --nocapture")]
fn show(line: &str) {
    println!("{line}");
}

/// A line of the table of `--nocapture`, and the check that both agree to `tolerance`.
fn check(what: &str, reference: f64, ours: f64, tolerance: f64) {
    show(&format!("{what:<44} reference {reference:<22.15} ours {ours:<22.15}"));
    assert!((ours - reference).abs() <= tolerance, "{what}: {ours}, not {reference}");
}

fn mean(values: &[f64], weights: &[u32]) -> f64 {
    let sum: f64 = values.iter().zip(weights).map(|(value, &weight)| value * f64::from(weight)).sum();
    sum / f64::from(weights.iter().sum::<u32>())
}

fn weighted_sum(counts: &[Vec<f64>], images: &[u32], seeds: &[u32]) -> f64 {
    let row =
        |row: &Vec<f64>| -> f64 { row.iter().zip(seeds).map(|(one, &seed)| one * f64::from(seed)).sum() };
    counts.iter().zip(images).map(|(counts, &image)| f64::from(image) * row(counts)).sum()
}

fn estimate(case: &Bootstrap) -> Estimate {
    let resampling = Resampling { replicates: 100_000, level: 0.95 };
    let found = match case {
        Bootstrap { x: Some(x), y: None, .. } => bootstrap(&[x.len()], resampling, &|w| Some(mean(x, w[0]))),
        Bootstrap { x: Some(x), y: Some(y), .. } => {
            bootstrap(&[x.len(), y.len()], resampling, &|w| Some(mean(x, w[0]) - mean(y, w[1])))
        }
        Bootstrap { part: Some(part), whole: Some(whole), .. } => {
            bootstrap(&[part.len(), part[0].len()], resampling, &|w| {
                Some(weighted_sum(part, w[0], w[1]) / weighted_sum(whole, w[0], w[1]))
            })
        }
        _ => None,
    };
    found.expect("every case has a sample")
}

#[test]
fn bootstrap_intervals_agree_with_scipy_within_the_error_of_drawing() {
    for case in reference().bootstrap {
        let found = estimate(&case);
        check(&format!("{}, value", case.name), case.value, found.value, 1e-12 * case.value.abs().max(1.0));
        // The 2.5 % quantile of B normal draws has the error sqrt(0.025 · 0.975 / B) / φ(1.96) = 2.7 / sqrt(B)
        // standard errors, and the bias twice that of a median, 2 · 1.25 / sqrt(B): together 3.7 / sqrt(B), 0.012 for
        // our 100 000 and 0.006 for scipy's 400 000. Four times that, and twice where a long tail thins out the draws.
        let tail = 4.0 * 2.0 * 0.013 * case.std_error;
        check(&format!("{}, low", case.name), case.low, found.low, tail);
        check(&format!("{}, high", case.name), case.high, found.high, tail);
        // A standard deviation of B draws is off by 1 / sqrt(2 B), more with long tails.
        check(
            &format!("{}, standard error", case.name),
            case.std_error,
            found.std_error,
            0.015 * case.std_error,
        );
    }
}

#[test]
fn signed_ranks_agree_with_scipy() {
    for Wilcoxon { name, differences, exact, w, p } in reference().wilcoxon {
        let found = wilcoxon(&differences).expect("there are differences");
        assert_eq!(found.exact, exact, "{name}");
        check(&format!("Wilcoxon, {name}, W"), w, found.w, 0.0);
        // statrs' normal distribution is good to about ten digits.
        check(&format!("Wilcoxon, {name}, p"), p, found.p, 1e-9 * p);
    }
}

#[test]
fn permutation_tests_agree_with_scipy() {
    for Permutation { name, part, whole, p } in reference().permutation {
        let pairs = part.len() / 2;
        let ratio = |swapped: &[bool], second: bool| {
            let at = |pair: usize| pair + if swapped[pair] == second { 0 } else { pairs };
            let sum = |counts: &[u64]| (0..pairs).map(|pair| counts[at(pair)]).sum::<u64>() as f64;
            sum(&part) / sum(&whole)
        };
        let difference = |swapped: &[bool]| Some(ratio(swapped, false) - ratio(swapped, true));
        let found = permutation(pairs, 100, &difference).expect("the ratios are defined");
        assert_eq!((found.permutations, found.exact), (1 << pairs, true));
        check(&format!("permutation, {name}, p"), p, found.p, 1e-15);
    }
}

#[test]
fn holm_agrees_with_statsmodels() {
    for Holm { p, adjusted } in reference().holm {
        for (index, (ours, reference)) in holm(&p).into_iter().zip(adjusted).enumerate() {
            check(&format!("Holm, {} of {}", index + 1, p.len()), reference, ours, 1e-15);
        }
    }
}

#[test]
fn quantiles_of_distributions_agree_with_scipy() {
    let reference = reference();
    for Sigma { std, n, level, low, high } in reference.sigma {
        let (ours_low, ours_high) = sigma_interval(std, n, level).expect("there are two values");
        check(&format!("sigma of {n} at {level}, low"), low, ours_low, 1e-9 * low);
        check(&format!("sigma of {n} at {level}, high"), high, ours_high, 1e-9 * high);
    }
    let uncertainty = |std_error, freedom: Option<f64>| Uncertainty {
        std_error,
        freedom: freedom.unwrap_or(f64::INFINITY),
    };
    for Detectable { std_error, freedom, level, power, difference } in reference.detectable {
        let ours = minimum_detectable(uncertainty(std_error, freedom), level, power);
        check(&format!("detectable at {level}, {power}"), difference, ours, 1e-5 * difference);
    }
    for Equivalence { std_error, freedom, tolerance, level, power } in reference.equivalence {
        let ours = equivalence_power(uncertainty(std_error, freedom), tolerance, level);
        check(&format!("power of ±{tolerance} at ±{std_error}"), power, ours, 1e-6);
    }
}

/// A two-way sample with random effects, and how often its 95 % interval covers the true mean.
struct Design {
    images: usize,
    seeds: usize,
    /// Standard deviations of the effects of images and of seeds, and of the rest.
    deviations: [f64; 3],
}

impl Design {
    fn covers(&self, trial: u64) -> bool {
        let mut draws = random::stream(trial, "coverage", 0, "");
        let mut effects =
            |n: usize, deviation: f64| -> Vec<f64> { (0..n).map(|_| deviation * draws.normal()).collect() };
        let [of_images, of_seeds, of_rest] = self.deviations;
        let (images, seeds) = (effects(self.images, of_images), effects(self.seeds, of_seeds));
        let rest = effects(self.images * self.seeds, of_rest);
        let values: Vec<Vec<f64>> = rest
            .chunks(self.seeds)
            .zip(&images)
            .map(|(rest, image)| rest.iter().zip(&seeds).map(|(rest, seed)| image + seed + rest).collect())
            .collect();
        let cells = (self.images * self.seeds) as f64;
        let resampling = Resampling { replicates: 1000, ..Resampling::default() };
        let mean = |w: &[&[u32]]| Some(weighted_sum(&values, w[0], w[1]) / cells);
        let found = bootstrap(&[self.images, self.seeds], resampling, &mean).expect("a mean is defined");
        found.low <= 0.0 && 0.0 <= found.high
    }

    fn coverage(&self, trials: u64) -> f64 {
        (0..trials).into_par_iter().filter(|&trial| self.covers(trial)).count() as f64 / trials as f64
    }
}

#[test]
fn intervals_of_two_way_samples_cover_the_truth_as_often_as_is_said() {
    // What `bootstrap` says of itself, from 1000 trials; four binomial standard errors of 250 are allowed.
    let check = |images: usize, seeds: usize, deviations: [f64; 3], said: f64| {
        let coverage = Design { images, seeds, deviations }.coverage(250);
        show(&format!(
            "{images} images, {seeds} seeds, deviations {deviations:?}: covers {coverage:.3}, said {said}"
        ));
        let error = 4.0 * (said * (1.0 - said) / 250.0).sqrt();
        assert!((coverage - said).abs() <= error, "{deviations:?}, {seeds} seeds: {coverage}, said {said}");
    };
    check(40, 5, [0.1, 0.01, 0.02], 0.95);
    check(40, 5, [0.03, 0.03, 0.02], 0.87);
    check(40, 3, [0.0, 0.03, 0.02], 0.76);
    check(40, 5, [0.0, 0.0, 0.1], 0.997);
}
