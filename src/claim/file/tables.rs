//! Tables, rows and cells.

use toml::Spanned;

use super::fault::{Fault, listed};
use super::printed::{Printed, printed};
use super::typed::{FileColumn, FileRow, FileTable};
use crate::claim::claims::{Cell, Evidence, LesionPixels, Quantity, Row, Table};
use crate::claim::network::network;
use crate::experiment::settings::ModelSettings;
use crate::metric::Definition;

pub(super) fn table(typed: FileTable) -> Result<Table, Fault> {
    let mut columns: Vec<(&FileColumn, Quantity)> = Vec::with_capacity(typed.columns.len());
    for column in &typed.columns {
        if columns.iter().any(|(other, _)| other.name.get_ref() == column.name.get_ref()) {
            let message = format!("a second column is named `{}`", column.name.get_ref());
            return Err(Fault::at(&column.name, message));
        }
        columns.push((column, quantity(&column.quantity)?));
    }
    let images = at_least_one(&typed.images, "images")?;
    let size = at_least_one(&typed.size, "size")?;
    if images.checked_mul(size).and_then(|rows| rows.checked_mul(size)).is_none_or(|pixels| pixels > 1 << 50)
    {
        return Err(Fault::at(
            &typed.images,
            format!("{images} images of {size}x{size} are more pixels than can be counted"),
        ));
    }
    let epochs = typed.epochs.as_ref().map(|epochs| at_least_one(epochs, "epochs")).transpose()?;
    let repeats = typed.repeats.as_ref().map(|repeats| at_least_one(repeats, "repeats")).transpose()?;
    let lesion_pixels = match typed.lesion_pixels {
        Some(pixels) if *pixels.count.get_ref() > (images * size * size) as u64 => {
            let message = format!(
                "{} lesion pixels are more than the {} pixels of {images} images",
                pixels.count.get_ref(),
                images * size * size
            );
            return Err(Fault::at(&pixels.count, message));
        }
        Some(pixels) => Some(LesionPixels { count: *pixels.count.get_ref(), source: pixels.source }),
        None => None,
    };
    let mut rows: Vec<Row> = Vec::with_capacity(typed.row.len());
    for row in typed.row {
        if rows.iter().any(|earlier| earlier.label == *row.label.get_ref()) {
            let message =
                format!("table `{}` has a second row `{}`", typed.name.get_ref(), row.label.get_ref());
            return Err(Fault::at(&row.label, message));
        }
        let cells = cells(&row, &columns, (typed.name.get_ref(), typed.evidence, &typed.source))?;
        let model = model(row.model.as_ref(), row.settings)?;
        let identified = match row.identified {
            Some(identified) if model.is_none() => {
                return Err(Fault::at(&identified, "`identified` is about a `model`, and the row has none"));
            }
            identified => identified.is_none_or(Spanned::into_inner),
        };
        let label = row.label.into_inner();
        rows.push(Row { label, model, identified, change: row.change, note: row.note, cells });
    }
    let FileTable { name, title, dataset, split, protocol, training, selection, .. } = typed;
    Ok(Table {
        name: name.into_inner(),
        title,
        dataset,
        split,
        images,
        size,
        protocol,
        epochs,
        training,
        repeats,
        selection,
        lesion_pixels,
        rows,
    })
}

/// The row's cells in the order of the columns; evidence and source are the table's unless the column has its own.
fn cells(
    row: &FileRow,
    columns: &[(&FileColumn, Quantity)],
    (table, evidence, source): (&str, Evidence, &str),
) -> Result<Vec<Cell>, Fault> {
    for name in row.cells.keys() {
        if !columns.iter().any(|(column, _)| column.name.get_ref() == name.get_ref()) {
            let known = listed(columns.iter().map(|(column, _)| column.name.get_ref().as_str()));
            let message = format!("table `{table}` has no column `{}`; it has {known}", name.get_ref());
            return Err(Fault::at(name, message));
        }
    }
    let mut cells = Vec::with_capacity(row.cells.len());
    for (column, quantity) in columns {
        let Some(text) = row.cells.get(column.name.get_ref().as_str()) else { continue };
        let Printed { value, spread, digits } = printed(text)?;
        if quantity.unit() == "%" && value > 100.0 {
            return Err(Fault::at(text, format!("`{}` is more than 100 %", text.get_ref())));
        }
        cells.push(Cell {
            heading: column.heading.clone(),
            quantity: *quantity,
            value,
            spread,
            digits,
            evidence: column.evidence.unwrap_or(evidence),
            source: column.source.as_deref().unwrap_or(source).to_owned(),
        });
    }
    Ok(cells)
}

fn at_least_one(value: &Spanned<usize>, name: &str) -> Result<usize, Fault> {
    match *value.get_ref() {
        0 => Err(Fault::at(value, format!("`{name}` is 0; it is at least 1"))),
        value => Ok(value),
    }
}

pub(super) fn quantity(name: &Spanned<String>) -> Result<Quantity, Fault> {
    match name.get_ref().as_str() {
        "parameters" => Ok(Quantity::Parameters),
        "conv-macs" => Ok(Quantity::ConvMacs),
        metric => metric
            .parse::<Definition>()
            .map(Quantity::Metric)
            .map_err(|error| Fault::at(name, format!("{error}, parameters, conv-macs"))),
    }
}

fn model(
    model: Option<&Spanned<String>>,
    settings: Option<Spanned<toml::Table>>,
) -> Result<Option<ModelSettings>, Fault> {
    let Some(model) = model else {
        return match settings {
            Some(settings) => Err(Fault::at(&settings, "`settings` need a `model` that they change")),
            None => Ok(None),
        };
    };
    let span = settings.as_ref().map_or_else(|| model.span(), Spanned::span);
    let settings = settings.map(Spanned::into_inner).unwrap_or_default();
    let changes = serde_json::to_value(settings)
        .map_err(|error| Fault { at: span.clone(), message: error.to_string() })?;
    network(model.get_ref(), changes).map(Some).map_err(|message| Fault { at: span, message })
}
