//! Claims that tests make up.

use super::claims::{Cell, Evidence, LesionPixels, Quantity, Row, SelectedOn, Table};

/// A cell of that printed number.
pub(super) fn cell(quantity: Quantity, value: f64, digits: usize) -> Cell {
    Cell {
        heading: quantity.name().to_owned(),
        quantity,
        value,
        spread: None,
        digits,
        evidence: Evidence::Table,
        source: String::new(),
    }
}

/// A row of a network that nobody has here.
pub(super) fn row(cells: Vec<Cell>) -> Row {
    Row {
        label: "R".to_owned(),
        model: None,
        identified: true,
        change: String::new(),
        note: String::new(),
        cells,
    }
}

/// A table on the 650 images of the paper's split of ISIC 2017, with so many lesion pixels among them.
pub(super) fn table(lesion: Option<u64>, rows: Vec<Row>) -> Table {
    Table {
        name: "t".to_owned(),
        title: String::new(),
        dataset: "isic2017".to_owned(),
        split: "paper".to_owned(),
        images: 650,
        size: 256,
        protocol: String::new(),
        epochs: None,
        training: None,
        repeats: None,
        selection: SelectedOn::Unknown,
        lesion_pixels: lesion.map(|count| LesionPixels { count, source: "counted".to_owned() }),
        rows,
    }
}
