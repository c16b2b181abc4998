//! `ege-bench store prune`: frees disk space, after it was said which.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use serde_json::json;

use super::args::PruneArguments;
use super::find;
use super::unplanned::Wanted;
use crate::cli::context::Context;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::size;
use crate::cli::table::Table;
use crate::store::{FileKind, RunFolder, RunRecord, RunState, StoreError};

pub(in crate::cli) fn run(context: &Context, arguments: &PruneArguments) -> Result<ExitCode, Failure> {
    let chosen = choose(context, arguments)?;
    let (mut freed, mut removed) = (0, Vec::new());
    for choice in &chosen {
        if !arguments.yes {
            removed.push(true);
            freed += choice.bytes;
            continue;
        }
        match choice.carry_out(context, arguments) {
            Ok(bytes) => {
                freed += bytes.unwrap_or(0);
                removed.push(bytes.is_some());
            }
            Err(StoreError::Locked { .. }) => removed.push(false),
            Err(error) => {
                let amount = size::human(freed);
                context.printer.warning(&format!("stopped at {} after {amount} were freed", choice.id));
                return Err(error.into());
            }
        }
    }
    if arguments.json {
        let rows: Vec<_> = chosen.iter().zip(&removed).map(|(choice, done)| choice.json(*done)).collect();
        context.printer.json(&json!({ "removed": arguments.yes, "bytes": freed, "choices": rows }));
        return Ok(ExitCode::Success);
    }
    if chosen.is_empty() {
        context.printer.result("nothing to remove");
        return Ok(ExitCode::Success);
    }
    let mut table = Table::new(["RUN", "STATE", "WHAT GOES", "SIZE", "WHY"]);
    for (choice, done) in chosen.iter().zip(&removed) {
        table.row(choice.cells(*done));
    }
    context.printer.result(table);
    let amount = size::human(freed);
    if arguments.yes {
        context.printer.result(format_args!("\n{amount} freed"));
    } else {
        context.printer.result(format_args!("\n{amount} would be freed; --yes does it"));
    }
    Ok(ExitCode::Success)
}

/// How much of a run goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    Checkpoints,
    Everything,
}

struct Choice {
    id: String,
    folder: RunFolder,
    state: &'static str,
    extent: Extent,
    bytes: u64,
    why: &'static str,
    /// The record on which the choice rests; none for what isn't looked at.
    record: Option<RunRecord>,
}

impl Choice {
    /// Removes what was chosen, under the run's lock; nothing if the run isn't what it was when that was chosen.
    fn carry_out(&self, context: &Context, arguments: &PruneArguments) -> Result<Option<u64>, StoreError> {
        if !self.folder.path().exists() {
            return Ok(None);
        }
        let lock = self.folder.lock()?;
        if self.record.is_some() && self.folder.record()? != self.record {
            context.printer.warning(&format!("{}: it changed meanwhile and was left alone", self.id));
            return Ok(None);
        }
        if !arguments.json {
            context.printer.note(format_args!("removing {} of {}", self.what(), self.id));
        }
        match self.extent {
            Extent::Checkpoints => self.folder.remove_checkpoints(&lock).map(Some),
            Extent::Everything => self.folder.remove(&lock).map(|()| Some(self.bytes)),
        }
    }

    fn what(&self) -> &'static str {
        match self.extent {
            Extent::Checkpoints => "checkpoints",
            Extent::Everything => "everything",
        }
    }

    fn cells(&self, goes: bool) -> [String; 5] {
        let what = if goes { self.what() } else { "nothing: in use" };
        let bytes = if goes { self.bytes } else { 0 };
        [self.id.clone(), self.state.to_owned(), what.to_owned(), size::human(bytes), self.why.to_owned()]
    }

    fn json(&self, goes: bool) -> serde_json::Value {
        json!({
            "id": self.id,
            "state": self.state,
            "what": self.what(),
            "bytes": self.bytes,
            "why": self.why,
            "skipped": !goes,
        })
    }
}

