//! The claims file as typed, and what it means.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::claims::{Cell, Claims, Evidence, Paper, Quantity, Row, Table};
use super::error::{ClaimError, position};
use super::network::network;

/// The version of the format that this program reads.
const FORMAT: u32 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: Spanned<u32>,
    paper: FilePaper,
    table: Vec<FileTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FilePaper {
    key: String,
    title: String,
    authors: String,
    venue: String,
    link: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTable {
    name: Spanned<String>,
    title: String,
    dataset: String,
    split: String,
    images: usize,
    size: usize,
    protocol: String,
    evidence: Evidence,
    source: String,
    columns: Vec<FileColumn>,
    row: Vec<FileRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileColumn {
    name: Spanned<String>,
    heading: String,
    quantity: Spanned<String>,
    evidence: Option<Evidence>,
    source: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRow {
    label: String,
    model: Option<Spanned<String>>,
    settings: Option<Spanned<toml::Table>>,
    #[serde(default)]
    change: String,
    #[serde(default)]
    note: String,
    cells: BTreeMap<Spanned<String>, Spanned<String>>,
}

/// Reads and checks a claims file.
///
/// # Errors
/// When the file can't be read, isn't TOML, has an unknown key, or a value that can't be meant.
pub fn load(path: &Path) -> Result<Claims, ClaimError> {
    let text =
        fs_err::read_to_string(path).map_err(|source| ClaimError::Read { path: path.to_owned(), source })?;
    parse(&text, path)
}

/// Checks the text of a claims file; the path is for messages.
///
/// # Errors
/// When the text isn't TOML, has an unknown key, or a value that can't be meant.
pub fn parse(text: &str, path: &Path) -> Result<Claims, ClaimError> {
    let file: File = toml::from_str(text).map_err(|source| {
        let (line, column) = position(text, source.span().map_or(0, |span| span.start));
        ClaimError::Syntax { path: path.to_owned(), line, column, source: Box::new(source) }
    })?;
    meaning(file).map_err(|Fault { at, message }| {
        let (line, column) = position(text, at.start);
        ClaimError::Invalid { path: path.to_owned(), line, column, message }
    })
}

/// A value that can't be meant, and where it stands.
struct Fault {
    at: Range<usize>,
    message: String,
}

impl Fault {
    fn at<T>(value: &Spanned<T>, message: String) -> Self {
        Self { at: value.span(), message }
    }
}

fn meaning(file: File) -> Result<Claims, Fault> {
    if *file.format.get_ref() != FORMAT {
        let message =
            format!("claims format {} is unknown; this version reads {FORMAT}", file.format.get_ref());
        return Err(Fault::at(&file.format, message));
    }
    let FilePaper { key, title, authors, venue, link } = file.paper;
    let mut tables: Vec<Table> = Vec::with_capacity(file.table.len());
    for table in file.table {
        if tables.iter().any(|earlier| earlier.name == *table.name.get_ref()) {
            let message = format!("a second table is named `{}`", table.name.get_ref());
            return Err(Fault::at(&table.name, message));
        }
        tables.push(table_meaning(table)?);
    }
    Ok(Claims { paper: Paper { key, title, authors, venue, link }, tables })
}

fn table_meaning(table: FileTable) -> Result<Table, Fault> {
    let mut columns = Vec::with_capacity(table.columns.len());
    for column in &table.columns {
        columns.push((column, quantity(&column.quantity)?));
    }
    let mut rows = Vec::with_capacity(table.row.len());
    for row in table.row {
        for name in row.cells.keys() {
            if !columns.iter().any(|(column, _)| column.name.get_ref() == name.get_ref()) {
                let known: Vec<_> =
                    columns.iter().map(|(column, _)| column.name.get_ref().as_str()).collect();
                let message = format!(
                    "table `{}` has no column `{}`; it has {}",
                    table.name.get_ref(),
                    name.get_ref(),
                    known.join(", ")
                );
                return Err(Fault::at(name, message));
            }
        }
        let mut cells = Vec::with_capacity(row.cells.len());
        for (column, quantity) in &columns {
            let Some(text) = row.cells.get(column.name.get_ref().as_str()) else { continue };
            let (value, spread, digits) = printed(text)?;
            cells.push(Cell {
                heading: column.heading.clone(),
                quantity: *quantity,
                value,
                spread,
                digits,
                evidence: column.evidence.unwrap_or(table.evidence),
                source: column.source.clone().unwrap_or_else(|| table.source.clone()),
            });
        }
        let model = row_model(row.model.as_ref(), row.settings)?;
        rows.push(Row { label: row.label, model, change: row.change, note: row.note, cells });
    }
    let FileTable { name, title, dataset, split, images, size, protocol, .. } = table;
    Ok(Table { name: name.into_inner(), title, dataset, split, images, size, protocol, rows })
}

fn quantity(name: &Spanned<String>) -> Result<Quantity, Fault> {
    match name.get_ref().as_str() {
        "parameters" => Ok(Quantity::Parameters),
        "conv-macs" => Ok(Quantity::ConvMacs),
        metric => metric
            .parse()
            .map(Quantity::Metric)
            .map_err(|error| Fault::at(name, format!("{error}, parameters, conv-macs"))),
    }
}

fn row_model(
    model: Option<&Spanned<String>>,
    settings: Option<Spanned<toml::Table>>,
) -> Result<Option<crate::experiment::settings::ModelSettings>, Fault> {
    let Some(model) = model else {
        return match settings {
            Some(settings) => {
                Err(Fault::at(&settings, "`settings` need a `model` that they change".to_owned()))
            }
            None => Ok(None),
        };
    };
    let span = settings.as_ref().map_or_else(|| model.span(), Spanned::span);
    let settings = settings.map(Spanned::into_inner).unwrap_or_default();
    let changes = serde_json::to_value(settings)
        .map_err(|error| Fault { at: span.clone(), message: error.to_string() })?;
    network(model.get_ref(), changes).map(Some).map_err(|message| Fault { at: span, message })
}

/// `79.81` or `79.81 ± 0.10`: value, spread and decimal places.
fn printed(text: &Spanned<String>) -> Result<(f64, Option<f64>, usize), Fault> {
    let fault = || {
        let message = format!(
            "`{}` is no printed number; write it as in the paper, such as \"79.81\" or \"79.81 ± 0.10\"",
            text.get_ref()
        );
        Fault::at(text, message)
    };
    let number = |text: &str| {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        plain.then(|| text.parse::<f64>().ok()).flatten().ok_or_else(fault)
    };
    let (value, spread) = match text.get_ref().split_once('±') {
        Some((value, spread)) => (value.trim_end(), Some(number(spread.trim_start())?)),
        None => (text.get_ref().as_str(), None),
    };
    let digits = value.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    Ok((number(value)?, spread, digits))
}
