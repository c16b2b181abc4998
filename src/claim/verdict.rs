//! By which rule our numbers confirm a claimed one, or don't.

use super::claims::{Cell, Quantity, Row};

/// The rule, as the report prints it: a name and what it means.
pub const RULE: [(Verdict, &str); 5] = [
    (
        Verdict::Reproduced,
        "A metric: the 95 % interval of ours minus theirs, half a unit of their last digit wider on both sides, lies within the \
         registered tolerance on both sides. A count (parameters, multiply-accumulates): ours prints as theirs, rounded or cut off.",
    ),
    (Verdict::Better, "The whole interval lies beyond the tolerance on the better side."),
    (
        Verdict::NotReproduced,
        "A metric: the whole interval lies beyond the tolerance on the worse side. A count: ours prints as another number.",
    ),
    (
        Verdict::Inconclusive,
        "The interval reaches over a border of the tolerance: more seeds would be needed. So is every metric with fewer than two \
         seeds or without a registered tolerance, and every number but a count that prints alike of a row whose network the paper \
         leaves open, so that ours is a guess. Where executions of one seed lie further apart than the tolerance, nothing is \
         reproduced, and better or worse begin beyond that noise.",
    ),
    (
        Verdict::NotAttempted,
        "No finished run here is what the cell is about: its network on its data set, split, number and size of images, for as many \
         epochs and trained by the same settings.",
    ),
];

/// What our runs say about a claimed number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Ours is theirs, within the tolerance.
    Reproduced,
    /// Ours is better by more than the tolerance.
    Better,
    /// Ours is worse by more than the tolerance, or another count.
    NotReproduced,
    /// Ours can't tell.
    Inconclusive,
    /// There is nothing of ours.
    NotAttempted,
}

impl Verdict {
    /// All of them, the best first.
    pub const ALL: [Self; 5] =
        [Self::Reproduced, Self::Better, Self::NotReproduced, Self::Inconclusive, Self::NotAttempted];

    /// The words of the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reproduced => "reproduced",
            Self::Better => "better",
            Self::NotReproduced => "not reproduced",
            Self::Inconclusive => "inconclusive",
            Self::NotAttempted => "not attempted",
        }
    }

    /// True where the claim fails.
    pub fn fails(self) -> bool {
        self == Self::NotReproduced
    }
}

/// A verdict with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in a sentence without a full stop.
    pub reason: String,
}

/// What there is of ours for a cell, in the cell's unit.
#[derive(Clone, Debug, PartialEq)]
pub enum Attempt {
    /// Nothing, and why.
    None(String),
    /// A count, which no seed changes.
    Counted(f64),
    /// A metric over seeds.
    Measured(Measured),
}

/// A metric of ours against a claimed one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Interval of ours minus theirs (95 %) over repeated trainings on the same images; none for a single seed.
    pub interval: Option<(f64, f64)>,
    /// Seeds behind ours.
    pub seeds: usize,
    /// The registered tolerance.
    pub tolerance: Option<f64>,
    /// How far apart executions of one seed land, where that was measured.
    pub noise_floor: Option<f64>,
}

/// The verdict on a cell of a row, by [`RULE`].
pub fn judge(row: &Row, cell: &Cell, attempt: &Attempt) -> Judgement {
    let (verdict, reason) = match attempt {
        Attempt::None(reason) => return Judgement { verdict: Verdict::NotAttempted, reason: reason.clone() },
        Attempt::Counted(ours) => counted(cell, *ours),
        Attempt::Measured(measured) => measure(cell, measured),
    };
    let prints_alike = matches!(attempt, Attempt::Counted(_)) && verdict == Verdict::Reproduced;
    if row.identified || prints_alike {
        return Judgement { verdict, reason };
    }
    let reason = format!("which network it is is left open, ours is a guess: {reason}");
    Judgement { verdict: Verdict::Inconclusive, reason }
}

fn counted(cell: &Cell, ours: f64) -> (Verdict, String) {
    let (low, high) = cell.rounds_from();
    let cut_off = (cell.value..cell.value + 2.0 * cell.half_digit()).contains(&ours);
    let digits = cell.digits;
    let unit = cell.quantity.unit();
    if (low..=high).contains(&ours) {
        (Verdict::Reproduced, format!("{ours:.*} {unit} rounds to {:.digits$}", digits + 2, cell.value))
    } else if cut_off {
        (Verdict::Reproduced, format!("{ours:.*} {unit} cut off is {:.digits$}", digits + 2, cell.value))
    } else {
        let off = 100.0 * (cell.value / ours - 1.0);
        (
            Verdict::NotReproduced,
            format!("counted {ours:.*} {unit}: the claim is off by {off:+.1} %", digits + 2),
        )
    }
}

fn measure(cell: &Cell, measured: &Measured) -> (Verdict, String) {
    let Measured { interval, seeds, tolerance, noise_floor } = *measured;
    let Some(tolerance) = tolerance else {
        return (
            Verdict::Inconclusive,
            format!("the claims file registers no tolerance for `{}`", cell.quantity.name()),
        );
    };
    let Some((low, high)) = interval else {
        return (Verdict::Inconclusive, format!("{seeds} seed: how far another would land is unknown"));
    };
    // Executions of one seed alone reach so far: within that nothing is decided.
    let noisy = noise_floor.filter(|floor| *floor >= tolerance);
    let border = noisy.unwrap_or(tolerance);
    let unit = cell.quantity.difference_unit();
    let said = format!("ours minus theirs lies in {low:+.2} to {high:+.2} {unit}, tolerance ±{tolerance}");
    let (worse, better) = if higher_is_better(cell.quantity) { (high, low) } else { (-low, -high) };
    let verdict = if low >= -tolerance && high <= tolerance && noisy.is_none() {
        Verdict::Reproduced
    } else if better > border {
        Verdict::Better
    } else if worse < -border {
        Verdict::NotReproduced
    } else {
        Verdict::Inconclusive
    };
    let said = match noisy {
        Some(floor) => format!("{said}; executions of one seed land {floor:.3} apart"),
        None => said,
    };
    (verdict, said)
}

