//! A disk for tests in process that fills up, and on which a process is killed or the power fails at any change.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test that called it")]

mod journal;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::rc::Rc;

use ege_bench::random::{self, Stream};
use ege_bench::store::atomic;
use ege_bench::store::disk::{Change, Verdict, Watcher, watch};
use ege_bench::store::lines::LineWriter;

use super::fake_sweep::in_memory;
use journal::Journal;

/// What unwinds in the place of a killed process.
struct Killed;

/// Watches what the code of this thread does to a folder; every draw follows from its seed.
pub struct FaultyDisk(RefCell<State>);

struct State {
    journal: Journal,
    draws: Stream,
    /// Changes since the work began.
    changes: usize,
    /// The change that isn't made any more, from 0.
    killed_at: Option<usize>,
    /// Bytes that are free; no limit where there is none.
    room: Option<u64>,
    dead: bool,
}

impl FaultyDisk {
    /// A disk with room for everything.
    pub fn new(seed: u64) -> Rc<Self> {
        Rc::new(Self(RefCell::new(State {
            journal: Journal::default(),
            draws: random::stream(seed, "faulty-disk", 0, ""),
            changes: 0,
            killed_at: None,
            room: None,
            dead: false,
        })))
    }

    /// Works on this disk; nothing comes back where the work was killed, at its change `killed_at` from 0.
    pub fn work<T>(self: &Rc<Self>, killed_at: Option<usize>, work: impl FnOnce() -> T) -> Option<T> {
        let mut state = self.0.borrow_mut();
        (state.changes, state.killed_at) = (0, killed_at);
        drop(state);
        watch(Some(self.clone()));
        let outcome = catch_unwind(AssertUnwindSafe(work));
        watch(None);
        self.0.borrow_mut().dead = false;
        match outcome {
            Ok(value) => Some(value),
            Err(payload) if payload.is::<Killed>() => None,
            Err(payload) => resume_unwind(payload),
        }
    }

    /// Changes that the last work made or asked for.
    pub fn changes(&self) -> usize {
        self.0.borrow().changes
    }

    /// Leaves room for so many bytes, or for everything.
    pub fn set_room(&self, room: Option<u64>) {
        self.0.borrow_mut().room = room;
    }

    /// The power fails: of what wasn't synced, a part is lost that this call draws.
    pub fn lose_power(&self) {
        let State { journal, draws, .. } = &mut *self.0.borrow_mut();
        journal.lose(draws);
    }

    /// All that was done is on the disk, as after a while without disaster.
    pub fn settle(&self) {
        self.0.borrow_mut().journal = Journal::default();
    }
}

impl Watcher for FaultyDisk {
    fn before(&self, change: Change<'_>) -> io::Result<Verdict> {
        let state = &mut *self.0.borrow_mut();
        if state.dead {
            // Destructors run while the work unwinds; those of a killed process don't.
            return Err(io::Error::other("this process was killed"));
        }
        let killed = Some(state.changes) == state.killed_at;
        state.changes += 1;
        if killed {
            if let Change::Append(path, bytes) = change {
                let written = state.draws.below(bytes.len() as u64 + 1) as usize;
                state.journal.append_part(path, &bytes[..written]);
            }
            state.dead = true;
            // Without the panic hook: it would print.
            resume_unwind(Box::new(Killed));
        }
        state.take_room(change)?;
        state.journal.note(change);
        // The journal knows what is synced; waiting for a disk would only take time.
        Ok(if matches!(change, Change::Sync(_) | Change::SyncFolder(_)) {
            Verdict::Skip
        } else {
            Verdict::Make
        })
    }
}

/// What `fs_err` makes of a full disk.
fn full(path: &Path) -> io::Error {
    io::Error::new(ErrorKind::StorageFull, format!("failed to write to `{}`: no space left", path.display()))
}

impl State {
    /// Takes what the change needs from the room that is left, or refuses it as a full disk does.
    fn take_room(&mut self, change: Change<'_>) -> io::Result<()> {
        let Some(room) = &mut self.room else { return Ok(()) };
        let length = |path: &Path| fs_err::metadata(path).map_or(0, |file| file.len());
        match change {
            Change::MakeFolder(path) | Change::Create(path) if *room == 0 => Err(full(path)),
            Change::Append(path, bytes) if bytes.len() as u64 > *room => {
                self.journal.append_part(path, &bytes[..*room as usize]);
                *room = 0;
                Err(full(path))
            }
            Change::Append(_, bytes) => {
                *room -= bytes.len() as u64;
                Ok(())
            }
            Change::Remove(gone) | Change::Rename(_, gone) => {
                *room += length(gone);
                Ok(())
            }
            Change::Cut(path, to) => {
                *room += length(path).saturating_sub(to);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Writes a file and two lines, of which the second isn't waited for, then loses power; returns what is left of both.
fn lost(seed: u64, killed_at: Option<usize>) -> (String, String) {
    let root = in_memory();
    let (folder, disk) = (root.path().join("a/b"), FaultyDisk::new(seed));
    disk.work(killed_at, || {
        atomic::write(&folder.join("file"), b"one").unwrap();
        let mut lines = LineWriter::open(&folder.join("lines")).unwrap();
        lines.append(&"first").unwrap();
        // It syncs the folder, which names the lines, too.
        atomic::write(&folder.join("file"), b"two").unwrap();
        lines.append_text("second").unwrap();
    });
    disk.lose_power();
    let left = |name: &str| fs_err::read_to_string(folder.join(name)).unwrap_or_default();
    (left("file"), left("lines"))
}

#[test]
fn what_was_synced_stays_and_what_was_not_is_lost_in_every_way() {
    let ends: BTreeSet<_> = (0..200).map(|seed| lost(seed, None)).collect();
    assert!(ends.iter().all(|(file, lines)| file == "two" && lines.starts_with("\"first\"\n")), "{ends:?}");
    let lines: BTreeSet<_> = ends.iter().map(|(_, lines)| &lines["\"first\"\n".len()..]).collect();
    for left in ["", "s", "second\n", "\0\0cond\n"] {
        assert!(lines.contains(left), "{left:?} of {lines:?}");
    }
}

#[test]
fn a_kill_leaves_a_part_of_the_work_and_power_a_part_of_that() {
    // The work makes some twenty changes; later kills come too late.
    let ends: BTreeSet<_> = (0..30).flat_map(|at| (0..20).map(move |seed| lost(seed, Some(at)))).collect();
    let files: BTreeSet<_> = ends.iter().map(|(file, _)| file.as_str()).collect();
    assert_eq!(files.into_iter().collect::<Vec<_>>(), ["", "one", "two"]);
    // Folders that are lost take what is synced in them along; here each was synced as it was made.
    assert!(ends.iter().all(|(file, lines)| !file.is_empty() || lines.is_empty()), "{ends:?}");
}
