//! `ege-bench store export`: runs as one portable archive.

use serde_json::json;

use super::args::ExportArguments;
use super::{find, whole};
use crate::cli::context::Context;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::size;
use crate::executor::VERSION;
use crate::store::archive::{Contents, pack};
use crate::store::{RunFolder, RunState, StoreError};

pub(in crate::cli) fn run(context: &Context, arguments: &ExportArguments) -> Result<ExitCode, Failure> {
    let to = &arguments.to;
    let name = to.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    if !name.ends_with(".tar.gz") {
        let message =
            format!("{} is no name of an archive; one that ends in .tar.gz is expected", to.display());
        return Err(Failure::usage(message, None));
    }
    if to.is_dir() || (to.exists() && !arguments.replace) {
        let hint = "choose another name, or replace it with `--replace`";
        return Err(Failure::usage(format!("{} exists already", to.display()), Some(hint.to_owned())));
    }
    let mut runs: Vec<(String, RunFolder)> = Vec::with_capacity(arguments.runs.len());
    for text in &arguments.runs {
        let folder = find::find(&context.results, text)?;
        let id = done(context, &folder)?;
        if runs.iter().all(|(known, _)| *known != id) {
            runs.push((id, folder));
        }
    }
    let contents =
        Contents { masks: arguments.contents.with_masks, checkpoints: arguments.contents.with_checkpoints };
    let manifest = pack(to, &runs, contents, VERSION)?;
    let packed = fs_err::metadata(to).map_err(StoreError::from)?.len();
    if arguments.json {
        context.printer.json(&json!({ "archive": to, "bytes": packed, "manifest": manifest }));
        return Ok(ExitCode::Success);
    }
    let files: usize = manifest.runs.iter().map(|run| run.files.len()).sum();
    for run in &manifest.runs {
        context.printer.result(&run.id);
    }
    let (runs, bytes) = (manifest.runs.len(), size::human(manifest.bytes()));
    let plural = if runs == 1 { "run" } else { "runs" };
    context.printer.result(format_args!(
        "\n{runs} {plural}, {files} files of {bytes}, in {} ({})",
        to.display(),
        size::human(packed)
    ));
    if arguments.contents.with_masks {
        context.printer.warning(
            "the archive holds predicted masks, which are derived from the images: pass it on only where their \
             licence allows that",
        );
    }
    Ok(ExitCode::Success)
}

/// The id of a run that is done and whole.
fn done(context: &Context, folder: &RunFolder) -> Result<String, Failure> {
    let record = find::record(folder)?;
    if folder.is_locked()? {
        let message =
            format!("{}: a process works on this run; only runs that are done are exported", record.id);
        return Err(Failure::store(message, Some("wait for the process, or stop it".to_owned())));
    }
    if !matches!(record.state, RunState::Done { .. }) {
        let message = format!("{}: only runs that are done are exported", record.id);
        let hint = format!("`ege-bench explain {}` says how far it is", record.id);
        return Err(Failure::usage(message, Some(hint)));
    }
    match whole::check(folder, &record.id) {
        Ok(None) => {}
        Ok(Some(note)) => context.printer.warning(&format!("{}: {note}", record.id)),
        Err(message) => {
            let message = format!("{}: {message}", folder.path().display());
            let hint = format!("move {} away; the run is then made again", folder.path().display());
            return Err(Failure::store(message, Some(hint)));
        }
    }
    Ok(record.id)
}
