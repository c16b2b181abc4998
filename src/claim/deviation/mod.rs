//! The register of every known difference between the paper, the authors' code and what runs here.

mod entry;
mod own;
mod released;

pub use entry::{Deviation, Origin, Status};

/// Every known deviation: the twenty between paper, code and intent, then our own.
pub fn register() -> impl Iterator<Item = &'static Deviation> {
    released::RELEASED.iter().chain(own::OWN)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Origin, register};

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
