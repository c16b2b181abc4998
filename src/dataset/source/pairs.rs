//! Images and masks of the same id.

use std::collections::BTreeMap;

use super::group::{Group, Role};
use super::listing::PairProblem;
use super::recognition::Recognition;
use crate::dataset::entry::{Entry, Pair};
use crate::dataset::lock::{self, Holds};

/// A file: the number of its group, and its number in it.
type At = (usize, usize);

/// Images and masks by their ids.
#[derive(Default)]
pub(super) struct Sides {
    images: BTreeMap<String, At>,
    masks: BTreeMap<String, At>,
}

impl Sides {
    /// Puts a file on its side; answers the one that is there already.
    pub fn insert(&mut self, holds: Holds, id: &str, at: At) -> Option<At> {
        let side = match holds {
            Holds::Images => &mut self.images,
            Holds::Masks => &mut self.masks,
        };
        if let Some(there) = side.get(id) {
            return Some(*there);
        }
        side.insert(id.to_owned(), at);
        None
    }

    /// True where no image is there.
    pub fn is_empty(&self) -> bool {
        self.images.is_empty() && self.masks.is_empty()
    }
}

/// The pairs, sorted by id. A file without its other half is a problem; where the official other half isn't there at
/// all, that is told as missing, once, and the files are left out.
pub(super) fn join(
    groups: &[Group],
    sides: Sides,
    dataset: &str,
    problems: &mut Vec<PairProblem>,
    recognition: &mut Recognition,
) -> Vec<Pair> {
    let Sides { images, mut masks } = sides;
    let entry = |(group, file): At| -> Entry {
        let (name, place) = &groups[group].files[file];
        groups[group].entry(name, place)
    };
    let (mut pairs, mut alone) = (Vec::new(), Vec::new());
    for (id, image) in images {
        match masks.remove(&id) {
            Some(mask) => pairs.push(Pair { image: entry(image), mask: entry(mask), id }),
            None => alone.push((id, image)),
        }
    }
    alone.extend(masks);
    let mut left_out: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    for (id, at) in alone {
        let (group, name) = (&groups[at.0], &groups[at.0].files[at.1].0);
        match other_half(group, groups, dataset) {
            Other::Absent(archive) => *left_out.entry((at.0, archive)).or_default() += 1,
            Other::There(lack) => {
                problems.push(PairProblem::new(group.file_told(name), lack.replace("{id}", &id)));
            }
        }
    }
    for ((group, archive), count) in left_out {
        let (group, halves) = (&groups[group], groups[group].role(dataset).holds());
        let (halves, lack) = match halves {
            Some(Holds::Masks) => ("masks", "images"),
            _ => ("images", "masks"),
        };
        recognition.missing.push(format!(
            "{archive}: {count} {halves} of {} are left out, since their {lack} are in it",
            group.told()
        ));
    }
    pairs
}

/// What the files of a group lack.
enum Other {
    /// The official archive of this name, which isn't there at all.
    Absent(&'static str),
    /// One file among others, in words; `{id}` stands for the id.
    There(&'static str),
}

fn other_half(group: &Group, groups: &[Group], dataset: &str) -> Other {
    let role = group.role(dataset);
    let archives = lock::builtin().dataset.get(dataset).map(|d| &d.archives[..]).unwrap_or_default();
    if let Role::Official(own) = role {
        let other = archives.iter().find(|other| other.part == own.part && other.holds != own.holds);
        let is_there = |other: &lock::Archive| {
            let plain = |holds| groups.iter().any(|group| group.role(dataset) == Role::Plain(holds));
            plain(other.holds) || groups.iter().any(|group| group.own == other.folder)
        };
        if let Some(other) = other.filter(|other| !is_there(other)) {
            return Other::Absent(&other.name);
        }
    }
    match (role, role.holds()) {
        (Role::Official(_), Some(Holds::Masks)) => Other::There("has no image {id}.jpg"),
        (Role::Official(_), _) => Other::There("has no mask {id}_segmentation.png"),
        (_, Some(Holds::Masks)) => Other::There("has no image images/{id}.jpg or images/{id}.png"),
        _ => Other::There("has no mask masks/{id}.png"),
    }
}
