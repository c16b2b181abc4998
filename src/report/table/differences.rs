//! Variants against one another.

use polars::prelude::Column;

use super::shown::{Show, Shown, Table};
use crate::analysis::{LEVEL, POWER};
use crate::report::contrast::Contrast;
use crate::report::error::ReportError;

pub(super) fn table(contrasts: &[Contrast<'_>]) -> Result<Table, ReportError> {
    let text = |value: &dyn Fn(&Contrast<'_>) -> String| contrasts.iter().map(value).collect::<Vec<_>>();
    let number =
        |value: &dyn Fn(&Contrast<'_>) -> Option<f64>| contrasts.iter().map(value).collect::<Vec<_>>();
    let points = |value: &dyn Fn(&Contrast<'_>) -> f64| number(&|contrast| Some(100.0 * value(contrast)));
    let columns = vec![
        Column::new("a".into(), text(&|contrast| contrast.a.to_owned())),
        Column::new("b".into(), text(&|contrast| contrast.b.to_owned())),
        Column::new("difference".into(), points(&|contrast| contrast.paired.difference.value)),
        Column::new("low".into(), points(&|contrast| contrast.paired.difference.low)),
        Column::new("high".into(), points(&|contrast| contrast.paired.difference.high)),
        Column::new("interval".into(), text(&interval)),
        Column::new(
            "trainings_low".into(),
            number(&|contrast| Some(100.0 * contrast.paired.over_trainings?.0)),
        ),
        Column::new(
            "trainings_high".into(),
            number(&|contrast| Some(100.0 * contrast.paired.over_trainings?.1)),
        ),
        Column::new("over_trainings".into(), text(&over_trainings)),
        Column::new("p".into(), number(&|contrast| Some(contrast.paired.permutation.p))),
        Column::new("p_holm".into(), number(&|contrast| Some(contrast.p_holm))),
        Column::new("p_wilcoxon".into(), number(&|contrast| Some(contrast.paired.wilcoxon?.p))),
        Column::new("detectable".into(), points(&|contrast| contrast.paired.detectable)),
        Column::new("standing".into(), text(&|contrast| contrast.standing.name().to_owned())),
        Column::new("claimed".into(), number(&|contrast| contrast.claimed)),
        Column::new("claim".into(), text(&|contrast| contrast.claim().to_owned())),
    ];
    let shown = vec![
        Shown::new("A", "a", Show::Text),
        Shown::new("B", "b", Show::Text),
        Shown::new("A \u{2212} B (points)", "difference", Show::Signed(2)),
        Shown::new("95 % interval", "interval", Show::Text),
        Shown::new("over trainings", "over_trainings", Show::Text),
        Shown::new("p", "p", Show::Probability),
        Shown::new("p, Holm", "p_holm", Show::Probability),
        Shown::new("p, Wilcoxon", "p_wilcoxon", Show::Probability),
        Shown::new("Detectable", "detectable", Show::Decimal(2)),
        Shown::new("A is", "standing", Show::State),
        Shown::new("Claimed", "claimed", Show::Signed(2)),
        Shown::new("Against the claim", "claim", Show::Text),
    ];
    let title = "Variants against one another: pooled IoU on the same images";
    let mut table = Table::new("differences", title, contrasts.len(), columns, shown)?;
    table.notes = vec![
        format!(
            "Interval: {:.0} %, bias-corrected and accelerated bootstrap that draws images and both variants\u{2019} seeds anew; over \
             trainings: Welch\u{2019}s interval of the seeds\u{2019} values on these images, which few seeds don\u{2019}t make too narrow (the first covers the \
             truth in 76, 86 and 90 % where 3, 5 and 10 seeds alone vary). p: \
             two-sided permutation test that exchanges the variants image by image (chance among images, given these trainings), then \
             with Holm\u{2019}s correction over this table; Wilcoxon\u{2019}s signed-rank test of the images\u{2019} own IoU beside it. A \
             difference counts where both intervals leave out zero and the corrected p is at most {:.2}; everything else is a tie.",
            100.0 * LEVEL,
            1.0 - LEVEL
        ),
        format!(
            "Detectable: the smallest difference that so many images and seeds find with a power of {:.0} %, by the variances of both. A tie doesn\u{2019}t say that two \
             variants are equal, only that a difference below that would often be missed.",
            100.0 * POWER
        ),
    ];
    Ok(table)
}

fn interval(contrast: &Contrast<'_>) -> String {
    let difference = &contrast.paired.difference;
    bounds(difference.low, difference.high)
}

fn over_trainings(contrast: &Contrast<'_>) -> String {
    contrast.paired.over_trainings.map(|(low, high)| bounds(low, high)).unwrap_or_default()
}

/// Two bounds in points.
fn bounds(low: f64, high: f64) -> String {
    let [low, high] = [low, high].map(|bound| super::signed(100.0 * bound, 2));
    format!("{low} to {high}")
}
