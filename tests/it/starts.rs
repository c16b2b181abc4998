//! How networks start, against the public code: moments of each parameter over several seeds.

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::Device;
use ege_bench::experiment::settings::ModelSettings;
use ege_bench::model::{Built, Role, cards};

/// Values of a network, over all seeds, that are enough to tell distributions apart.
const ENOUGH: usize = 1_000_000;

/// Standard errors by which two sets of draws from one distribution may differ.
const ERRORS: f64 = 5.0;

/// Values from which on the mean and the deviation of a set are near those of its distribution.
const SOME: usize = 16;

/// Values from which on the kurtosis of a set is near that of its distribution.
const MANY: usize = 4000;

#[derive(Clone, Copy, Debug)]
struct Moments {
    count: usize,
    mean: f64,
    deviation: f64,
    /// 3 for a normal distribution, 1.8 for a uniform one, 0 for a constant.
    kurtosis: f64,
}

impl Moments {
    fn of(values: &[f32]) -> Self {
        let count = values.len();
        let average = |power: i32, centre: f64, scale: f64| {
            let sum: f64 = values.iter().map(|&x| ((f64::from(x) - centre) / scale).powi(power)).sum();
            sum / count as f64
        };
        let mean = average(1, 0.0, 1.0);
        let deviation = average(2, mean, 1.0).sqrt();
        if deviation <= 1e-6 * mean.abs() {
            return Self { count, mean, deviation: 0.0, kurtosis: 0.0 };
        }
        Self { count, mean, deviation, kurtosis: average(4, mean, deviation) }
    }

    /// As `tests/parity/starts.py` writes it.
    fn parse(words: &[&str]) -> Self {
        let number = |index: usize| words[index].parse::<f64>().expect("a number");
        Self {
            count: words[0].parse().expect("a count"),
            mean: number(1),
            deviation: number(2),
            kurtosis: number(3),
        }
    }

    /// What tells the two apart, if something does.
    fn difference(&self, other: &Self) -> Option<String> {
        // The file has four digits.
        let written = 1e-3 * other.mean.abs().max(other.deviation);
        if !(self.mean + self.deviation + self.kurtosis).is_finite() {
            return Some(format!("{self:?}"));
        }
        if other.deviation == 0.0 || self.deviation == 0.0 {
            let same =
                other.deviation.max(self.deviation) == 0.0 && (self.mean - other.mean).abs() <= written;
            return (!same).then(|| format!("{self:?} and {other:?}"));
        }
        let error = (1.0 / self.count as f64 + 1.0 / other.count as f64).sqrt();
        let spread = (other.kurtosis - 1.0).max(0.1).sqrt() / 2.0;
        if self.count.min(other.count) < SOME {
            return None;
        }
        let far = [
            (self.mean - other.mean).abs() > ERRORS * error * other.deviation + written,
            (self.deviation / other.deviation - 1.0).abs() > ERRORS * error * spread + 1e-3,
            self.count.min(other.count) >= MANY
                && (self.kurtosis - other.kurtosis).abs() > ERRORS * error * 24.0_f64.sqrt() + 1e-2,
        ];
        far.contains(&true).then(|| format!("{self:?} and {other:?}"))
    }
}

/// The moments of each trained or frozen parameter over seeds.
fn moments(settings: &ModelSettings) -> BTreeMap<String, Moments> {
    let mut drawn: BTreeMap<String, Vec<f32>> = BTreeMap::new();
    let mut values = 0;
    for seed in 0.. {
        if seed >= 2 && values >= ENOUGH {
            break;
        }
        let built = Built::new(settings, seed, &Device::flex());
        let buffers = built.names_of(Role::Buffer);
        for (name, tensor) in built.state().0.into_iter().filter(|(name, _)| !buffers.contains(name)) {
            values += tensor.values.len();
            drawn.entry(name).or_default().extend(tensor.values);
        }
    }
    drawn.into_iter().map(|(name, values)| (name, Moments::of(&values))).collect()
}

#[test]
fn every_parameter_starts_as_in_the_original() {
    let mut wrong = Vec::new();
    for card in cards() {
        let path = Path::new("tests/parity/starts").join(format!("{}.txt", card.name));
        let text = fs_err::read_to_string(&path).expect("the moments of every network are kept");
        let mut ours = moments(&card.settings);
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            match ours.remove(words[0]) {
                None => wrong.push(format!("{}: {} is missing", card.name, words[0])),
                Some(found) => {
                    let difference = found.difference(&Moments::parse(&words[1..]));
                    wrong.extend(difference.map(|text| format!("{}: {}: {text}", card.name, words[0])));
                }
            }
        }
        wrong.extend(ours.keys().map(|name| format!("{}: {name} is none of the original's", card.name)));
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn other_distributions_are_told_apart() {
    let uniform: Vec<f32> = (0..10_000).map(|at| (at as f32 + 0.5) / 5000.0 - 1.0).collect();
    let wide: Vec<f32> = uniform.iter().map(|x| 1.2 * x).collect();
    let shifted: Vec<f32> = uniform.iter().map(|x| x + 0.1).collect();
    let peaked: Vec<f32> = uniform.iter().map(|x| x.powi(3) * (7.0_f32 / 3.0).sqrt()).collect();
    let base = Moments::of(&uniform);
    assert!((base.kurtosis - 1.8).abs() < 1e-3);
    assert_eq!(base.difference(&base), None);
    for other in [wide, shifted, peaked, vec![0.0; 10_000]] {
        assert!(base.difference(&Moments::of(&other)).is_some());
        assert!(Moments::of(&other).difference(&base).is_some());
    }
}
