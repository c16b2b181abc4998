//! `ege-bench verify EXPERIMENT`: a report, made again from the stored runs and compared byte for byte.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::args::ExperimentArguments;
use crate::cli::context::{Context, claims, default_threads};
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::gather::gather;
use crate::report::{self, Manifest, ReportFile};

/// A file of the report that isn't what it would be if it were written now.
struct Fault {
    path: String,
    what: String,
}

pub(super) fn run(
    context: &Context,
    arguments: &ExperimentArguments,
    json: bool,
) -> Result<ExitCode, Failure> {
    let experiment = context.experiment(arguments)?;
    let root = context.results.path();
    let manifest = manifest(root)?;
    if manifest.experiment != experiment.name {
        let message = format!(
            "the report in {} is of experiment `{}`, not of `{}`",
            root.display(),
            manifest.experiment,
            experiment.name
        );
        return Err(Failure::usage(message, Some("`--results DIR` names another folder".to_owned())));
    }
    let version = env!("CARGO_PKG_VERSION");
    if manifest.ege_bench != version {
        context.printer.warning(&format!(
            "the report was written by ege-bench {}, this is {version}",
            manifest.ege_bench
        ));
    }
    let trainer = context.trainer(default_threads())?;
    let items = context.plan(&experiment, &*trainer)?;
    let claims = claims(&experiment)?;
    let mut input =
        gather(&experiment, claims, &items, &*trainer, &context.results, manifest.command.clone())?;
    input.generated.clone_from(&manifest.generated);
    let mut faults = Vec::new();
    let mut rebuilt = Vec::new();
    report::write(&input, root, &mut |path, bytes| {
        let name = relative(root, path);
        faults.extend(compared(path, &name, bytes, &manifest));
        rebuilt.push(name);
        Ok(())
    })?;
    let left = manifest.files.iter().filter(|file| !rebuilt.contains(&file.path));
    faults.extend(
        left.map(|file| Fault { path: file.path.clone(), what: "no such file is written now".to_owned() }),
    );
    if json {
        let faults: Vec<_> =
            faults.iter().map(|fault| json!({ "path": fault.path, "what": fault.what })).collect();
        context.printer.json(&json!({ "files": rebuilt.len(), "same": faults.is_empty(), "faults": faults }));
    } else {
        for fault in &faults {
            context.printer.result(format_args!("{}: {}", fault.path, fault.what));
        }
    }
    if faults.is_empty() {
        if !json {
            let count = rebuilt.len();
            context
                .printer
                .result(format_args!("{count} files made again from the runs: every byte is the same"));
        }
        return Ok(ExitCode::Success);
    }
    let message = format!("{} of {} files are not what the runs give", faults.len(), rebuilt.len());
    let hint = "`ege-bench report EXPERIMENT` writes them anew; a run that was made since changes them too";
    context.printer.error(&message, Some(hint));
    Ok(ExitCode::CheckFailed)
}

fn manifest(root: &Path) -> Result<Manifest, Failure> {
    let path = root.join("report.json");
    let hint = || Some("`ege-bench report EXPERIMENT` writes one".to_owned());
    let text = match fs_err::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Failure::usage(format!("no report stands in {}", root.display()), hint()));
        }
        Err(error) => return Err(Failure::store(error.to_string(), None)),
        Ok(text) => text,
    };
    serde_json::from_slice(&text)
        .map_err(|error| Failure::store(format!("{} is damaged: {error}", path.display()), hint()))
}

fn relative(root: &Path, path: &Path) -> String {
    let parts: PathBuf = path.strip_prefix(root).unwrap_or(path).to_owned();
    parts.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// What is wrong with a file that would be written as `bytes`.
fn compared(path: &Path, name: &str, bytes: &[u8], manifest: &Manifest) -> Option<Fault> {
    let fault = |what: String| Some(Fault { path: name.to_owned(), what });
    let found = match fs_err::read(path) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return fault("is missing".to_owned()),
        Err(error) => return fault(error.to_string()),
    };
    if found != bytes {
        let at = found.iter().zip(bytes).position(|(a, b)| a != b).unwrap_or(found.len().min(bytes.len()));
        let line = found[..at].split(|byte| *byte == b'\n').count();
        return fault(format!(
            "differs from byte {at} on (line {line}); {} bytes, would be {}",
            found.len(),
            bytes.len()
        ));
    }
    let listed = manifest.files.iter().find(|file| file.path == name);
    // The manifest doesn't list itself.
    if name != "report.json" && listed != Some(&ReportFile::new(name, bytes)) {
        return fault("isn\u{2019}t what report.json lists".to_owned());
    }
    None
}