fn choose(context: &Context, arguments: &PruneArguments) -> Result<Vec<Choice>, Failure> {
    let results = &context.results;
    // A run that goes with its weights must be one of the results, not any folder that looks like one.
    let named = arguments.runs.iter().map(|text| find::of_results(results, text).map(|run| find::id(&run)));
    let named: BTreeSet<String> = named.collect::<Result<_, _>>()?;
    let wanted = match &arguments.unplanned[..] {
        [] => None,
        experiments => Some(Wanted::by(context, experiments)?),
    };
    let only_checkpoints = named.is_empty() && wanted.is_none() && !arguments.failed;
    let mut chosen = Vec::new();
    for folder in results.runs()? {
        let id = find::id(&folder);
        let by_name = named.contains(&id);
        let record = match folder.record() {
            Ok(record) => record,
            Err(error) if by_name => {
                context.printer.warning(&error.to_string());
                None
            }
            // What can't be read can't be judged; `store list` tells of it.
            Err(_) => continue,
        };
        let judged = if by_name {
            Some((Extent::Everything, "named"))
        } else {
            record.as_ref().and_then(|record| judge(record, arguments, wanted.as_ref(), only_checkpoints))
        };
        let Some((extent, why)) = judged else { continue };
        if folder.is_locked()? {
            context.printer.warning(&format!("{id}: a process works on it; it is left alone"));
            continue;
        }
        if !is_old_enough(&folder, record.as_ref(), arguments)? {
            continue;
        }
        let bytes =
            folder.files()?.iter().filter(|file| goes(extent, &file.path)).map(|file| file.bytes).sum();
        if extent == Extent::Checkpoints && bytes == 0 {
            continue;
        }
        let state = record.as_ref().map_or("unreadable", |record| state(&record.state));
        chosen.push(Choice { id, folder, state, extent, bytes, why, record });
    }
    // What a killed `prune` or `import` left behind is of no use to anybody.
    for folder in results.unfinished()? {
        if !folder.is_locked()? {
            let bytes = folder.files()?.iter().map(|file| file.bytes).sum();
            let (id, extent, why) = (find::id(&folder), Extent::Everything, "left by a killed command");
            chosen.push(Choice { id, folder, state: "unfinished", extent, bytes, why, record: None });
        }
    }
    Ok(chosen)
}

fn judge(
    record: &RunRecord,
    arguments: &PruneArguments,
    wanted: Option<&Wanted>,
    only_checkpoints: bool,
) -> Option<(Extent, &'static str)> {
    let unplanned = wanted.is_some_and(|wanted| !wanted.has(record));
    match record.state {
        RunState::Done { .. } if unplanned => {
            Some((Extent::Checkpoints, "done, and no experiment asks for it"))
        }
        RunState::Done { .. } if only_checkpoints => Some((Extent::Checkpoints, "done")),
        RunState::Done { .. } => None,
        RunState::Failed { .. } if arguments.failed => Some((Extent::Everything, "failed")),
        _ if unplanned => Some((Extent::Everything, "no experiment asks for it")),
        _ => None,
    }
}

fn goes(extent: Extent, path: &str) -> bool {
    extent == Extent::Everything || FileKind::of(path) == FileKind::Checkpoint
}

fn state(state: &RunState) -> &'static str {
    match state {
        RunState::Planned => "planned",
        // Nobody holds its lock.
        RunState::Running | RunState::Interrupted { .. } => "interrupted",
        RunState::Failed { .. } => "failed",
        RunState::Done { .. } => "done",
    }
}

/// True where the run ended, or was last written to, longer ago than was asked for.
fn is_old_enough(
    folder: &RunFolder,
    record: Option<&RunRecord>,
    arguments: &PruneArguments,
) -> Result<bool, StoreError> {
    let Some(age) = arguments.older_than else { return Ok(true) };
    let ended = record.and_then(|record| record.provenance.ended.parse::<jiff::Timestamp>().ok());
    let ended = match ended {
        Some(ended) => {
            SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(ended.as_second()).unwrap_or(0))
        }
        // Killed, so it couldn't say when.
        None => folder.last_written()?,
    };
    Ok(ended.elapsed().is_ok_and(|passed| passed > age))
}
