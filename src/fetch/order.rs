//! What a user orders: which archives of a data set, from where, to where.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::agent::Client;
use super::archive::{self, Tries};
use super::download::Watch;
use super::record::{self, Record};
use super::{FetchError, disk, partial, space};
use crate::dataset::lock::{Archive, Dataset, Part};

/// Which archives are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Those of a part.
    Part(Part),
    /// The one of this name.
    Archive(String),
}

/// What is ordered.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    /// The data set's name.
    pub name: &'a str,
    /// What the lock says of it.
    pub dataset: &'a Dataset,
    /// Which archives; all where none is chosen.
    pub choices: &'a [Choice],
    /// Addresses in the place of the lock's.
    pub mirrors: &'a [String],
    /// The data folder.
    pub data: &'a Path,
    /// Rounds over all hosts without a byte after which an archive is given up.
    pub retries: u32,
    /// The wait after the first such round; it doubles.
    pub pause: Duration,
    /// How long a connection may bring nothing.
    pub patience: Duration,
}

/// What a fetch tells of while it goes.
#[derive(Debug)]
pub enum Told<'a> {
    /// The next archive: its name, its number from 1, and of how many.
    Archive(&'a str, usize, usize),
    /// Bytes that are there, of all where that is known.
    Progress(u64, Option<u64>),
    /// Something that the user should know.
    Note(String),
    /// An archive that couldn't be fetched, before the next one is tried.
    Failed(&'a FetchError),
}

/// An archive that lies there whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// What was seen of it.
    pub record: Record,
    /// False where it was there before.
    pub new: bool,
}

/// Who hears of it, and says whether to stop.
struct Ear<'a> {
    stop: &'a dyn Fn() -> bool,
    tell: &'a mut dyn FnMut(Told),
}

impl Watch for Ear<'_> {
    fn stop(&self) -> bool {
        (self.stop)()
    }

    fn progress(&mut self, done: u64, all: Option<u64>) {
        (self.tell)(Told::Progress(done, all));
    }

    fn note(&mut self, text: String) {
        (self.tell)(Told::Note(text));
    }
}

/// Fetches what is ordered into `archives/` of the data folder. What is whole and right there isn't fetched again; what
/// is there in part is gone on with.
///
/// # Errors
/// [`FetchError::Space`] before anything is fetched; [`FetchError::Locked`]; [`FetchError::Network`] as soon as no host can be
/// reached at all; otherwise what became of each archive that failed, after the others were fetched.
pub fn fetch(
    order: &Order,
    stop: &dyn Fn() -> bool,
    tell: &mut dyn FnMut(Told),
) -> Result<Vec<Fetched>, FetchError> {
    let bases = bases(order)?;
    let archives = chosen(order)?;
    let client = Client::new(order.patience)?;
    let folder = record::folder(order.data, order.name);
    let missing = |archive: &&Archive| -> u64 {
        let path = folder.join(&archive.name);
        if path.exists() { 0 } else { archive.bytes.number().saturating_sub(partial::length(&path)) }
    };
    space::require(&folder, archives.iter().map(missing).fold(0, u64::saturating_add))?;
    fs_err::create_dir_all(&folder)?;
    let Some(_lock) = disk::lock(&folder.join(".lock"))? else { return Err(FetchError::Locked { folder }) };
    let tries = Tries { rounds: order.retries, pause: order.pause };
    let (mut fetched, mut failed) = (Vec::new(), Vec::new());
    for (archive, number) in archives.iter().zip(1..) {
        tell(Told::Archive(&archive.name, number, archives.len()));
        let path: PathBuf = folder.join(&archive.name);
        let mut ear = Ear { stop, tell: &mut *tell };
        match archive::fetch(&client, &bases, archive, &path, tries, &mut ear) {
            Ok(done) => fetched.push(done),
            Err(error @ FetchError::Network { no_way: true, .. }) if failed.is_empty() => return Err(error),
            Err(error @ (FetchError::Mismatch(_) | FetchError::Network { .. })) => {
                if archives.len() > 1 {
                    tell(Told::Failed(&error));
                }
                failed.push(error);
            }
            Err(error) => return Err(error),
        }
    }
    match failed.len() {
        0 => Ok(fetched),
        1 => Err(failed.remove(0)),
        _ => Err(FetchError::Several(failed)),
    }
}

fn bases(order: &Order) -> Result<Vec<String>, FetchError> {
    for mirror in order.mirrors {
        if !["https://", "http://"].iter().any(|scheme| mirror.starts_with(scheme)) {
            return Err(FetchError::Usage(format!(
                "the mirror `{mirror}` is not an address of http or https"
            )));
        }
    }
    let bases = if order.mirrors.is_empty() { &order.dataset.base_urls } else { order.mirrors };
    if bases.is_empty() {
        return Err(FetchError::Usage(format!(
            "no host of {} is known: name one with `--mirror URL`",
            order.name
        )));
    }
    Ok(bases.to_vec())
}

fn chosen<'a>(order: &'a Order) -> Result<Vec<&'a Archive>, FetchError> {
    let all = &order.dataset.archives;
    let means = |choice: &Choice, archive: &Archive| match choice {
        Choice::Part(part) => archive.part == *part,
        Choice::Archive(name) => archive.name == *name,
    };
    for choice in order.choices {
        if !all.iter().any(|archive| means(choice, archive)) {
            let what = match choice {
                Choice::Part(part) => format!("no part {}", part.name()),
                Choice::Archive(name) => format!("no archive `{name}`"),
            };
            let parts = Part::ALL.into_iter().filter(|part| all.iter().any(|archive| archive.part == *part));
            let parts = parts.map(|part| -> &str { part.name() });
            let names = parts.chain(all.iter().map(|archive| archive.name.as_str()));
            let names = names.collect::<Vec<_>>().join(", ");
            return Err(FetchError::Usage(format!("{} has {what}; it has {names}", order.name)));
        }
    }
    let wanted = |archive: &&Archive| {
        order.choices.is_empty() || order.choices.iter().any(|choice| means(choice, archive))
    };
    let archives: Vec<&Archive> = all.iter().filter(wanted).collect();
    if archives.is_empty() {
        return Err(FetchError::Usage(format!("no archive of {} is known", order.name)));
    }
    Ok(archives)
}
