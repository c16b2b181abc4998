//! Images that look the same, by the parts of a split in which they are.

use std::path::Path;

use super::twins::{Twin, twins};
use super::{DatasetError, Images, Split, atomic};

/// Where an image is in a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It trains.
    Train,
    /// It selects the epoch and isn't reported on.
    Select,
    /// It is reported on.
    Report,
    /// It selects the epoch and is reported on.
    SelectAndReport,
}

impl Place {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Select => "select",
            Self::Report => "report",
            Self::SelectAndReport => "select, report",
        }
    }
}

/// Two images of a split that look the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Leak {
    /// The images; `a` comes first by id.
    pub twin: Twin,
    /// Where `a` and `b` are.
    pub parts: [Place; 2],
}

impl Leak {
    /// True where the two are in different parts: what is learned or selected on one is judged on the other.
    pub fn is_leak(&self) -> bool {
        self.parts[0] != self.parts[1]
    }
}

/// Pairs among `ids` that look the same, those that leak first, then by id; see [`twins`] for what is found.
///
/// # Panics
/// When an id isn't among the images or not in the split.
pub fn leaks(images: &dyn Images, ids: &[String], split: &Split) -> Vec<Leak> {
    let is_in = |list: &[String], id: &String| list.binary_search(id).is_ok();
    let place = |id: &String| match (is_in(&split.select, id), is_in(&split.report, id)) {
        (true, true) => Place::SelectAndReport,
        (true, false) => Place::Select,
        (false, true) => Place::Report,
        (false, false) => {
            assert!(is_in(&split.train, id), "{id} is not in the split");
            Place::Train
        }
    };
    let mut found: Vec<Leak> = twins(images, ids, ids)
        .into_iter()
        .map(|twin| Leak { parts: [place(&twin.a), place(&twin.b)], twin })
        .collect();
    found.sort_by_key(|leak| !leak.is_leak());
    found
}

/// Writes a list of ids, complete or not at all.
///
/// # Errors
/// What the file system does.
pub fn write_list(path: &Path, text: &str) -> Result<(), DatasetError> {
    use std::io::Write as _;
    atomic::replace(path, |file| Ok(file.write_all(text.as_bytes())?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::synthetic;

    #[test]
    fn pairs_across_parts_leak_and_come_first() {
        struct Repeated(Box<dyn Images>, Vec<String>);
        impl Images for Repeated {
            fn ids(&self) -> &[String] {
                &self.1
            }
            fn size(&self) -> usize {
                self.0.size()
            }
            // Each picture stands twice.
            fn image(&self, index: usize) -> &[u8] {
                self.0.image(index / 2)
            }
            fn mask(&self, index: usize) -> &[u8] {
                self.0.mask(index / 2)
            }
            fn digest(&self) -> &str {
                self.0.digest()
            }
        }
        let ids: Vec<String> = (0..8).map(|at| format!("I{at}")).collect();
        let images = Repeated(synthetic_images(), ids.clone());
        let part = |at: &[usize]| at.iter().map(|&at| ids[at].clone()).collect::<Vec<_>>();
        let split = Split::new("s", part(&[0, 1, 2, 4]), part(&[3, 6]), part(&[5, 6, 7]));
        let told: Vec<(String, String, [Place; 2])> = leaks(&images, &ids, &split)
            .into_iter()
            .map(|leak| (leak.twin.a, leak.twin.b, leak.parts))
            .collect();
        let pair = |a: usize, b: usize, parts| (ids[a].clone(), ids[b].clone(), parts);
        assert_eq!(
            told,
            [
                pair(2, 3, [Place::Train, Place::Select]),
                pair(4, 5, [Place::Train, Place::Report]),
                pair(6, 7, [Place::SelectAndReport, Place::Report]),
                pair(0, 1, [Place::Train, Place::Train]),
            ]
        );
    }

    fn synthetic_images() -> Box<dyn Images> {
        Box::new(synthetic::generate(3, 1, 64))
    }
}
