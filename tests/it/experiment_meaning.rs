//! Runs go by what they mean: the same settings have one id however they are typed, others another.

use std::collections::BTreeMap;

use ege_bench::experiment::fingerprint::Digests;
use ege_bench::experiment::{Catalogue, fingerprint, load};
use proptest::prelude::*;

const DIGESTS: Digests<'_> = Digests { split: "split", data: "data", encoder: None };

/// Every setting with two values other than its default, or one in two spellings where there is no third.
const SETTINGS: &[(&str, [&str; 2])] = &[
    ("data.split", ["\"held-out\"", "\"official\""]),
    ("data.size", ["64", "0x80"]),
    ("data.resize", ["\"area\"", "\"pil-bilinear\""]),
    ("train.epochs", ["7", "1_000"]),
    ("train.batch-size", ["2", "16"]),
    ("train.last-batch", ["\"drop\"", "'drop'"]),
    ("train.normalization", ["\"standardize\"", "'standardize'"]),
    ("train.selection", ["\"highest-iou\"", "\"last\""]),
    ("optimizer.adamw.learning-rate", ["0.01", "2e-3"]),
    ("optimizer.adamw.beta1", ["0.5", "0"]),
    ("optimizer.adamw.beta2", ["0.99", "0.9"]),
    ("optimizer.adamw.epsilon", ["1e-5", "0.1"]),
    ("optimizer.adamw.weight-decay", ["0", "0.1"]),
    ("schedule.cosine.t-max", ["25", "100"]),
    ("schedule.cosine.min-learning-rate", ["0.0", "1e-6"]),
    ("loss.bce-weight", ["0.5", "2"]),
    ("loss.dice-weight", ["0.5", "2"]),
    ("loss.smooth", ["1e-5", "0"]),
    ("loss.side-weights", ["[0, 0, 0, 0, 0]", "[0.5, 0.4, 0.3, 0.2, 0.2]"]),
    ("loss.bce", ["\"logits\"", "'logits'"]),
    ("loss.mask", ["\"hard\"", "'hard'"]),
    ("augment.horizontal-flip", ["0", "0.25"]),
    ("augment.vertical-flip", ["0", "1"]),
    ("augment.rotation-probability", ["0.75", "1.0"]),
    ("augment.rotation", ["\"per-sample\"", "'per-sample'"]),
    ("model.ege-unet.widths", ["[4, 4, 4, 4, 4, 4]", "[8, 16, 24, 32, 48, 128]"]),
    ("model.ege-unet.dilations", ["[1, 1, 1, 1]", "[1, 2, 5, 8]"]),
    ("model.ege-unet.tensor-init", ["\"random\"", "'random'"]),
    ("model.ege-unet.axes", ["[\"xy\"]", "[\"dw\", \"xy\"]"]),
    ("model.ege-unet.tensor-convs", ["false", "false"]),
    ("model.ege-unet.gab-mask", ["false", "false"]),
    ("model.ege-unet.deep-supervision", ["false", "false"]),
];

/// Settings that some of the others contradict.
const SWITCHES: [(&str, [&str; 2]); 4] = [
    ("model.ege-unet.ghpa", ["false", "false"]),
    ("model.ege-unet.groups", ["8", "8"]),
    ("model.ege-unet.tensors", ["\"frozen\"", "\"none\""]),
    ("model.ege-unet.gab", ["false", "false"]),
];

const HEAD: &str = "data.dataset = \"isic2017\"\nmodel.ege-unet = {}\n";

fn id_of(files: &[(&str, String)], sets: &[String]) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        fs_err::write(folder.path().join(name), text).expect("the folder is writable");
    }
    let splits = ["paper", "held-out", "official"].map(String::from).to_vec();
    let catalogue = Catalogue { datasets: vec![("isic2017".into(), splits)] };
    let path = folder.path().join(files[0].0);
    let experiment = load(&path, sets, &catalogue).unwrap_or_else(|error| panic!("{error}\n{files:#?}"));
    let runs = experiment.runs();
    assert_eq!(runs.len(), 1);
    let meaning = fingerprint::meaning(&runs[0].settings, runs[0].seed, DIGESTS, "cpu");
    fingerprint::run_id(&runs[0], &meaning)
}

/// Settings as tables with headers, in their own order.
fn as_tables(settings: &[(&str, &str)]) -> String {
    let mut tables: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    tables.entry("model.ege-unet").or_default();
    tables.entry("data").or_default().push("dataset = 'isic2017'".to_owned());
    for (path, value) in settings {
        let (table, key) = path.rsplit_once('.').expect("a dotted path");
        tables.entry(table).or_default().push(format!("  {key}={value} # as typed"));
    }
    let table = |(name, lines): (&str, Vec<String>)| format!("[{name}]\n{}\n\n", lines.join("\n"));
    format!("name = 'tables'\n{}", tables.into_iter().map(table).collect::<String>())
}

