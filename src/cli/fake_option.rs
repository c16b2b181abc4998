//! The hidden `--trainer` option, by which tests put a fake in the trainer's place.

use std::str::FromStr;
use std::time::Duration;

use crate::executor::FakeTrainer;

/// What trains, as typed and as meant.
#[derive(Clone, Debug)]
pub(super) struct TrainerOption {
    /// As typed, for worker processes.
    pub text: String,
    /// As meant.
    pub choice: TrainerChoice,
}

impl FromStr for TrainerOption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self { text: text.to_owned(), choice: text.parse()? })
    }
}

/// What trains.
#[derive(Clone, Debug, Default)]
pub(super) enum TrainerChoice {
    /// Networks.
    #[default]
    Native,
    /// Nobody: see [`FakeTrainer`].
    Fake(FakeTrainer),
}

impl FromStr for TrainerChoice {
    type Err = String;

    /// `native`, or `fake` with options: `fake:epoch-ms=50,diverging-seed=43,noise=1e-4`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, options) = text.split_once(':').unwrap_or((text, ""));
        match name {
            "native" if options.is_empty() => return Ok(Self::Native),
            "fake" => {}
            _ => return Err("`native` or `fake` is expected".into()),
        }
        let mut fake = FakeTrainer::default();
        for option in options.split(',').filter(|option| !option.is_empty()) {
            let (key, value) = option.split_once('=').unwrap_or((option, ""));
            let number = || value.parse::<u64>().map_err(|error| format!("`{option}`: {error}"));
            match key {
                "epoch-ms" => fake.epoch_time = Duration::from_millis(number()?),
                "diverging-seed" => fake.diverging_seed = Some(number()?),
                "crowded-seed" => fake.crowded_seed = Some(number()?),
                "nan-selection" => fake.nan_selection = true,
                "panicking-seed" => fake.panicking_seed = Some(number()?),
                "noise" => {
                    let noise = value.parse::<f64>().map_err(|error| format!("`{option}`: {error}"))?;
                    fake.noise = Some(noise)
                        .filter(|noise| (0.0..=1.0).contains(noise))
                        .ok_or_else(|| format!("`{option}`: a number from 0 to 1 is expected"))?;
                }
                _ => return Err(format!("unknown option `{key}`")),
            }
        }
        Ok(Self::Fake(fake))
    }
}
