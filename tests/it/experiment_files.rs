//! Experiment files: what is wrong is shown where it stands, what is right means the same however it is typed.

use std::collections::BTreeSet;
use std::path::Path;

use ege_bench::experiment::fingerprint::Digests;
use ege_bench::experiment::settings::{DataSource, ModelSettings, Rotation, ScheduleSettings, TensorInit};
use ege_bench::experiment::{Catalogue, Experiment, ExperimentError, fingerprint, load};
use ege_bench::model;

fn catalogue() -> Catalogue {
    let splits = || ["paper", "official", "held-out"].map(String::from).to_vec();
    Catalogue { datasets: vec![("isic2017".into(), splits()), ("isic2018".into(), splits())] }
}

fn load_with(path: &str, sets: &[&str]) -> Result<Experiment, ExperimentError> {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    load(Path::new(path), &sets, &catalogue())
}

/// Loads `tests/it/bad/NAME.toml`, which must fail with something at `place` (`line:column`), and keeps the
/// whole message as a snapshot.
fn bad(name: &str, place: &str) {
    let path = format!("tests/it/bad/{name}.toml");
    let message = load_with(&path, &[]).expect_err("the file is bad").render(false);
    assert!(message.contains(&format!(".toml:{place}\n")), "nothing at {place}:\n{message}");
    insta::assert_snapshot!(name, message);
}

/// The same for an argument of `--set` over a good file; the place is on the command line.
fn bad_set(name: &str, set: &str, place: &str) {
    let message =
        load_with("experiments/isic2017.toml", &[set]).expect_err("the argument is bad").render(false);
    assert!(message.contains(&format!("command line:{place}\n")), "nothing at {place}:\n{message}");
    insta::assert_snapshot!(name, message);
}

macro_rules! bad_files {
    ($($test:ident: $name:literal at $place:literal),* $(,)?) => {
        $(#[test] fn $test() { bad($name, $place); })*
    };
}

bad_files! {
    unknown_key_at_the_top: "unknown-key-top" at "2:1",
    unknown_key_that_belongs_elsewhere: "misplaced-key" at "2:1",
    unknown_keys_in_a_table: "unknown-key-table" at "8:1",
    unknown_keys_in_variants: "unknown-key-variant" at "14:1",
    unknown_table: "unknown-table" at "3:2",
    wrong_type: "wrong-type" at "8:10",
    wrong_type_of_a_choice: "wrong-type-choice" at "2:12",
    wrong_length: "wrong-length" at "8:10",
    out_of_range: "out-of-range" at "9:10",
    not_finite: "not-finite" at "8:16",
    width_of_five: "width-of-five" at "8:22",
    impossible_network: "impossible-network" at "10:23",
    learning_rates_crossed: "learning-rates-crossed" at "8:17",
    unknown_dataset: "unknown-dataset" at "4:11",
    unknown_split: "unknown-split" at "5:9",
    unknown_model: "unknown-model" at "7:8",
    unknown_value: "unknown-value" at "8:12",
    unknown_protocol: "unknown-protocol" at "8:12",
    missing_name: "missing-name" at "1:1",
    missing_dataset: "missing-dataset" at "3:1",
    missing_split: "missing-split" at "3:1",
    missing_model: "missing-model" at "1:1",
    nameless_variant: "nameless-variant" at "12:1",
    bad_name: "bad-name" at "1:8",
    duplicate_key: "duplicate-key" at "10:1",
    toml_syntax: "toml-syntax" at "9:1",
    duplicate_variant: "duplicate-variant" at "16:8",
    same_variants: "same-variants" at "16:8",
    variant_not_a_list: "variant-not-list" at "12:1",
    grid_not_an_array: "grid-not-array" at "13:16",
    grid_with_a_flat_array: "grid-flat-array" at "13:29",
    grid_of_nothing: "grid-empty" at "12:1",
    grid_with_a_repetition: "grid-repeated" at "12:1",
    two_models: "two-models" at "10:8",
    setting_beside_its_table: "setting-beside-table" at "8:1",
    seed_too_large: "seed-too-large" at "8:10",
    list_of_no_tables: "variant-of-strings" at "2:11",
    extends_in_a_circle: "extends-circle" at "2:11",
    extends_what_is_missing: "extends-missing" at "1:11",
    extends_a_list: "extends-list" at "1:11",
    fault_in_what_is_extended: "fault-in-base" at "8:10",
    synthetic_with_split: "synthetic-with-split" at "5:9",
    real_images_with_a_count: "real-with-count" at "6:16",
    no_batch_left: "no-batch-left" at "8:14",
    seeds_twice: "seeds-twice" at "8:18",
    seeds_empty: "seeds-empty" at "8:9",
    seed_negative: "seed-negative" at "8:14",
    no_loss: "no-loss" at "9:15",
    not_utf8: "not-utf8" at "2:18",
}

#[test]
fn bad_set_arguments() {
    bad_set("set-unknown-key", "train.epoch=2", "1:13");
    bad_set("set-wrong-type", "train.epochs=two", "1:20");
    bad_set("set-out-of-range", "train.epochs=0", "1:20");
    bad_set("set-no-value", "train.epochs", "1:7");
    bad_set("set-no-key", "train..epochs=2", "1:13");
    bad_set("set-syntax", "train.seeds=[1, 2", "1:24");
    bad_set("set-variant", "variant.name=a", "1:7");
    bad_set("set-unknown-model", "model.vmunet={}", "1:13");
}

#[test]
fn a_set_that_makes_variants_equal_says_so() {
    let error = load_with("experiments/protocol.toml", &["loss.mask=hard"]).unwrap_err();
    insta::assert_snapshot!("set-makes-equal", error.render(false));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = load_with("experiments/isic-2017.toml", &[]).unwrap_err();
    insta::assert_snapshot!("no-such-file", error.render(false));
    assert_eq!(error.to_string(), error.render(false));
}

#[test]
fn every_bad_file_has_a_test() {
    let tested = include_str!("experiment_files.rs");
    for entry in Path::new("tests/it/bad").read_dir().unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        // The other half of a circle is read through the first.
        assert!(name == "extends-circle-back" || tested.contains(&format!("\"{name}\" at")), "{name}");
    }
}

