//! Who works on a run, for all machines that share the results folder: a file that shows signs of life.
//!
//! Its time of change is the sign. It is compared with that of a file made now in the same folder, so the clocks of
//! two machines needn't agree: both times are the file system's.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use fs_err::{File, OpenOptions};
use serde::{Deserialize, Serialize};

use super::StoreError;
use super::atomic::TEMPORARY_PREFIX;

/// How often a holder shows a sign of life.
pub const BEAT: Duration = Duration::from_secs(10);

/// A holder on another machine without a sign of life for so long is dead.
pub const STALE: Duration = Duration::from_mins(1);

/// A file that still says nothing after so long never will: it is made and written at once.
const UNWRITTEN: Duration = Duration::from_secs(2);

/// Who works on a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// Name of its machine; empty where unknown.
    pub host: String,
    /// Id of its process; 0 where unknown.
    pub process: u32,
    /// Time since its last sign of life, to the second.
    pub silent: Duration,
    /// What tells its hold from any other.
    token: String,
}

/// The file's content.
#[derive(Serialize, Deserialize)]
struct Content {
    host: String,
    process: u32,
    token: String,
}

/// A hold on a run; it ends with this value.
#[derive(Debug)]
pub(super) struct Lease {
    path: PathBuf,
    token: String,
    lost: Arc<AtomicBool>,
    // Closing it ends the thread that shows signs of life.
    _alive: Sender<()>,
}

impl Holder {
    /// True unless it can be seen to be dead; `locks_reach` where the run's lock was free, and the file system has
    /// locks: those of processes on this machine go with them.
    pub(super) fn is_alive(&self, locks_reach: bool) -> bool {
        let patience = if self.process == 0 { UNWRITTEN } else { STALE };
        let dead_here = self.host == host() && (locks_reach || !exists(self.process));
        !dead_here && self.silent <= patience
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.process == 0 {
            return write!(f, "another process");
        }
        write!(f, "process {} on {}, last seen {} s ago", self.process, self.host, self.silent.as_secs())
    }
}

impl Lease {
    /// Takes the lease of the run in `folder`, or says who has it.
    ///
    /// # Errors
    /// When its file can't be read or written.
    pub(super) fn take(folder: &Path, locks_reach: bool) -> Result<Result<Self, Holder>, StoreError> {
        let path = path(folder);
        if let Some(holder) = Self::holder(folder)? {
            if holder.is_alive(locks_reach) {
                return Ok(Err(holder));
            }
            let aside = folder.join(format!("{TEMPORARY_PREFIX}lease-{}", unique()));
            match fs_err::rename(&path, &aside) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
                Err(_) => {}
                Ok(()) => {
                    let moved = read(&aside)?.map(|content| content.token);
                    // Of several who saw it dead, another one was quicker: this is its lease, and goes back.
                    let quicker = moved.is_some_and(|token| token != holder.token);
                    if quicker {
                        let _ = fs_err::hard_link(&aside, &path);
                    }
                    let _ = fs_err::remove_file(&aside);
                    if quicker {
                        return Ok(Err(Self::holder(folder)?.unwrap_or_default()));
                    }
                }
            }
        }
        let token = unique();
        let content = Content { host: host().to_owned(), process: std::process::id(), token: token.clone() };
        let text = serde_json::to_vec(&content).map_err(io::Error::from)?;
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                if let Err(error) = file.write_all(&text) {
                    // One that says nothing would keep others waiting.
                    let _ = fs_err::remove_file(&path);
                    return Err(error.into());
                }
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return Ok(Err(Self::holder(folder)?.unwrap_or_default()));
            }
            Err(error) => return Err(error.into()),
        }
        Ok(Ok(Self::begin(path, token, text)))
    }

    /// Shows signs of life from now on.
    fn begin(path: PathBuf, token: String, text: Vec<u8>) -> Self {
        let lost = Arc::new(AtomicBool::new(false));
        let (alive, ended) = channel::<()>();
        let (beaten, own, told) = (path.clone(), token.clone(), Arc::clone(&lost));
        std::thread::spawn(move || {
            while ended.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
                // A server that can't be reached says nothing about who holds the run.
                if !look(&beaten, &own, &told) && matches!(read(&beaten), Ok(Some(_))) {
                    // A sign that can't be given now may be given later.
                    let _ = OpenOptions::new().write(true).open(&beaten).and_then(|mut f| f.write_all(&text));
                }
            }
        });
        Self { path, token, lost, _alive: alive }
    }

    /// True once somebody else has the lease.
    pub(super) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::SeqCst)
    }

    /// Looks at the file; true once somebody else has the lease.
    pub(super) fn look(&self) -> bool {
        look(&self.path, &self.token, &self.lost)
    }

    /// Whom the lease in `folder` names, dead or alive.
    ///
    /// # Errors
    /// When it can't be read, or the folder can't be written to.
    pub(super) fn holder(folder: &Path) -> Result<Option<Holder>, StoreError> {
        let path = path(folder);
        let Some(Content { host, process, token }) = read(&path)? else { return Ok(None) };
        let changed = match fs_err::metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            metadata => metadata?.modified()?,
        };
        // Of a process on this machine the lock tells more than any time.
        let now = if host == self::host() { SystemTime::now() } else { time_of(folder) };
        let silent = now.duration_since(changed).unwrap_or_default();
        Ok(Some(Holder { host, process, silent: Duration::from_secs(silent.as_secs()), token }))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // As a process that dies leaves it: nobody minds the lease of one that is dead.
        if std::thread::panicking() {
            return;
        }
        // What another machine took over is no longer ours to remove.
        if matches!(read(&self.path), Ok(Some(content)) if content.token == self.token) {
            let _ = fs_err::remove_file(&self.path);
        }
    }
}

