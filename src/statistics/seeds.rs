//! Samples of seeds.

use std::collections::BTreeSet;

/// A seed that stands twice among those of one sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("seed {seed} stands twice")]
pub struct RepeatedSeed {
    /// The seed.
    pub seed: u64,
}

/// Checks that no seed stands twice: executions of one seed say nothing about the spread of seeds.
///
/// # Errors
/// Names the first seed that was there before.
pub fn distinct_seeds(seeds: &[u64]) -> Result<(), RepeatedSeed> {
    let mut known = BTreeSet::new();
    match seeds.iter().find(|&&seed| !known.insert(seed)) {
        Some(&seed) => Err(RepeatedSeed { seed }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_repeated_seed_is_named() {
        let check = |seeds: &[u64], repeated: Option<u64>| {
            assert_eq!(distinct_seeds(seeds).err().map(|error| error.seed), repeated);
        };
        check(&[], None);
        check(&[3, 1, 2], None);
        check(&[1, 2, 3, 2, 1], Some(2));
        assert_eq!(distinct_seeds(&[42, 42]).unwrap_err().to_string(), "seed 42 stands twice");
    }
}
