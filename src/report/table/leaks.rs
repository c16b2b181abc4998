//! Images that look the same.

use polars::prelude::Column;

use super::shown::{Show, Shown, Table};
use crate::report::error::ReportError;
use crate::report::input::{LeakItem, ReportInput};

pub(super) fn table(input: &ReportInput) -> Result<Table, ReportError> {
    let leaks = &input.leaks;
    let text = |value: &dyn Fn(&LeakItem) -> String| leaks.iter().map(value).collect::<Vec<_>>();
    let columns = vec![
        Column::new("data".into(), text(&|leak| leak.data.clone())),
        Column::new("a".into(), text(&|leak| leak.images[0].clone())),
        Column::new("a_part".into(), text(&|leak| leak.parts[0].clone())),
        Column::new("b".into(), text(&|leak| leak.images[1].clone())),
        Column::new("b_part".into(), text(&|leak| leak.parts[1].clone())),
        Column::new("mse".into(), leaks.iter().map(|leak| leak.distance).collect::<Vec<_>>()),
        Column::new("how".into(), text(&LeakItem::how)),
        Column::new("leaks".into(), text(&|leak| if leak.leaks { "yes" } else { "no" }.to_owned())),
    ];
    let shown = vec![
        Shown::new("Images of", "data", Show::Text),
        Shown::new("Image", "a", Show::Text),
        Shown::new("Part", "a_part", Show::Text),
        Shown::new("Image", "b", Show::Text),
        Shown::new("Part", "b_part", Show::Text),
        Shown::new("MSE", "mse", Show::Decimal(2)),
        Shown::new("How", "how", Show::Text),
        Shown::new("Leaks", "leaks", Show::Text),
    ];
    let mut table = Table::new("leaks", "Pairs of images that look the same", leaks.len(), columns, shown)?;
    table.notes =
        vec!["MSE: mean squared difference at 32\u{d7}32 over three colours of 0 to 255.".to_owned()];
    Ok(table)
}
