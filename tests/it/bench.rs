//! `ege-bench bench`.

use serde_json::Value;

use crate::program::Program;

/// Fields of an object or elements of a list, as numbers.
fn number(value: &Value, name: &str) -> f64 {
    value[name].as_f64().unwrap_or_else(|| panic!("{name} of {value}"))
}

#[test]
fn a_profile_names_every_kernel_of_a_step() {
    let program = Program::new();
    let arguments =
        ["bench", "train", "--size", "64", "--batch-size", "2", "--repetitions", "2", "--profile"];
    let output = program.output(&[&arguments[..], &["--json"]].concat());
    assert_eq!(output.code, Some(0), "{output:?}");
    let measured: Value = serde_json::from_str(&output.stdout).expect("JSON");
    assert_eq!(measured["threads"], 1);
    let profile = &measured["profile"];
    let kernels = profile["kernels"].as_array().expect("a list");
    let runs = |kernel: &str, direction: &str| -> f64 {
        let own = kernels.iter().filter(|line| line["kernel"] == kernel && line["direction"] == direction);
        own.map(|line| number(line, "runs")).sum()
    };
    // Three plain stages, five bridges, one loss, each forward and backward.
    for (kernel, count) in [("ConvNormPoolGelu", 3.0), ("Bridge", 5.0), ("DeepBceDice", 1.0)] {
        for direction in ["forward", "backward"] {
            assert!((runs(kernel, direction) - count).abs() < 1e-9, "{kernel} {direction}: {profile}");
        }
    }
    // The first stage: 3 to 8 channels, whose image wants no gradient.
    let first = |direction: &str| {
        let own = |line: &&Value| {
            line["direction"] == direction && line["input"] == serde_json::json!([2, 3, 64, 64])
        };
        kernels.iter().find(own).unwrap_or_else(|| panic!("{profile}"))
    };
    let gigaflop = 2e-9 * (2 * 64 * 64 * 3 * 8 * 9) as f64;
    for direction in ["forward", "backward"] {
        assert!((number(first(direction), "gflop") - gigaflop).abs() < 1e-12, "{}", first(direction));
    }
    let sum: f64 = kernels.iter().map(|line| number(line, "ms")).sum();
    assert!((number(profile, "kernels_ms") - sum).abs() < 1e-6 && sum > 0.0, "{profile}");
    for line in kernels {
        assert!(number(line, "floor_ms") > 0.0 && number(line, "mb") > 0.0, "{line}");
    }

    let text = program.output(&arguments).stdout;
    assert!(text.contains("ConvNormPoolGelu  [2, 3, 64, 64]") && text.contains("all kernels"), "{text}");
}

#[test]
fn only_the_fused_kernels_of_one_thread_have_a_profile() {
    let program = Program::new();
    for (more, told) in
        [(["--threads", "2"], "no profile of 2 threads"), (["--kernels", "plain"], "plain kernels")]
    {
        let output = program.output(&[&["bench", "infer", "--profile"], &more[..]].concat());
        output.expect(2, &[told, "hint: ", "on one thread"]);
    }
}
