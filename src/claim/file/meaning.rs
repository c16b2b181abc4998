//! What a claims file means.

use std::path::Path;

use super::fault::Fault;
use super::statements::{ratio, storage, tolerances};
use super::tables::table;
use super::typed::{File, FilePaper};
use crate::claim::claims::{Claims, Paper, Table};
use crate::claim::error::{ClaimError, position};

/// The version of the format that this program reads.
const FORMAT: u32 = 1;

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

fn meaning(file: File) -> Result<Claims, Fault> {
    if *file.format.get_ref() != FORMAT {
        let message =
            format!("claims format {} is unknown; this version reads {FORMAT}", file.format.get_ref());
        return Err(Fault::at(&file.format, message));
    }
    let FilePaper { key, title, authors, venue, link } = file.paper;
    let mut tables: Vec<Table> = Vec::with_capacity(file.table.len());
    for typed in file.table {
        if tables.iter().any(|earlier| earlier.name == *typed.name.get_ref()) {
            let message = format!("a second table is named `{}`", typed.name.get_ref());
            return Err(Fault::at(&typed.name, message));
        }
        tables.push(table(typed)?);
    }
    let ratios = file.ratio.into_iter().map(|typed| ratio(typed, &tables)).collect::<Result<_, _>>()?;
    let storage = file.storage.into_iter().map(|typed| storage(typed, &tables)).collect::<Result<_, _>>()?;
    let tolerances = tolerances(file.tolerance)?;
    let paper = Paper { key, title, authors, venue, link };
    Ok(Claims { paper, tables, ratios, storage, tolerances })
}