#[test]
fn every_committed_experiment_loads() {
    let mut names = BTreeSet::new();
    for entry in Path::new("experiments").read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let experiment = load(&path, &[], &catalogue()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(Some(experiment.name.as_str()), path.file_stem().and_then(|stem| stem.to_str()));
        assert!(!experiment.description.is_empty() && !experiment.runs().is_empty(), "{}", path.display());
        names.insert(experiment.name);
    }
    for name in ["ablation", "isic2017", "isic2017-smoke", "protocol", "quickstart"] {
        assert!(names.contains(name), "{name}");
    }
}

#[test]
fn the_papers_experiment_is_the_papers_protocol() {
    let experiment = load_with("experiments/isic2017.toml", &[]).unwrap();
    assert_eq!(experiment.claims, [Path::new("claims/ege-unet.toml")]);
    let [variant] = experiment.variants.as_slice() else { panic!("{} variants", experiment.variants.len()) };
    assert_eq!((variant.name.as_str(), variant.seeds.as_slice()), ("ege-unet", &[42, 43, 44, 45, 46][..]));
    insta::assert_snapshot!("isic2017-settings", serde_json::to_string_pretty(&variant.settings).unwrap());
}

#[test]
fn variants_and_grids_lie_over_what_is_extended() {
    let folder = tempfile::tempdir().unwrap();
    let base = "name = \"base\"\nclaims = [\"c.toml\"]\n[data]\ndataset = \"isic2017\"\nsplit = \"paper\"\n\
                [train]\nepochs = 5\nseeds = [7]\n[schedule.cosine]\nt-max = 9\n[model.ege-unet]\n";
    let file = "extends = \"sub/base.toml\"\nname = \"heir\"\n\
                [[variant]]\nname = \"plain\"\n\
                [[variant]]\nname = \"constant\"\nschedule.constant = {}\ntrain.protocol = \"as-written\"\n\
                [[grid]]\nmodel.ege-unet.dilations = [[1, 1, 1, 1], [1, 2, 3, 4]]\n\
                model.ege-unet.tensor-init = [\"ones\", \"random\"]\ntrain.epochs = [6]\n\
                [[grid]]\nname = \"size\"\ndata.size = [64, 128]\n";
    fs_err::create_dir(folder.path().join("sub")).unwrap();
    fs_err::write(folder.path().join("sub/base.toml"), base).unwrap();
    fs_err::write(folder.path().join("heir.toml"), file).unwrap();
    let experiment = load(&folder.path().join("heir.toml"), &[], &catalogue()).unwrap();
    assert_eq!(experiment.name, "heir");
    assert_eq!(experiment.claims, [folder.path().join("sub/c.toml")], "relative to the file that names it");
    let names: Vec<_> = experiment.variants.iter().map(|variant| variant.name.as_str()).collect();
    let expect = [
        "plain",
        "constant",
        "ege-unet dilations=[1,1,1,1] tensor-init=ones",
        "ege-unet dilations=[1,1,1,1] tensor-init=random",
        "ege-unet dilations=[1,2,3,4] tensor-init=ones",
        "ege-unet dilations=[1,2,3,4] tensor-init=random",
        "size size=64",
        "size size=128",
    ];
    assert_eq!(names, expect);
    let of = |index: usize| &experiment.variants[index].settings;
    assert_eq!(of(0).train.schedule, ScheduleSettings::Cosine { t_max: 9, min_learning_rate: 1e-5 });
    assert_eq!((of(0).train.epochs, of(0).train.augment.rotation), (5, Rotation::Once));
    assert_eq!(of(1).train.schedule, ScheduleSettings::Constant);
    assert_eq!(of(1).train.augment.rotation, Rotation::PerSample);
    let ModelSettings::EgeUnet(model) = &of(5).model else { panic!("another network") };
    assert_eq!(
        (model.dilations.clone(), model.tensor_init, of(5).train.epochs),
        (vec![1, 2, 3, 4], TensorInit::Random, 6)
    );
    assert_eq!(of(7).data.size, 128);
    assert!(experiment.variants.iter().all(|variant| variant.seeds == [7]));
}

