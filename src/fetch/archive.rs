//! One archive: from whatever is there of it to a whole file that is what the lock says, over all hosts.

use std::path::Path;
use std::time::{Duration, Instant};

use super::agent::Client;
use super::backoff::Backoff;
use super::disk;
use super::download::{self, Tried, Watch};
use super::expected::{Judgement, judge, quarantine_name};
use super::fault::{Fault, FaultKind};
use super::order::Fetched;
use super::partial::{self, Partial};
use super::record::Record;
use super::{FetchError, Mismatch};
use crate::dataset::lock::Archive;

/// How often a wait looks whether to stop.
const LOOK: Duration = Duration::from_millis(50);

/// How a fetch tries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tries {
    /// Rounds over all hosts without a byte after which it gives up.
    pub rounds: u32,
    /// The wait after the first of them.
    pub pause: Duration,
}

/// True where the archive at `path` is whole and was found right before.
pub(super) fn is_there(path: &Path, archive: &Archive) -> bool {
    let Some(record) = Record::of(path) else { return false };
    let total = super::sums::Total { md5: record.md5, sha256: record.sha256, bytes: record.bytes };
    matches!(judge(archive, &total), Judgement::Right { .. })
}

/// Brings the archive to `path`, from the hosts below which the addresses `bases` lie.
///
/// # Errors
/// [`FetchError::Mismatch`] with the name under which the bytes are kept; [`FetchError::Network`] where no host gives
/// it; [`FetchError::Interrupted`]; what the file system does.
pub(super) fn fetch(
    client: &Client,
    bases: &[String],
    archive: &Archive,
    path: &Path,
    tries: Tries,
    watch: &mut dyn Watch,
) -> Result<Fetched, FetchError> {
    if path.exists() {
        if is_there(path, archive)
            && let Some(record) = Record::of(path)
        {
            return Ok(Fetched { record, new: false });
        }
        watch.note(format!("{}: is there; checking it", archive.name));
        let sums = partial::hash(path, &mut |done, all| {
            watch.progress(done, Some(all));
            !watch.stop()
        })?;
        let total = sums.total();
        return match judge(archive, &total) {
            Judgement::Right { checked, notes } => {
                for note in notes {
                    watch.note(note);
                }
                let record = Record::new(path, None, &total, checked)?;
                record.write(path)?;
                Ok(Fetched { record, new: false })
            }
            Judgement::Wrong { kind, found, expected } => {
                let kept = quarantine_name(path, &total.sha256);
                disk::rename(path, &kept)?;
                Err(mismatch(archive, kind, found, expected, &kept))
            }
        };
    }
    let mut partial = Partial::open(path, &mut |done, all| {
        watch.progress(done, Some(all));
        !watch.stop()
    })?;
    if partial.bytes() > 0 {
        watch.note(format!("{}: going on after {} bytes", archive.name, partial.bytes()));
    }
    let url = bring(client, bases, archive, &mut partial, tries, watch)?;
    let total = partial.total();
    match judge(archive, &total) {
        Judgement::Right { checked, notes } => {
            for note in notes {
                watch.note(note);
            }
            partial.rename(path)?;
            let record = Record::new(path, Some(url), &total, checked)?;
            record.write(path)?;
            Ok(Fetched { record, new: true })
        }
        Judgement::Wrong { kind, found, expected } => {
            let kept = quarantine_name(path, &total.sha256);
            partial.rename(&kept)?;
            Err(mismatch(archive, kind, found, expected, &kept))
        }
    }
}

fn mismatch(
    archive: &Archive,
    kind: &'static str,
    found: String,
    expected: String,
    kept: &Path,
) -> FetchError {
    FetchError::Mismatch(Box::new(Mismatch {
        archive: archive.name.clone(),
        kind,
        found,
        expected,
        origin: archive.origin.clone(),
        kept: kept.to_owned(),
    }))
}

