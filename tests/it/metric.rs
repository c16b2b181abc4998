//! Metrics against scikit-learn 1.9.1; `tests/parity/metrics.py` prints the constants.

use ege_bench::metric::{Counts, Definition};

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
    assert_eq!(expect.len(), Definition::ALL.len());
    for (definition, expect) in expect {
        let value = definition.value(&images).expect("three images with lesions define every metric");
        assert!((value - expect).abs() < 1e-15, "{definition}: {value}, scikit-learn says {expect}");
    }
}
