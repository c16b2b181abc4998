//! Splits that are listed, made by rule and brought by the user, and images that look the same, by the real binary.

use std::path::PathBuf;

use crate::program::Program;

/// The real copy, or none (said on stderr) where it isn't.
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn real(test: &str) -> Option<PathBuf> {
    let found = std::env::var_os("EGE_BENCH_TEST_DATA").map(|root| PathBuf::from(root).join("isic2017-256"));
    if found.is_none() {
        eprintln!("skipped {test}: EGE_BENCH_TEST_DATA is not set");
    }
    found
}

#[test]
fn splits_are_shown_written_and_made_without_leaks() {
    let program = Program::new();
    program.output(&["data", "split", "isic2017"]).expect(
        0,
        &[
            "isic2017, split paper: 1500 train, 650 select, 650 report (selects on what it reports)",
            "sha256:  a9911e815694fd3994a22ed2158114a19521224381c60d71ce97ec1dcbae83ba",
        ],
    );
    program.output(&["data", "split", "isic2017", "paper", "--exclude-leaks", "--write", "lists"]).expect(
        0,
        &["isic2017, split paper-without-leaks: 1498 train, 650 select, 650 report", "written to lists"],
    );
    let train = fs_err::read_to_string(program.folder().join("lists/train.txt")).unwrap();
    assert_eq!(train.lines().count(), 1498);
    for leaking in ["ISIC_0012970", "ISIC_0012290"] {
        assert!(!train.contains(leaking), "{leaking} looks like an image that is reported on");
    }
    // Lists that were written come back as a split of the user's own, of the same hash.
    let own = program.output(&["data", "split", "isic2017", "mine", "--from", "lists"]);
    own.expect(0, &["isic2017, split mine: 1498 train", "own lists", "kept in "]);
    let hash = |output: &crate::program::Output| {
        output.stdout.lines().find(|line| line.starts_with("sha256")).map(str::to_owned)
    };
    let made = program.output(&["data", "split", "isic2017", "paper-without-leaks"]);
    assert_eq!(hash(&own), hash(&made));
    let json = program.output(&["data", "split", "isic2017", "fold-1-of-4", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let count = |part: &str| value[part].as_array().map(Vec::len).unwrap_or_default();
    assert_eq!(count("train") + count("select") + count("report"), 2150);
}

#[test]
fn names_and_lists_that_are_none_are_the_users_mistake() {
    let program = Program::new();
    for (arguments, expect) in [
        (vec!["isic2017", "papr"], "did you mean `paper`?"),
        (vec!["isic2017", "fold-6-of-5"], "a fold is named `fold-2-of-5` or `fold-2-of-5-seed-7`"),
        (vec!["isic2017", "paper", "--from", "."], "`paper` is a split of `datasets.lock`"),
        (vec!["isic2017", "mine", "--from", "absent"], "train.txt"),
        (vec!["isic2016"], "unknown data set `isic2016`"),
    ] {
        let mut all = vec!["data", "split"];
        all.extend(arguments);
        program.output(&all).expect(2, &[expect]);
    }
    program.output(&["data", "split", "isic2017", "--explain"]).expect(3, &["is not prepared"]);
    program.output(&["data", "leaks", "isic2017"]).expect(3, &["is not prepared"]);
}

#[test]
fn an_experiment_names_splits_of_every_kind() {
    let program = Program::new();
    let small = fs_err::read_to_string(program.folder().join("small.toml")).unwrap();
    let with = |split: &str| {
        let data = format!("dataset = \"isic2017\"\nsplit = \"{split}\"");
        let text = small
            .replace("dataset = \"synthetic-lesions\"", &data)
            .replace("train-images = 16\nvalidation-images = 12\n", "");
        fs_err::write(program.folder().join("small.toml"), text).unwrap();
        program.command("plan", &[])
    };
    for split in ["fold-2-of-5", "fold-2-of-5-seed-7-without-leaks", "official-without-leaks"] {
        // The name is one; the images aren't there.
        with(split).expect(3, &["is not prepared"]);
    }
    with("fold-2-of-1").expect(2, &["small.toml:6:9", "is no fold", "2 to 100 folds"]);
    with("mine").expect(2, &["unknown split `mine` of `isic2017`", "-without-leaks"]);
    program.output(&["data", "split", "isic2017", "paper", "--write", "lists"]).expect(0, &[]);
    program.output(&["data", "split", "isic2017", "mine", "--from", "lists"]).expect(0, &[]);
    with("mine").expect(3, &["is not prepared"]);
}

#[test]
fn published_numbers_tell_the_papers_split_from_random_ones() {
    let Some(images) = real("published_numbers_tell_the_papers_split") else { return };
    let program = Program::new();
    program.output(&["data", "import", "isic2017", &images.display().to_string()]).expect(0, &[]);
    let explained = program.output(&["data", "split", "isic2017", "paper", "--explain", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&explained.stdout).unwrap();
    let evidence = value["evidence"].as_array().unwrap();
    assert_eq!(evidence.len(), 3, "{evidence:?}");
    for row in evidence {
        assert_eq!(row["as_near"], 0, "{row}");
        let number = |key: &str| row[key].as_f64().unwrap();
        let off = (number("here") - number("published")).abs();
        assert!(off < 0.2 * number("random_std"), "{row}");
    }
    let found = program.output(&["data", "leaks", "isic2017", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&found.stdout).unwrap();
    let pairs: Vec<_> =
        value["pairs"].as_array().unwrap().iter().map(|pair| (&pair["a"], &pair["b"])).collect();
    assert_eq!(
        pairs,
        [("ISIC_0012127", "ISIC_0012970"), ("ISIC_0012290", "ISIC_0013594")].map(|(a, b)| {
            let pair =
                value["pairs"].as_array().unwrap().iter().find(|pair| pair["a"] == a && pair["b"] == b);
            let pair = pair.expect("the pair is found");
            assert!(pair["leaks"] == true && pair["listed"] == true, "{pair}");
            (&pair["a"], &pair["b"])
        })
    );
    let clean = program.output(&["data", "leaks", "isic2017", "--split", "paper-without-leaks"]);
    clean.expect(0, &["2148 images compared with one another", "no two look the same"]);
}