/// Fills the partial file, going from host to host, and returns the address that gave its last byte.
fn bring(
    client: &Client,
    bases: &[String],
    archive: &Archive,
    partial: &mut Partial,
    tries: Tries,
    watch: &mut dyn Watch,
) -> Result<String, FetchError> {
    let mut hosts: Vec<Host> = bases.iter().map(|base| Host::new(base, &archive.name)).collect();
    // Whoever gave the beginning is asked first.
    hosts.sort_by_key(|host| host.url != partial.journal.url);
    let mut backoff = Backoff::new(tries.pause);
    let mut rounds = 0;
    // The most bytes that were ever there: a host that starts again and again gets nowhere.
    let mut most = partial.bytes();
    let can_join = archive.checksums().iter().any(|sum| sum.2);
    loop {
        if partial.is_whole() {
            return Ok(partial.journal.url.clone());
        }
        let mut received = false;
        let mut asked_to_wait = None;
        for at in 0..hosts.len() {
            // A host that gives bytes is asked again at once: connections end, files don't.
            while hosts[at].may_try() {
                // Without a checksum of the whole, halves of two hosts can't be joined.
                let begun_elsewhere = partial.bytes() > 0 && hosts[at].url != partial.journal.url;
                let goes_on = |host: &Host| host.url == partial.journal.url && host.may_try();
                if begun_elsewhere && !can_join && hosts.iter().any(goes_on) {
                    break;
                }
                match download::rest(client, &hosts[at].url, archive, partial, watch)? {
                    Tried::Whole => return Ok(hosts[at].url.clone()),
                    Tried::Fault(fault) => {
                        watch.note(format!("{}: {}: {}", archive.name, hosts[at].name(), fault.message));
                        asked_to_wait = asked_to_wait.max(fault.wait);
                        hosts[at].fault = Some(fault);
                    }
                }
                if partial.bytes() <= most {
                    break;
                }
                most = partial.bytes();
                received = true;
                backoff.reset();
            }
        }
        rounds = if received { 0 } else { rounds + 1 };
        let nobody_is_known = partial.bytes() == 0 && hosts.iter().all(Host::has_no_way);
        if rounds > tries.rounds || nobody_is_known || !hosts.iter().any(Host::may_try) {
            return Err(given_up(archive, &hosts, client));
        }
        wait(backoff.next(asked_to_wait), watch)?;
    }
}

/// Waits, unless the user wants to stop.
fn wait(time: Duration, watch: &mut dyn Watch) -> Result<(), FetchError> {
    if time >= Duration::from_secs(1) {
        watch.note(format!("trying again in {} s", time.as_secs()));
    }
    let begun = Instant::now();
    while begun.elapsed() < time {
        if watch.stop() {
            return Err(FetchError::Interrupted);
        }
        std::thread::sleep(LOOK.min(time));
    }
    Ok(())
}

/// A host, and what it answered last.
struct Host {
    url: String,
    fault: Option<Fault>,
}

impl Host {
    fn new(base: &str, name: &str) -> Self {
        // `+` would be read as a space by some hosts.
        let name = name.replace('+', "%2B");
        Self { url: format!("{}/{name}", base.trim_end_matches('/')), fault: None }
    }

    /// The host's part of the address.
    fn name(&self) -> &str {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        rest.split_once('/').map_or(rest, |(host, _)| host)
    }

    fn is(&self, kind: FaultKind) -> bool {
        self.fault.as_ref().is_some_and(|fault| fault.kind == kind)
    }

    fn may_try(&self) -> bool {
        !self.is(FaultKind::Refused) && !self.is(FaultKind::Certificate)
    }

    /// True where waiting won't help: there is no way to it from here.
    fn has_no_way(&self) -> bool {
        self.is(FaultKind::NoName) || self.is(FaultKind::Proxy) || !self.may_try()
    }
}

fn given_up(archive: &Archive, hosts: &[Host], client: &Client) -> FetchError {
    let faults: Vec<String> = hosts
        .iter()
        .map(|host| {
            let told = host.fault.as_ref().map_or("wasn't asked", |fault| fault.message.as_str());
            format!("{}: {told}", host.name())
        })
        .collect();
    let all = |kind: FaultKind| hosts.iter().all(|host| host.is(kind));
    let hint = if all(FaultKind::NoName) {
        match hosts.first().and_then(|host| client.proxy(&host.url)) {
            None => "this machine seems to be offline, or reaches the network through a proxy only: set HTTPS_PROXY \
                     then; or bring the archives on a disk and use `ege-bench data import`"
                .to_owned(),
            Some(proxy) => format!("is the proxy {proxy} right, and does it know these hosts?"),
        }
    } else if all(FaultKind::Proxy) {
        "HTTPS_PROXY (or HTTP_PROXY, ALL_PROXY) names the proxy, such as http://NAME:PASSWORD@proxy.example.org:3128, \
         NO_PROXY the hosts that need none"
            .to_owned()
    } else if all(FaultKind::Certificate) {
        "a proxy that looks into connections has a certificate authority of its own: name a PEM file with it in \
         SSL_CERT_FILE, such as the system's bundle; it counts instead of the authorities that this program knows"
            .to_owned()
    } else if all(FaultKind::Refused) {
        "the publisher may have moved it: `--mirror URL` fetches from elsewhere".to_owned()
    } else {
        "what was fetched is kept: the same command goes on".to_owned()
    };
    // A host that refuses one archive may give another.
    let no_way = hosts.iter().all(|host| host.has_no_way() && !host.is(FaultKind::Refused));
    FetchError::Network { archive: archive.name.clone(), problem: faults.join("; "), hint, no_way }
}
