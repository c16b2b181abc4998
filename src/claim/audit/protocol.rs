//! Faults of how numbers were made.

use super::finding::{Check, Finding, Outcome};
use crate::claim::claims::{SelectedOn, Table};

/// What is known of a table's split.
#[derive(Clone, Debug, PartialEq)]
pub struct SplitFacts {
    /// Images that train, select and report.
    pub images: [usize; 3],
    /// True where the same images select the epoch and are reported on.
    pub selects_on_report: bool,
    /// Ids that train and are reported on.
    pub trained_and_reported: Vec<String>,
    /// Ids that train and select.
    pub trained_and_selecting: Vec<String>,
    /// Pairs of images that look the same, one of which trains while the other selects or is reported on; none where the
    /// images aren't there to be compared, with the reason.
    pub twins: Result<Vec<Twins>, String>,
}

/// Two images of different ids that look the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Twins {
    /// The image that trains.
    pub trained: String,
    /// The one that selects or is reported on.
    pub other: String,
    /// True where the other one is reported on; it may select as well.
    pub reported: bool,
    /// Mean squared difference of both at 32x32 pixels, of values in 0..255; 0 for the same pixels.
    pub distance: f64,
    /// True where every pixel was seen to be the same at full size.
    pub identical: bool,
}

/// Looks a table's split up; `None` where it isn't known here.
pub type Facts<'a> = dyn Fn(&Table) -> Option<SplitFacts> + 'a;

/// Findings about a table's selection and split.
pub(super) fn findings(table: &Table, facts: Option<&SplitFacts>) -> Vec<Finding> {
    let finding = |check, (outcome, arithmetic)| Finding {
        check,
        table: table.name.clone(),
        row: String::new(),
        columns: Vec::new(),
        outcome,
        arithmetic,
    };
    let mut found = vec![finding(Check::Selection, selection(table, facts))];
    let name = format!("{} / {}", table.dataset, table.split);
    match facts {
        None => found
            .push(finding(Check::Leaks, (Outcome::Unchecked, format!("the split {name} is not known here")))),
        // Of another number of images nothing is known.
        Some(facts) if facts.images[2] != table.images => {
            let said = format!(
                "{name} reports on {} images here, the table on {}: it is another split",
                facts.images[2], table.images
            );
            found.push(finding(Check::Leaks, (Outcome::Unchecked, said)));
        }
        Some(facts) => {
            found.push(finding(Check::Leaks, shared(facts, &name)));
            found.push(finding(Check::Leaks, twins(facts, &name)));
        }
    }
    found
}

fn selection(table: &Table, facts: Option<&SplitFacts>) -> (Outcome, String) {
    let same = facts.is_some_and(|facts| facts.selects_on_report && facts.images[2] == table.images);
    let images = table.images;
    match (table.selection, same) {
        (SelectedOn::Reported, _) => (
            Outcome::Doubtful,
            format!(
                "the epoch of lowest loss is selected on the {images} images that are reported on: validation is test, and the numbers are optimistic"
            ),
        ),
        (SelectedOn::Separate, true) => (
            Outcome::Fails,
            format!(
                "a separate selection is claimed, but the split selects on the {images} images that it reports on"
            ),
        ),
        (SelectedOn::Separate, false) => {
            (Outcome::Holds, "the epoch is selected on images of its own".to_owned())
        }
        (SelectedOn::LastEpoch, _) => {
            (Outcome::Holds, "the last epoch is reported, none is selected".to_owned())
        }
        (SelectedOn::Unknown, _) => {
            (Outcome::Unchecked, "the paper doesn\u{2019}t say how the epoch was selected".to_owned())
        }
    }
}

fn shared(facts: &SplitFacts, name: &str) -> (Outcome, String) {
    let [train, select, report] = facts.images;
    let (reported, selecting) = (facts.trained_and_reported.len(), facts.trained_and_selecting.len());
    let said = format!(
        "{name}: of {train} images that train, {reported} are among the {report} reported on and {selecting} among the {select} that select"
    );
    let outcome = if reported + selecting == 0 { Outcome::Holds } else { Outcome::Fails };
    (outcome, said)
}

fn twins(facts: &SplitFacts, name: &str) -> (Outcome, String) {
    match &facts.twins {
        Err(reason) => (Outcome::Unchecked, format!("{name}: images weren\u{2019}t compared, {reason}")),
        Ok(twins) if twins.is_empty() => {
            let said = "no image that trains looks like one that selects or is reported on";
            (Outcome::Holds, format!("{name}: {said}"))
        }
        Ok(twins) => {
            let each: Vec<String> = twins
                .iter()
                .map(|pair| {
                    let how = if pair.identical {
                        "the same pixels".to_owned()
                    } else {
                        format!("mean squared difference {:.2} at 32x32", pair.distance)
                    };
                    let does = if pair.reported { "is reported on" } else { "selects" };
                    format!("{} trains, {} {does} ({how})", pair.trained, pair.other)
                })
                .collect();
            let reported = twins.iter().filter(|pair| pair.reported).count();
            let share = 100.0 * reported as f64 / facts.images[2].max(1) as f64;
            (
                Outcome::Doubtful,
                format!(
                    "{name}: {} leak, {reported} of them into the reported images ({share:.2} %): {}",
                    each.len(),
                    each.join("; ")
                ),
            )
        }
    }
}