fn higher_is_better(quantity: Quantity) -> bool {
    match quantity {
        Quantity::Metric(definition) => definition.higher_is_better(),
        Quantity::Parameters | Quantity::ConvMacs => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::made_up::{cell, row};
    use crate::metric::Definition;

    fn verdict(cell: Cell, attempt: &Attempt) -> Verdict {
        let row = row(vec![cell]);
        judge(&row, &row.cells[0], attempt).verdict
    }

    fn metric(interval: Option<(f64, f64)>, tolerance: Option<f64>, noise_floor: Option<f64>) -> Verdict {
        let measured = Measured { interval, seeds: 5, tolerance, noise_floor };
        verdict(cell(Quantity::Metric(Definition::PooledIou), 79.81, 2), &Attempt::Measured(measured))
    }

    #[test]
    fn a_guess_at_a_network_refutes_and_confirms_nothing_but_a_count_that_prints_alike() {
        let parameters = cell(Quantity::Parameters, 2.87, 2);
        let iou = cell(Quantity::Metric(Definition::PooledIou), 78.72, 2);
        let guess = Row { identified: false, ..row(vec![parameters, iou]) };
        let interval = |low, high| {
            let interval = Some((low, high));
            Attempt::Measured(Measured { interval, seeds: 5, tolerance: Some(0.5), noise_floor: None })
        };
        for (cell, attempt, expect) in [
            (0, Attempt::Counted(5.66), Verdict::Inconclusive),
            (0, Attempt::Counted(2.871), Verdict::Reproduced),
            (1, interval(-9.0, -8.0), Verdict::Inconclusive),
            (1, interval(-0.1, 0.1), Verdict::Inconclusive),
            (1, Attempt::None("no run".to_owned()), Verdict::NotAttempted),
        ] {
            let judged = judge(&guess, &guess.cells[cell], &attempt);
            assert_eq!(judged.verdict, expect, "{attempt:?}");
        }
        let reason = judge(&guess, &guess.cells[0], &Attempt::Counted(5.66)).reason;
        assert!(reason.contains("ours is a guess: counted 5.6600 M"), "{reason}");
    }

    #[test]
    fn metrics_are_judged_by_where_the_interval_lies() {
        for (low, high, expect) in [
            (-0.4, 0.3, Verdict::Reproduced),
            (-0.5, 0.5, Verdict::Reproduced),
            (0.51, 0.9, Verdict::Better),
            (0.2, 0.9, Verdict::Inconclusive),
            (-0.9, 0.9, Verdict::Inconclusive),
            (-0.9, -0.2, Verdict::Inconclusive),
            (-2.0, -0.51, Verdict::NotReproduced),
        ] {
            assert_eq!(metric(Some((low, high)), Some(0.5), None), expect, "{low} to {high}");
        }
    }

    #[test]
    fn half_and_twice_the_tolerance_can_change_a_verdict() {
        let at = |tolerance| metric(Some((-0.4, 0.3)), Some(tolerance), None);
        assert_eq!(
            [0.25, 0.5, 1.0].map(at),
            [Verdict::Inconclusive, Verdict::Reproduced, Verdict::Reproduced]
        );
    }

    #[test]
    fn what_is_missing_makes_it_inconclusive() {
        assert_eq!(metric(None, Some(0.5), None), Verdict::Inconclusive);
        assert_eq!(metric(Some((0.0, 0.0)), None, None), Verdict::Inconclusive);
        assert_eq!(metric(Some((0.0, 0.0)), Some(0.5), Some(0.5)), Verdict::Inconclusive);
        assert_eq!(metric(Some((0.0, 0.0)), Some(0.5), Some(0.49)), Verdict::Reproduced);
        // Noise of one seed hides no failure that is larger.
        assert_eq!(metric(Some((-9.0, -8.0)), Some(0.5), Some(0.6)), Verdict::NotReproduced);
    }

    #[test]
    fn for_distances_less_is_better() {
        let cell = cell(Quantity::Metric(Definition::Hd95), 20.0, 2);
        let at = |low, high| {
            let measured =
                Measured { interval: Some((low, high)), seeds: 5, tolerance: Some(1.0), noise_floor: None };
            verdict(cell.clone(), &Attempt::Measured(measured))
        };
        assert_eq!(at(-3.0, -2.0), Verdict::Better);
        assert_eq!(at(2.0, 3.0), Verdict::NotReproduced);
        assert_eq!(at(-0.5, 0.5), Verdict::Reproduced);
    }

    #[test]
    fn counts_are_reproduced_where_they_print_alike() {
        for (value, digits, ours, expect) in [
            (0.053, 3, 0.053_374, Verdict::Reproduced),
            (0.32, 2, 0.253_561, Verdict::NotReproduced),
            (0.072, 3, 0.072_618, Verdict::Reproduced),
            (0.076, 3, 0.072_6, Verdict::NotReproduced),
            (7.77, 2, 7.765_985, Verdict::Reproduced),
        ] {
            let cell = cell(Quantity::Parameters, value, digits);
            assert_eq!(verdict(cell, &Attempt::Counted(ours)), expect, "{value} {ours}");
        }
    }
}