/// Looks at the file whether somebody else has the lease that was `own`, and remembers it.
fn look(path: &Path, own: &str, lost: &AtomicBool) -> bool {
    if matches!(read(path), Ok(Some(content)) if content.token != own) {
        lost.store(true, Ordering::SeqCst);
    }
    lost.load(Ordering::SeqCst)
}

/// The file's content; nothing where there is none, or where it isn't written yet.
fn read(path: &Path) -> io::Result<Option<Content>> {
    match fs_err::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        bytes => Ok(Some(serde_json::from_slice(&bytes?).unwrap_or_else(|_| Content {
            host: String::new(),
            process: 0,
            token: String::new(),
        }))),
    }
}

/// The time by the clock of the folder's file system; this machine's, where nothing can be written there.
fn time_of(folder: &Path) -> SystemTime {
    let probe = folder.join(format!("{TEMPORARY_PREFIX}clock-{}", unique()));
    let time = File::create(&probe).and_then(|file| file.metadata()).and_then(|metadata| metadata.modified());
    let _ = fs_err::remove_file(&probe);
    time.unwrap_or_else(|_| SystemTime::now())
}

fn path(folder: &Path) -> PathBuf {
    folder.join("lease.json")
}

/// False where the system says that this machine has no such process.
fn exists(process: u32) -> bool {
    let processes = Path::new("/proc");
    !processes.join("self").exists() || processes.join(process.to_string()).exists()
}

/// The name of this machine.
fn host() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| sysinfo::System::host_name().unwrap_or_else(|| "this machine".to_owned()))
}

/// A word that no other hold has: the process, when, and how many before.
fn unique() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("{}-{}-{}", std::process::id(), since.as_nanos(), COUNT.fetch_add(1, Ordering::Relaxed))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn write(folder: &Path, host: &str, silent: Duration) {
        let content = Content { host: host.to_owned(), process: 7, token: "another".to_owned() };
        fs_err::write(path(folder), serde_json::to_vec(&content).unwrap()).unwrap();
        let file = OpenOptions::new().write(true).open(path(folder)).unwrap();
        file.set_modified(SystemTime::now() - silent).unwrap();
    }

    /// Leaves a lease as a process on another machine has, with its last sign of life that long ago.
    pub(in crate::store) fn of_another_machine(folder: &Path, silent: Duration) {
        write(folder, "elsewhere", silent);
    }

    /// Leaves a lease as a process that died on this machine does.
    pub(in crate::store) fn of_this_machine(folder: &Path) {
        write(folder, host(), Duration::ZERO);
    }

    #[test]
    fn a_lease_without_locks_is_kept_by_signs_of_life_alone() {
        let folder = tempfile::tempdir().unwrap();
        let lease = Lease::take(folder.path(), false).unwrap().unwrap();
        let holder = Lease::take(folder.path(), false).unwrap().unwrap_err();
        assert_eq!((holder.process, holder.host.as_str()), (std::process::id(), host()));
        assert!(holder.silent < BEAT);
        drop(lease);
        assert_eq!(Lease::holder(folder.path()).unwrap(), None);
        let names = fs_err::read_dir(folder.path()).unwrap().count();
        assert_eq!(names, 0, "something was left behind");
    }

    #[test]
    fn a_lease_that_is_only_half_written_is_held_by_somebody() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(path(folder.path()), b"{\"ho").unwrap();
        let holder = Lease::take(folder.path(), true).unwrap().unwrap_err();
        assert_eq!(holder.to_string(), "another process");
    }
}
