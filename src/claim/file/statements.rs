//! Ratios, storage and tolerances.

use super::fault::{Fault, listed};
use super::printed::{Printed, printed};
use super::tables::quantity;
use super::typed::{FileRatio, FileRowName, FileStorage, FileTolerance};
use crate::claim::claims::{Quantity, Row, Table};
use crate::claim::statement::{Ratio, RowName, Storage};
use crate::claim::tolerance::{Tolerance, Tolerances};

pub(super) fn ratio(typed: FileRatio, tables: &[Table]) -> Result<Ratio, Fault> {
    let quantity = quantity(&typed.quantity)?;
    for name in [&typed.of, &typed.to] {
        let row = row(name, tables)?;
        if row.cell(quantity).map_or(row.model.is_none(), |cell| cell.value == 0.0) {
            let message = format!(
                "row `{}` has neither a cell above 0 nor a model to take `{}` from",
                row.label,
                quantity.name()
            );
            return Err(Fault::at(&name.row, message));
        }
    }
    let Printed { value, digits, .. } = printed(&typed.value)?;
    if value == 0.0 {
        return Err(Fault::at(&typed.value, "a ratio of 0 says nothing"));
    }
    let FileRatio { text, of, to, evidence, source, .. } = typed;
    Ok(Ratio { text, quantity, of: named(of), to: named(to), value, digits, evidence, source })
}

pub(super) fn storage(typed: FileStorage, tables: &[Table]) -> Result<Storage, Fault> {
    row(&typed.of, tables)?;
    let kilobytes = printed(&typed.kilobytes)?.value;
    if kilobytes == 0.0 {
        return Err(Fault::at(&typed.kilobytes, "0 kilobytes hold nothing"));
    }
    let FileStorage { text, of, evidence, source, .. } = typed;
    Ok(Storage { text, of: named(of), kilobytes, evidence, source })
}

pub(super) fn tolerances(typed: Vec<FileTolerance>) -> Result<Tolerances, Fault> {
    let mut entries: Vec<Tolerance> = Vec::with_capacity(typed.len());
    for entry in typed {
        let quantity = quantity(&entry.quantity)?;
        if matches!(quantity, Quantity::Parameters | Quantity::ConvMacs) {
            let message = format!(
                "`{}` is counted, not measured: it counts as reproduced where it rounds to the printed digits, so it takes no tolerance",
                quantity.name()
            );
            return Err(Fault::at(&entry.quantity, message));
        }
        let value = *entry.value.get_ref();
        if !(value > 0.0 && value <= 100.0) {
            return Err(Fault::at(&entry.value, format!("a tolerance of {value} is not in ]0, 100]")));
        }
        let day = entry.registered.get_ref();
        if day.date.is_none() || day.time.is_some() {
            let message = format!("`{day}` is no day, write it as 2026-11-24");
            return Err(Fault::at(&entry.registered, message));
        }
        if entry.reason.get_ref().trim().is_empty() {
            return Err(Fault::at(&entry.reason, "a tolerance needs a reason"));
        }
        let registered = day.to_string();
        // Days written as ISO 8601 are in order where their texts are.
        if let Some(earlier) =
            entries.iter().find(|other| other.quantity == quantity && other.registered > registered)
        {
            let message = format!(
                "the tolerance of `{}` of {} stands before this of {registered}: later ones come after earlier ones",
                quantity.name(),
                earlier.registered
            );
            return Err(Fault::at(&entry.registered, message));
        }
        entries.push(Tolerance { quantity, value, registered, reason: entry.reason.into_inner() });
    }
    Ok(Tolerances::new(entries))
}

fn named(typed: FileRowName) -> RowName {
    RowName { table: typed.table.into_inner(), row: typed.row.into_inner() }
}

fn row<'a>(name: &FileRowName, tables: &'a [Table]) -> Result<&'a Row, Fault> {
    let table = tables.iter().find(|table| table.name == *name.table.get_ref()).ok_or_else(|| {
        let known = listed(tables.iter().map(|table| table.name.as_str()));
        Fault::at(&name.table, format!("no table is named `{}`; there are {known}", name.table.get_ref()))
    })?;
    table.row(name.row.get_ref()).ok_or_else(|| {
        let known = listed(table.rows.iter().map(|row| row.label.as_str()));
        let message = format!("table `{}` has no row `{}`; it has {known}", table.name, name.row.get_ref());
        Fault::at(&name.row, message)
    })
}
