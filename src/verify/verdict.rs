//! What a verification concludes, and which tolerances it takes.

use super::meter::Spreads;

/// What a verification concludes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that was compared has the same bits.
    Identical,
    /// Bits differ on a device class that promises them.
    Different,
    /// Bits differ on a device class that promises none, and nobody said how much may.
    Measured,
    /// Pooled IoU of every repeat is within the tolerance of the stored run's.
    Within,
    /// Pooled IoU of a repeat is further from the stored run's than the tolerance.
    Outside,
}

impl Verdict {
    /// In a few words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::Different => "different",
            Self::Measured => "measured",
            Self::Within => "within tolerance",
            Self::Outside => "outside tolerance",
        }
    }

    /// True where the run repeats as well as it must.
    pub fn is_good(self) -> bool {
        !matches!(self, Self::Different | Self::Outside)
    }
}

/// A tolerance that says nothing: executions of one build with one seed are further apart.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error(
    "a tolerance of {tolerance} points is below the same-seed noise floor, {floor} points over {repeats} repeats"
)]
pub struct Refused {
    /// The tolerance in percentage points of pooled IoU.
    pub tolerance: f64,
    /// The noise floor, the same way.
    pub floor: f64,
    /// Repeats that it was measured over.
    pub repeats: usize,
}

/// Judges repeats of a run.
///
/// Where bits are promised, bits are demanded, and a tolerance changes nothing. Elsewhere the repeats among themselves
/// give the noise floor, and the stored run is held against them: were it part of the floor, no tolerance at or
/// above the floor could ever be exceeded.
///
/// # Errors
/// When the tolerance (percentage points of pooled IoU) is below the noise floor.
pub fn judge(
    identical: bool,
    promises_bits: bool,
    spreads: &Spreads,
    tolerance: Option<f64>,
) -> Result<Verdict, Refused> {
    if promises_bits {
        return Ok(if identical { Verdict::Identical } else { Verdict::Different });
    }
    let Some(tolerance) = tolerance else {
        return Ok(if identical { Verdict::Identical } else { Verdict::Measured });
    };
    let floor = spreads.among_repeats.pooled_iou;
    if tolerance < floor {
        return Err(Refused { tolerance, floor, repeats: spreads.repeats });
    }
    Ok(match identical {
        true => Verdict::Identical,
        false if spreads.from_stored.pooled_iou <= tolerance => Verdict::Within,
        false => Verdict::Outside,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::NoiseSpread;

    #[test]
    fn bits_are_demanded_where_they_are_promised_and_tolerances_hold_elsewhere() {
        let of = |pooled_iou| NoiseSpread { pooled_iou, ..NoiseSpread::default() };
        let spreads = Spreads { repeats: 3, among_repeats: of(0.2), from_stored: of(0.5) };
        let check = |identical, promises, tolerance, expect| {
            assert_eq!(judge(identical, promises, &spreads, tolerance).ok(), expect);
        };
        check(true, true, None, Some(Verdict::Identical));
        check(false, true, None, Some(Verdict::Different));
        check(false, true, Some(100.0), Some(Verdict::Different));
        check(true, false, None, Some(Verdict::Identical));
        check(false, false, None, Some(Verdict::Measured));
        check(false, false, Some(0.1), None);
        check(false, false, Some(0.2), Some(Verdict::Outside));
        check(false, false, Some(0.5), Some(Verdict::Within));
        let refused = judge(false, false, &spreads, Some(0.1)).unwrap_err().to_string();
        assert!(refused.contains("0.2 points over 3 repeats"), "{refused}");
    }
}
