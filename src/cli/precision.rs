//! In what a training step computes, as it is typed.

use crate::experiment::settings::Precision;

/// A precision as clap reads it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PrecisionOption(pub Precision);

impl clap::ValueEnum for PrecisionOption {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self(Precision::F32), Self(Precision::Bf16)]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(match self.0 {
            Precision::F32 => "f32",
            Precision::Bf16 => "bf16",
        }))
    }
}
