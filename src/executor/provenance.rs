//! With what a run is made: the build, the machine and the time.

use sysinfo::{
    CpuRefreshKind, MemoryRefreshKind, ProcessRefreshKind, ProcessesToUpdate, RefreshKind, System,
};

use super::trainer::Trainer;
use crate::digest::sha256;
use crate::store::Provenance;

/// Version of ege-bench.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Git commit of the build; empty where the build knew none.
const COMMIT: &str = env!("EGE_BENCH_COMMIT");
/// `true` if the working tree differed from the commit.
const DIRTY: &str = env!("EGE_BENCH_DIRTY");
/// The exact versions of every dependency.
const CARGO_LOCK: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock"));

/// The build and this machine, with the trainer's device; times and sessions are left to the caller.
pub fn provenance(trainer: &dyn Trainer) -> Provenance {
    let arithmetic = trainer.arithmetic();
    Provenance {
        device: trainer.device().to_owned(),
        hardware: match trainer.place() {
            place if place.is_empty() => machine(),
            place => format!("{}, {place}", machine()),
        },
        kernels: arithmetic.kernels,
        instruction_set: arithmetic.instruction_set,
        threads: trainer.threads(),
        system: operating_system(),
        ..build()
    }
}

/// The build alone.
pub(super) fn build() -> Provenance {
    Provenance {
        version: VERSION.to_owned(),
        commit: COMMIT.to_owned(),
        dirty: DIRTY == "true",
        cargo_lock: sha256(CARGO_LOCK),
        ..Provenance::default()
    }
}

/// The time, RFC 3339 in UTC, to the second.
pub fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// This machine: processor, cores and memory, such as `AMD EPYC 7763 (2 cores, 24 GB)`.
pub fn machine() -> String {
    let wanted = RefreshKind::nothing()
        .with_cpu(CpuRefreshKind::nothing())
        .with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = System::new_with_specifics(wanted);
    let name = system.cpus().first().map_or("", |cpu| cpu.brand().trim());
    let name = if name.is_empty() { std::env::consts::ARCH } else { name };
    let gigabytes = (system.total_memory() as f64 / 1e9).round();
    format!("{name} ({} cores, {gigabytes} GB)", system.cpus().len())
}

fn operating_system() -> String {
    let version = System::long_os_version().unwrap_or_else(|| std::env::consts::OS.to_owned());
    format!("{version}, {}", System::kernel_long_version())
}

/// Reads the resident memory of this process.
#[derive(Debug)]
pub(super) struct MemoryGauge {
    system: System,
}

impl MemoryGauge {
    pub(super) fn new() -> Self {
        Self { system: System::new() }
    }

    /// Resident memory in MB; 0 where unknown.
    pub(super) fn megabytes(&mut self) -> u64 {
        let Ok(id) = sysinfo::get_current_pid() else { return 0 };
        let wanted = ProcessRefreshKind::nothing().with_memory();
        self.system.refresh_processes_specifics(ProcessesToUpdate::Some(&[id]), true, wanted);
        self.system.process(id).map_or(0, |process| process.memory() / 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::FakeTrainer;

    #[test]
    fn the_build_and_the_machine_are_named() {
        let made = provenance(&FakeTrainer::default());
        assert_eq!(made.cargo_lock.len(), 64);
        assert!(made.commit.is_empty() || made.commit.len() == 40, "{}", made.commit);
        assert!(made.hardware.contains("cores"), "{}", made.hardware);
        assert_eq!((made.device.as_str(), made.threads), ("fake", 1));
    }

    #[test]
    fn this_process_needs_memory() {
        assert!(MemoryGauge::new().megabytes() > 0);
    }
}
