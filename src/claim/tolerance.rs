//! How far a number of ours may lie from a claimed one and still count as reproduced, settled before a run is judged.

use std::fmt;

use super::claims::Quantity;

/// A registered tolerance.
#[derive(Clone, Debug, PartialEq)]
pub struct Tolerance {
    /// What it is about.
    pub quantity: Quantity,
    /// Largest distance that counts as reproduced, in the quantity's unit (percentage points for metrics in percent).
    pub value: f64,
    /// The day on which it was settled, as `2026-11-24`.
    pub registered: String,
    /// Why it is as large as it is.
    pub reason: String,
}

/// Every tolerance that was ever registered, in the order of the file.
///
/// A later entry about the same quantity replaces an earlier one, which stays: so a change is visible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tolerances {
    entries: Vec<Tolerance>,
}

impl Tolerances {
    /// The entries, which must be sorted by day for each quantity.
    pub(super) fn new(entries: Vec<Tolerance>) -> Self {
        Self { entries }
    }

    /// The one that counts for a quantity: the last.
    pub fn of(&self, quantity: Quantity) -> Option<&Tolerance> {
        self.entries.iter().rfind(|entry| entry.quantity == quantity)
    }

    /// Those that were replaced, in order.
    pub fn replaced(&self, quantity: Quantity) -> impl Iterator<Item = &Tolerance> {
        let current = self.of(quantity).map(std::ptr::from_ref);
        self.entries
            .iter()
            .filter(move |entry| entry.quantity == quantity && Some(std::ptr::from_ref(*entry)) != current)
    }

    /// Those that count, in the order of the file.
    pub fn current(&self) -> impl Iterator<Item = &Tolerance> {
        self.entries
            .iter()
            .filter(|entry| self.of(entry.quantity).is_some_and(|last| std::ptr::eq(last, *entry)))
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "±{} {}", self.value, self.quantity.difference_unit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::Definition;

    #[test]
    fn the_last_one_counts_and_earlier_ones_stay_visible() {
        let iou = Quantity::Metric(Definition::PooledIou);
        let entry = |quantity, value, registered: &str| Tolerance {
            quantity,
            value,
            registered: registered.to_owned(),
            reason: "because".to_owned(),
        };
        let dice = Quantity::Metric(Definition::PooledDice);
        let tolerances = Tolerances::new(vec![
            entry(iou, 0.5, "2026-11-24"),
            entry(dice, 0.3, "2026-11-24"),
            entry(iou, 0.7, "2026-12-01"),
        ]);
        assert_eq!(tolerances.of(iou).map(|entry| entry.value), Some(0.7));
        assert_eq!(tolerances.replaced(iou).map(|entry| entry.value).collect::<Vec<_>>(), [0.5]);
        assert_eq!(tolerances.replaced(dice).count(), 0);
        let current: Vec<_> = tolerances.current().map(|entry| entry.quantity).collect();
        assert_eq!(current, [dice, iou]);
        assert_eq!(tolerances.of(iou).map(ToString::to_string), Some("±0.7 points".to_owned()));
    }
}
