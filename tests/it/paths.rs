//! Folders and files under any name, behind links, read-only, on other disks, and gone in the middle.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test that called it")]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::program::{Output, Program};

/// Writes `experiments/family.toml`, which extends a file beside it and claims one of a folder beside its own.
fn family(program: &Program) {
    let folder = program.folder();
    let small = fs_err::read_to_string(folder.join("small.toml")).unwrap();
    fs_err::create_dir_all(folder.join("experiments")).unwrap();
    fs_err::create_dir_all(folder.join("claims")).unwrap();
    fs_err::write(folder.join("experiments/base.toml"), small).unwrap();
    let family = "extends = \"base.toml\"\nname = \"family\"\nclaims = [\"../claims/made-up.toml\"]\n";
    fs_err::write(folder.join("experiments/family.toml"), family).unwrap();
    fs_err::copy("claims/ege-unet.toml", folder.join("claims/made-up.toml")).unwrap();
}

fn fake(program: &Program, arguments: &[&OsStr], cwd: &Path) -> Output {
    let mut command = program.bare(&["--trainer", "fake"]);
    command.args(arguments).current_dir(cwd);
    Output::of(command)
}

fn words<'a>(words: &'a [&'a str]) -> Vec<&'a OsStr> {
    words.iter().map(OsStr::new).collect()
}

#[test]
fn paths_in_a_file_are_relative_to_it_wherever_the_command_runs() {
    let program = Program::new();
    family(&program);
    let deep = program.folder().join("somewhere/deep");
    fs_err::create_dir_all(&deep).unwrap();
    let absolute = program.folder().join("experiments/family.toml");
    let results = program.folder().join("all results");
    let with_results = |file: &OsStr, cwd: &Path, code: i32| {
        let arguments =
            [&words(&["run"])[..], &[file, OsStr::new("--results"), results.as_os_str()]].concat();
        fake(&program, &arguments, cwd).expect(code, &[]);
    };
    with_results(OsStr::new("experiments/family.toml"), program.folder(), 0);
    // The same run, named in three other ways: nothing is to do.
    with_results(OsStr::new("family.toml"), &program.folder().join("experiments"), 4);
    with_results(OsStr::new("../../experiments/family.toml"), &deep, 4);
    with_results(absolute.as_os_str(), Path::new("/"), 4);
    // Results, as everything on the command line, are relative to the working directory.
    let dotted = ["run", "../../experiments/family.toml", "--results", "../new/../dotted"];
    fake(&program, &words(&dotted), &deep).expect(0, &["report: ../new/../dotted/report.html"]);
    assert!(program.folder().join("somewhere/dotted/runs").is_dir());
}

#[cfg(unix)]
#[test]
fn a_link_to_an_experiment_stands_where_it_is_named() {
    use fs_err::os::unix::fs::symlink;
    let program = Program::new();
    family(&program);
    let folder = program.folder();
    fs_err::create_dir_all(folder.join("mine")).unwrap();
    symlink("../experiments/family.toml", folder.join("mine/linked.toml")).unwrap();
    // What the file extends is looked for beside the link.
    program
        .output(&["--trainer", "fake", "plan", "mine/linked.toml"])
        .expect(2, &["there is no file mine/base.toml", "did you mean experiments/base.toml?"]);
    symlink("../experiments/base.toml", folder.join("mine/base.toml")).unwrap();
    program.output(&["--trainer", "fake", "run", "mine/linked.toml"]).expect(0, &["family: 1 run"]);
    // The same by a link to the folder: `../claims` is beside the link.
    symlink("experiments", folder.join("linked")).unwrap();
    program.output(&["--trainer", "fake", "run", "linked/family.toml"]).expect(4, &["nothing to do"]);
}

#[cfg(unix)]
#[test]
fn results_and_runs_behind_links_are_results_and_runs() {
    use fs_err::os::unix::fs::symlink;
    let program = Program::new();
    let folder = program.folder();
    fs_err::create_dir_all(folder.join("disk")).unwrap();
    symlink("disk", folder.join("results")).unwrap();
    let run = program.only_run(|| program.run(&[]));
    assert!(folder.join("disk/report.html").exists());
    // One run on yet another disk.
    fs_err::create_dir_all(folder.join("archive")).unwrap();
    let name = run.file_name().unwrap();
    fs_err::rename(&run, folder.join("archive").join(name)).unwrap();
    symlink(folder.join("archive").join(name), &run).unwrap();
    program.run(&[]).expect(4, &["nothing to do"]);
    program.command("status", &[]).expect(0, &["done"]);
    let changed = program.command("plan", &["--set", "train.epochs=4"]);
    changed.expect(0, &["changed since ege-unet-s42-"]);
    program.output(&["--trainer", "fake", "verify", "--rerun", "ege-unet"]).expect(0, &["identical"]);
    // A link that leads nowhere is no run, and nothing is made in its place.
    fs_err::remove_dir_all(folder.join("archive")).unwrap();
    program.command("plan", &[]).expect(0, &["new"]);
    program.run(&[]).expect(6, &[name.to_str().unwrap()]);
    fs_err::remove_file(&run).unwrap();
    program.run(&[]).expect(0, &[]);
}

#[test]
fn odd_names_are_names() {
    let program = Program::new();
    let small = program.folder().join("small.toml");
    let mut names = vec!["it's a $(name) & more.toml", "-dashed.toml", "ünï \u{1F600}.toml"];
    if cfg!(unix) {
        names.extend(["say \"hello\" <b>\\.toml", "two\nlines.toml"]);
    }
    for name in names {
        fs_err::copy(&small, program.folder().join(name)).unwrap();
        let results = format!("results of {}", name.trim_start_matches('-'));
        let arguments = ["--trainer", "fake", "run", "--results", &results, "--", name];
        program.output(&arguments).expect(0, &["1/1"]);
        assert!(program.folder().join(&results).join("report.html").exists(), "{name}");
        let told = program.output(&["plan", &format!("./missing {name}")]);
        told.expect(2, &["there is no file "]);
    }
    program.output(&["--trainer", "fake", "plan", "./-dashed.toml"]).expect(0, &[]);
    // The report tells a command that a shell takes.
    let page = program.folder().join("results of dashed.toml/report.html");
    assert!(fs_err::read_to_string(page).unwrap().contains("ege-bench run ./-dashed.toml"));
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_unicode_are_names_too() {
    use std::os::unix::ffi::OsStrExt;
    let program = Program::new();
    family(&program);
    let odd = OsStr::from_bytes(b"odd \xff\xfe");
    let folder = program.folder().join(odd);
    fs_err::create_dir_all(&folder).unwrap();
    for name in ["experiments", "claims"] {
        fs_err::rename(program.folder().join(name), folder.join(name)).unwrap();
    }
    // What the file names is found beside it.
    let file = folder.join("experiments/family.toml");
    let results = folder.join("results");
    let places = [OsStr::new("--results"), results.as_os_str(), OsStr::new("--data"), folder.as_os_str()];
    let on = |command: &str, more: &[&OsStr], code: i32, texts: &[&str]| {
        let arguments = [&[OsStr::new(command)], more, &places].concat();
        fake(&program, &arguments, program.folder()).expect(code, texts);
    };
    on("run", &[file.as_os_str()], 0, &["1/1", "odd \u{fffd}\u{fffd}/results/report.html"]);
    on("status", &[file.as_os_str()], 0, &["done"]);
    on("plan", &[file.as_os_str(), OsStr::new("--json")], 0, &["done"]);
    on("verify", &words(&["--rerun", "ege-unet"]), 0, &["identical"]);
    on("verify", &[OsStr::new("--rerun"), odd], 2, &["there is no run `odd \u{fffd}\u{fffd}`"]);
    let page = fs_err::read_to_string(results.join("report.html")).unwrap();
    assert!(page.contains(r"/odd \xFF\xFE/experiments/family.toml"), "the command keeps the bytes");
    // Prepared data below such a folder.
    fs_err::create_dir_all(folder.join("isic2017")).unwrap();
    let import = [
        OsStr::new("import"),
        OsStr::new("isic2017"),
        OsStr::new("--size"),
        OsStr::new("64"),
        pair(&program).leak(),
    ];
    on("data", &import, 0, &[]);
    on("data", &words(&["status", "--json"]), 0, &["\"path\"", "odd \u{fffd}"]);
    // A missing file, a mistake in one, a wrong argument and a bug are told, not made worse.
    on("plan", &[folder.join("missing.toml").as_os_str()], 2, &["there is no file ", "odd \u{fffd}"]);
    fs_err::write(folder.join("wrong.toml"), "shape = 1\n").unwrap();
    on("plan", &[folder.join("wrong.toml").as_os_str()], 2, &["shape", "odd \u{fffd}"]);
    on("plan", &[file.as_os_str(), OsStr::new("--set"), odd], 2, &["UTF-8"]);
    on("model", &[OsStr::new("show"), odd], 2, &["UTF-8"]);
    let mut bug = program.bare(&["--trainer", "fake:panicking-seed=42", "run"]);
    bug.arg(&file).arg("--results").arg(folder.join("others"));
    Output::of(bug).expect(7, &["this is a bug", "odd \u{fffd}"]);
}

/// A folder with one image and its mask.
#[cfg(target_os = "linux")]
fn pair(program: &Program) -> std::ffi::OsString {
    let pair = program.folder().join("pair");
    for (name, picture) in [
        ("images/ISIC_0000000.png", image::DynamicImage::new_rgb8(64, 64)),
        ("masks/ISIC_0000000.png", image::DynamicImage::new_luma8(64, 64)),
    ] {
        fs_err::create_dir_all(pair.join(name).parent().unwrap()).unwrap();
        picture.save(pair.join(name)).unwrap();
    }
    pair.into_os_string()
}

#[cfg(target_os = "linux")]
#[test]
fn pictures_whose_names_are_not_unicode_are_predicted_or_named() {
    use std::os::unix::ffi::OsStrExt;

    use ege_bench::experiment::settings::{EgeUnetSettings, ModelSettings};
    use ege_bench::model::{Built, weights::to_safetensors};
    let program = Program::new();
    let settings = ModelSettings::EgeUnet(EgeUnetSettings::default());
    let state = Built::new(&settings, 3, &burn::tensor::Device::flex()).state();
    let weights = program.folder().join(OsStr::from_bytes(b"w\xff.safetensors"));
    fs_err::write(&weights, to_safetensors(&state, None)).unwrap();
    let images = PathBuf::from(pair(&program)).join("images");
    let picture = images.join(OsStr::from_bytes(b"lesion\xff.png"));
    fs_err::copy(images.join("ISIC_0000000.png"), &picture).unwrap();
    let predict = |what: &Path| {
        let mut command = program.bare(&["predict", "--size", "32", "--json"]);
        command.arg(&weights).arg(what);
        Output::of(command)
    };
    let output = predict(&picture);
    let value: serde_json::Value = serde_json::from_str(&output.expect(0, &[]).stdout).unwrap();
    assert!(value["predictions"][0]["picture"].as_str().unwrap().ends_with("lesion\u{fffd}.png"), "{value}");
    predict(&images).expect(3, &["lesion\u{fffd}.png is not Unicode: rename it"]);
    let mut evaluate = program.bare(&["evaluate", "--folder", "pair", "--size", "32", "--json"]);
    evaluate.arg(&weights);
    Output::of(evaluate).expect(2, &["is not Unicode: rename it"]);
}

/// The binary as somebody whom permissions bind; none where that can't be had.
#[cfg(target_os = "linux")]
fn as_nobody(program: &Program, arguments: &[&OsStr]) -> Option<Output> {
    const PROGRAM: &str = env!("CARGO_BIN_EXE_ege-bench");
    const NOBODY: [&str; 3] = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    let root = fs_err::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let mut command = if root {
        let tried = Command::new("setpriv").args(NOBODY).args([PROGRAM, "--version"]).output();
        if !tried.is_ok_and(|output| output.status.success()) {
            return None;
        }
        let mut command = Command::new("setpriv");
        command.args(NOBODY).arg(PROGRAM);
        command
    } else {
        Command::new(PROGRAM)
    };
    command.args(["--trainer", "fake"]).args(arguments).current_dir(program.folder());
    Some(Output::of(command))
}

#[cfg(target_os = "linux")]
#[test]
fn results_that_may_not_be_written_are_read_and_the_refusal_says_what_to_do() {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;
    let program = Program::new();
    let run = program.only_run(|| program.run(&[]));
    let open = |path: &Path, mode| fs_err::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    open(program.folder().parent().unwrap(), 0o755);
    let results = program.folder().join("results");
    let folders = [results.clone(), results.join("runs"), run.clone()];
    for folder in &folders {
        open(folder, 0o555);
    }
    let id = run.file_name().unwrap().to_str().unwrap();
    let check = |arguments: &[&str], code: i32, texts: &[&str]| {
        let Some(output) = as_nobody(&program, &words(arguments)) else {
            #[expect(clippy::print_stderr, reason = "who skips says so")]
            {
                eprintln!("skipped: root isn't bound by permissions, and setpriv can't become nobody here");
            }
            return;
        };
        output.expect(code, texts);
    };
    check(&["plan", "small.toml"], 0, &["done"]);
    check(&["status", "small.toml"], 0, &["done"]);
    let denied = ["permission denied", "results", "hint: ", "--results DIR"];
    check(&["report", "small.toml"], 6, &denied);
    check(
        &["run", "small.toml", "--set", "train.seeds=[43]"],
        6,
        &["results/runs/ege-unet-s43-", "ermission denied", "--results DIR"],
    );
    check(&["verify", "--rerun", id], 6, &["results: permission denied", "--keep DIR"]);
    // With another place for what is written, the same run is verified; only its noise floor can't be kept.
    let elsewhere = tempfile::tempdir().unwrap();
    open(elsewhere.path(), 0o777);
    let keep = elsewhere.path().join("keep");
    let arguments = ["verify", "--rerun", id, "--times", "2", "--keep", keep.to_str().unwrap()];
    check(&arguments, 0, &["identical", "warning: the noise floor can't be kept"]);
    for folder in &folders {
        open(folder, 0o755);
    }
    // Not even root may write here.
    let none = program.run(&["--results", "/proc/none"]);
    none.expect(6, &["/proc/none"]);
}

#[cfg(target_os = "linux")]
#[test]
fn results_may_be_on_another_file_system() {
    use std::os::unix::fs::MetadataExt;
    let program = Program::new();
    let device = |path: &Path| fs_err::metadata(path).map(|found| found.dev()).ok();
    let other = Path::new("/dev/shm");
    let Some(place) = tempfile::tempdir_in(other).ok().filter(|_| device(other) != device(program.folder()))
    else {
        #[expect(clippy::print_stderr, reason = "who skips says so")]
        {
            eprintln!("skipped: /dev/shm is no other file system than {}", program.folder().display());
        }
        return;
    };
    let results = place.path().join("results");
    let there = ["--results", results.to_str().unwrap()];
    program.run(&there).expect(0, &["1/1"]);
    program.run(&there).expect(4, &["nothing to do"]);
    let verify = [&["--trainer", "fake", "verify", "--rerun", "ege-unet"], &there[..]].concat();
    program.output(&verify).expect(0, &["identical"]);
    let keep = [&verify[..], &["--keep", "here"]].concat();
    program.output(&keep).expect(0, &["identical"]);
}

#[cfg(unix)]
#[test]
fn results_that_go_in_the_middle_are_missed_and_not_made_again() {
    for moved in [false, true] {
        let program = Program::new();
        let results = program.folder().join("results");
        let child = program.start(&["--set", "train.epochs=40"], "fake:epoch-ms=60");
        program.wait_for_epochs(2);
        if moved {
            fs_err::rename(&results, program.folder().join("moved")).unwrap();
        } else {
            // The run may make a file while its folder is emptied.
            while fs_err::remove_dir_all(&results).is_err() {}
        }
        child
            .finish()
            .expect(6, &["removed or moved away while the run wrote to it", "hint: leave the results"]);
        let left = walkdir::WalkDir::new(&results).into_iter().filter_map(Result::ok);
        assert!(left.into_iter().all(|entry| entry.file_name() != "run.json"), "the run was made up again");
        program.run(&["--set", "train.epochs=3"]).expect(0, &["1/1"]);
    }
}