#[test]
fn a_set_turns_real_images_into_generated_ones() {
    let experiment = load_with("experiments/isic2017.toml", &["data.dataset=synthetic-lesions"]).unwrap();
    let source = DataSource::SyntheticLesions { train_images: 96, validation_images: 32 };
    assert_eq!(experiment.variants[0].settings.data.source, source);
}

#[test]
fn the_plan_goes_through_variants_and_then_seeds() {
    let experiment =
        load_with("experiments/protocol.toml", &["train.seeds=[1, 2]", "train.epochs=2"]).unwrap();
    let runs = experiment.runs();
    let order: Vec<_> = runs.iter().take(4).map(|run| (run.variant.as_str(), run.seed)).collect();
    let expect =
        [("as-released", 1), ("as-released", 2), ("rotation-per-sample", 1), ("rotation-per-sample", 2)];
    assert_eq!(order, expect);
    assert!(runs.iter().all(|run| run.settings.train.epochs == 2 && run.experiment == "protocol"));
    let digests = Digests { split: "s", data: "d", encoder: None };
    let meanings: BTreeSet<String> = runs
        .iter()
        .map(|run| fingerprint::run_id(run, &fingerprint::meaning(&run.settings, run.seed, digests, "cpu")))
        .collect();
    assert_eq!(meanings.len(), runs.len(), "no run twice");
}

#[test]
fn every_experiment_of_the_repository_can_be_planned() {
    let files = fs_err::read_dir("experiments")
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").path());
    let files: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|extension| extension == "toml")).collect();
    assert!(files.len() >= 6, "{files:?}");
    for file in files {
        let experiment = load(&file, &[], &catalogue()).unwrap_or_else(|error| panic!("{error}"));
        let name = file.file_stem().and_then(|stem| stem.to_str());
        assert_eq!(Some(experiment.name.as_str()), name);
        assert!(!experiment.description.is_empty(), "{}", experiment.name);
    }
}

/// A network that is added joins the comparison.
#[test]
fn the_baselines_are_all_networks() {
    let experiment = load_with("experiments/baselines.toml", &[]).unwrap();
    let mut names: Vec<&str> =
        experiment.variants.iter().map(|variant| variant.settings.model.name()).collect();
    let mut all = model::names();
    names.sort_unstable();
    all.sort_unstable();
    assert_eq!(names, all);
    assert!(experiment.variants.iter().all(|variant| variant.name == variant.settings.model.name()));
}

#[test]
fn files_of_weights_are_relative_to_the_file_that_names_them() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs_err::create_dir(folder.path().join("sub")).unwrap();
    let base = "name = \"base\"\n[data]\ndataset = \"isic2017\"\nsplit = \"paper\"\n\
                [model.transfuse-s]\nencoder-weights = [\"a.pth\", \"../b.pth\"]\n";
    fs_err::write(folder.path().join("sub/base.toml"), base).unwrap();
    let heir = "extends = \"sub/base.toml\"\nname = \"heir\"\n[[variant]]\nname = \"as-base\"\n\
                [[variant]]\nname = \"other\"\nmodel.transfuse-s.encoder-weights = [\"c.pth\"]\n\
                [[variant]]\nname = \"scratch\"\nmodel.transfuse-s.encoder-weights = []\n";
    fs_err::write(folder.path().join("heir.toml"), heir).unwrap();
    let experiment = load(&folder.path().join("heir.toml"), &[], &catalogue()).unwrap();
    let found: Vec<_> = experiment.runs().into_iter().map(|run| run.encoder_weights).collect();
    let paths = |names: &[&str]| names.iter().map(|name| folder.path().join(name)).collect::<Vec<_>>();
    assert_eq!(found, [paths(&["b.pth", "sub/a.pth"]), paths(&["c.pth"]), Vec::new()]);
}
