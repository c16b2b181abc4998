//! With what each run was made.

use polars::prelude::Column;
use serde_json::Value;

use super::shown::{Show, Shown, Table};
use crate::report::error::ReportError;
use crate::report::input::{ReportInput, ReportRun};
use crate::report::variant::distinct;

pub(super) fn table(input: &ReportInput) -> Result<Table, ReportError> {
    let runs = &input.runs;
    let text = |value: &dyn Fn(&ReportRun) -> String| runs.iter().map(value).collect::<Vec<_>>();
    let mut columns = vec![
        Column::new("run".into(), text(&|run| run.record.id.clone())),
        Column::new("variant".into(), text(&|run| run.record.variant.clone())),
        Column::new("seed".into(), runs.iter().map(|run| run.record.seed).collect::<Vec<_>>()),
        Column::new("started".into(), text(&|run| run.record.provenance.started.clone())),
        Column::new("ended".into(), text(&|run| run.record.provenance.ended.clone())),
        Column::new(
            "sessions".into(),
            runs.iter().map(|run| run.record.provenance.sessions as u64).collect::<Vec<_>>(),
        ),
        Column::new("version".into(), text(&|run| run.record.provenance.version.clone())),
        Column::new("commit".into(), text(&|run| run.record.provenance.commit.clone())),
        Column::new("dirty".into(), runs.iter().map(|run| run.record.provenance.dirty).collect::<Vec<_>>()),
        Column::new("cargo_lock".into(), text(&|run| run.record.provenance.cargo_lock.clone())),
        Column::new("device".into(), text(&|run| run.record.provenance.device.clone())),
        Column::new("hardware".into(), text(&|run| run.record.provenance.hardware.clone())),
        Column::new(
            "threads".into(),
            runs.iter().map(|run| run.record.provenance.threads as u64).collect::<Vec<_>>(),
        ),
        Column::new("system".into(), text(&|run| run.record.provenance.system.clone())),
    ];
    for key in distinct(runs.iter().flat_map(|run| digests(run).into_iter().map(|(key, _)| key))) {
        let values: Vec<Option<String>> = runs
            .iter()
            .map(|run| digests(run).into_iter().find(|(found, _)| *found == key).map(|(_, digest)| digest))
            .collect();
        columns.push(Column::new(key.replace('-', "_").into(), values));
    }
    let shown = vec![
        Shown::new("Run", "run", Show::Code),
        Shown::new("Variant", "variant", Show::Text),
        Shown::new("Seed", "seed", Show::Text),
        Shown::new("Started", "started", Show::Text),
        Shown::new("Ended", "ended", Show::Text),
        Shown::new("Sessions", "sessions", Show::Count),
    ];
    Table::new("provenance", "Run by run", runs.len(), columns, shown)
}

/// The hashes in a run's meaning, such as those of its data and split.
fn digests(run: &ReportRun) -> Vec<(String, String)> {
    let Value::Object(meaning) = &run.record.meaning else { return Vec::new() };
    meaning
        .iter()
        .filter(|(key, _)| key.ends_with("digest") || key.ends_with("hash"))
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}