/// Settings as dotted keys, one a line.
fn as_lines(settings: &[(&str, &str)]) -> String {
    let line = |(path, value): &(&str, &str)| format!("{path} = {value}\n");
    // An inline table can't be added to, so the model is named only where no setting names it.
    let head = if settings.iter().any(|(path, _)| path.starts_with("model.")) {
        HEAD.replace("model.ege-unet = {}\n", "")
    } else {
        HEAD.to_owned()
    };
    format!("name = \"lines\"\n{head}{}", settings.iter().map(line).collect::<String>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn typing_does_not_change_the_id(
        choice in prop::collection::vec((any::<bool>(), 0_usize..2), SETTINGS.len()),
        order in Just((0..SETTINGS.len()).collect::<Vec<_>>()).prop_shuffle(),
        cut in 0_usize..SETTINGS.len(),
    ) {
        let mut chosen: Vec<(&str, &str)> = Vec::new();
        for index in order {
            let (path, values) = SETTINGS[index];
            // The split has no default, so it is always there.
            if choice[index].0 || path == "data.split" {
                chosen.push((path, values[choice[index].1]));
            }
        }
        let expect = id_of(&[("a.toml", as_lines(&chosen))], &[]);
        let mut reversed = chosen.clone();
        reversed.reverse();
        prop_assert_eq!(&expect, &id_of(&[("a.toml", as_tables(&reversed))], &[]), "order and form");

        let (base, rest) = chosen.split_at(cut.min(chosen.len()));
        let mut files = [("b.toml", format!("extends = 'a.toml'\n{}", as_lines(rest))), ("a.toml", as_lines(base))];
        prop_assert_eq!(&expect, &id_of(&files, &[]), "extends");
        files[0].1 = format!("extends = 'a.toml'\n{}", as_tables(rest));
        prop_assert_eq!(&expect, &id_of(&files, &[]), "extends with tables");

        let set: Vec<String> = rest.iter().map(|(path, value)| format!("{path}={value}")).collect();
        prop_assert_eq!(&expect, &id_of(&[("a.toml", as_lines(base))], &set), "--set");

        let variant: Vec<String> = rest.iter().map(|(path, value)| format!("{path} = {value}")).collect();
        let text = format!("{}[[variant]]\nname = 'only'\n{}", as_lines(base), variant.join("\n"));
        prop_assert_eq!(&expect, &id_of(&[("a.toml", text)], &[]), "variant");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_text_makes_it_panic(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, "[\\[\\]{}=.,\"'#\n a-z0-9é-]{0,3}"), 1..6),
        set in "[a-z.=\\[\\]{}\"' 0-9é-]{0,20}",
    ) {
        let mut text: Vec<char> = include_str!("../../experiments/protocol.toml").replace("extends =", "claims = [] #").chars().collect();
        text.extend("\n[data]\ndataset = \"isic2017\"\nsplit = \"paper\"\n[model.ege-unet]\n".chars());
        for (at, cut, insert) in &edits {
            let start = at.index(text.len());
            let end = (start + cut).min(text.len());
            text.splice(start..end, insert.chars());
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.toml");
        fs_err::write(&path, text.iter().collect::<String>()).expect("the folder is writable");
        let catalogue = Catalogue { datasets: vec![("isic2017".into(), vec!["paper".into()])] };
        if let Err(error) = load(&path, &[set], &catalogue) {
            prop_assert!(error.render(false).starts_with("error: "), "{error}");
            prop_assert!(error.render(true).contains("error"));
        }
    }
}

#[test]
fn every_setting_changes_the_id() {
    let with = |settings: &[(&str, &str)], sets: &[String]| id_of(&[("a.toml", as_lines(settings))], sets);
    let paper = [("data.split", "\"paper\"")];
    let mut ids = BTreeMap::from([(with(&paper, &[]), "the default".to_owned())]);
    let others = [("train.seeds", ["[7]", "[8]"]), ("schedule.constant", ["{}", "{ }"])];
    for (path, values) in SETTINGS.iter().chain(&SWITCHES).chain(&others) {
        let [first, second] = values.map(|value| with(&paper, &[format!("{path}={value}")]));
        if bare(values[0]) == bare(values[1]) {
            assert_eq!(first, second, "{path}");
        } else {
            assert_eq!(ids.insert(second, format!("{path} = {}", values[1])), None, "{path}");
        }
        assert_eq!(ids.insert(first, format!("{path} = {}", values[0])), None, "{path}");
    }
}

/// The word in a string's quotes, or what stands in a table's braces.
fn bare(value: &str) -> &str {
    value.trim_matches(['"', '\'', '{', '}', ' '])
}

#[test]
fn no_setting_is_left_out_of_these_tests() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("a.toml");
    fs_err::write(&path, as_lines(&[("data.split", "\"paper\"")])).unwrap();
    let catalogue = Catalogue { datasets: vec![("isic2017".into(), vec!["paper".into()])] };
    let experiment = load(&path, &[], &catalogue).unwrap();
    let meaning = fingerprint::meaning(&experiment.variants[0].settings, 42, DIGESTS, "cpu");
    let mut leaves = Vec::new();
    collect("", &meaning["settings"], &mut leaves);
    // A file has these tables at its top level.
    let flattened = [
        ("data.source.prepared.", "data."),
        ("train.optimizer.", "optimizer."),
        ("train.schedule.", "schedule."),
        ("train.loss.", "loss."),
        ("train.augment.", "augment."),
    ];
    let as_typed = |leaf: &String| {
        let moved = flattened.iter().find_map(|(from, to)| Some(format!("{to}{}", leaf.strip_prefix(from)?)));
        moved.unwrap_or_else(|| leaf.clone())
    };
    for leaf in leaves.iter().map(as_typed) {
        let known = leaf == "data.dataset" || SETTINGS.iter().chain(&SWITCHES).any(|(path, _)| *path == leaf);
        assert!(known, "`{leaf}` has no line in SETTINGS");
    }
}

fn collect(path: &str, value: &serde_json::Value, leaves: &mut Vec<String>) {
    match value.as_object() {
        Some(map) => {
            for (key, value) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                collect(&path, value, leaves);
            }
        }
        None => leaves.push(path.to_owned()),
    }
}
