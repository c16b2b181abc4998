//! All deviations in one list.

use super::Deviation;
use super::own::OWN;
use super::released::RELEASED;

/// Every known deviation: the twenty between paper, code and intent, then our own.
pub fn register() -> impl Iterator<Item = &'static Deviation> {
    RELEASED.iter().chain(OWN)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::register;
    use crate::claim::deviation::Origin;

    #[test]
    fn the_twenty_are_numbered_and_every_name_is_unique() {
        let numbers: Vec<_> = register()
            .filter(|deviation| deviation.origin == Origin::Released)
            .map(|deviation| deviation.number)
            .collect();
        assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
        let names: BTreeSet<_> = register().map(|deviation| deviation.name).collect();
        assert_eq!(names.len(), register().count());
        for deviation in register() {
            assert!(deviation.sentence.ends_with('.'), "{}: {}", deviation.name, deviation.sentence);
        }
    }
}
