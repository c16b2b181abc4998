//! Metrics against scikit-learn 1.9.1, scipy 1.17.1 and MedPy 0.5.2; `tests/parity/metrics.py` prints the constants and
//! writes the masks.

use ege_bench::metric::{Boundary, Counts, Definition, Score};
use serde::Deserialize;

const TRUTH: [&str; 3] = ["000111000011", "111111110000", "000000000001"];
const PREDICTION: [&str; 3] = ["001110000001", "011111111000", "000000000011"];

#[test]
fn every_definition_agrees_with_scikit_learn() {
    let bits = |text: &'static str| text.bytes().map(|byte| byte == b'1');
    let images: Vec<Counts> = PREDICTION
        .into_iter()
        .zip(TRUTH)
        .map(|(prediction, truth)| Counts::of(bits(prediction), bits(truth)))
        .collect();

    let expect = [
        (Definition::PooledIou, 0.647_058_823_529_411_8),
        (Definition::PooledDice, 0.785_714_285_714_285_7),
        (Definition::PooledAccuracy, 0.833_333_333_333_333_4),
        (Definition::PooledSensitivity, 0.785_714_285_714_285_7),
        (Definition::PooledSpecificity, 0.863_636_363_636_363_6),
        (Definition::ImageIou, 0.592_592_592_592_592_6),
        (Definition::ImageDice, 0.736_111_111_111_111),
        (Definition::TwoClassIou, 0.703_529_411_764_706),
    ];
    assert_eq!(expect.len(), Definition::ALL.into_iter().filter(|one| one.unit() == "%").count());
    for (definition, expect) in expect {
        let value = definition.value(&images).expect("three images with lesions define every metric");
        assert!((value - expect).abs() < 1e-15, "{definition}: {value}, scikit-learn says {expect}");
    }
}

/// Two masks, row by row, and what scipy says of their borders; of empty masks, what the rule says.
#[derive(Deserialize)]
struct Case {
    name: String,
    prediction: Vec<String>,
    truth: Vec<String>,
    hd95: f64,
    assd: f64,
}

#[test]
fn distances_of_borders_agree_with_scipy() {
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("../parity/boundary.json")).expect("the file is JSON of this form");
    let pixels = |rows: &[String]| -> Vec<bool> {
        rows.iter().flat_map(|row| row.bytes()).map(|byte| byte == b'#').collect()
    };
    assert!(cases.len() >= 15);
    let mut scores = Vec::new();
    for Case { name, prediction, truth, hd95, assd } in &cases {
        let (prediction, truth, width) = (pixels(prediction), pixels(truth), truth[0].len());
        let found = Boundary::between(&prediction, &truth, width);
        assert!((found.hd95 - hd95).abs() <= 1e-12 * hd95.max(1.0), "{name}: {found:?}, scipy says {hd95}");
        assert!((found.assd - assd).abs() <= 1e-12 * assd.max(1.0), "{name}: {found:?}, scipy says {assd}");
        scores.push(Score { counts: Counts::of(prediction, truth), boundary: Some(found) });
    }
    let mean = |of: fn(&Case) -> f64| cases.iter().map(of).sum::<f64>() / cases.len() as f64;
    for (definition, expect) in
        [(Definition::Hd95, mean(|case| case.hd95)), (Definition::Assd, mean(|case| case.assd))]
    {
        let value = definition.value(&scores).expect("each image has its distances");
        assert!((value - expect).abs() < 1e-12 * expect, "{definition}: {value}, not {expect}");
    }
}
