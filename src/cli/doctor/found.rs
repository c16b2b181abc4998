//! What is there to run on, and what is missing.

use std::collections::BTreeMap;

use serde::Serialize;

use super::cards::{Card, cards};
use crate::executor::machine;
use crate::kernel::cpu::simd::InstructionSet;
use crate::kernel::libtorch::{Libtorch, Place, built_with_cuda, versions};
use crate::train::Compute;

/// What is there to run on, and what is missing.
#[derive(Debug, Serialize)]
pub(super) struct Found {
    /// Version of ege-bench.
    pub version: &'static str,
    /// Processor, cores and memory.
    pub machine: String,
    /// Instructions of the processor that the built-in path uses.
    pub instruction_set: String,
    /// What libtorch says of itself, by name; empty in a build without it.
    pub libtorch: BTreeMap<String, String>,
    /// Whether that libtorch is one with CUDA.
    pub libtorch_cuda: bool,
    /// Graphics cards that the driver knows of.
    pub cards: Vec<Card>,
    /// `CUDA_VISIBLE_DEVICES`, if set.
    pub visible: Option<String>,
    /// Devices that `--device` takes here.
    pub devices: Vec<Device>,
    /// What one might want and isn't there.
    pub missing: Vec<Missing>,
}

/// A device that `--device` takes.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Device {
    /// Its name for `--device`.
    pub name: String,
    /// Its class: results of one are comparable.
    pub class: &'static str,
    /// Whether it computes in mixed precision.
    pub bf16: bool,
    /// Memory of its own in MiB, that there is and that is free.
    pub memory_mib: Option<u64>,
    pub free_mib: Option<u64>,
    /// Compute capability of a graphics card.
    pub capability: Option<String>,
}

/// Something that isn't there.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Missing {
    /// What.
    pub what: String,
    /// The command that brings it, or what else helps.
    pub mend: String,
}

impl Found {
    /// Looks.
    pub(super) fn look() -> Self {
        let said = versions();
        let libtorch: BTreeMap<String, String> = said
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.lines().next().unwrap_or_default().to_owned()))
            .collect();
        let (cards, visible) = (cards(), std::env::var("CUDA_VISIBLE_DEVICES").ok());
        let seen = Libtorch::cards();
        let missing =
            missing(!libtorch.is_empty(), built_with_cuda(), (&cards, seen.len()), visible.as_deref());
        let library = Libtorch::open(Place::Cpu).ok().into_iter().chain(seen).map(Compute::Libtorch);
        Self {
            version: env!("CARGO_PKG_VERSION"),
            machine: machine(),
            instruction_set: format!("{:?}", InstructionSet::current()).to_lowercase(),
            libtorch_cuda: built_with_cuda(),
            libtorch,
            cards,
            visible,
            devices: std::iter::once(Compute::Cpu).chain(library).map(device).collect(),
            missing,
        }
    }
}

fn device(compute: Compute) -> Device {
    let memory = compute.library().and_then(Libtorch::memory);
    let mib = |bytes: u64| bytes >> 20;
    Device {
        name: compute.to_string(),
        class: compute.class(),
        bf16: compute.has_bf16(),
        memory_mib: memory.map(|(_, total)| mib(total)),
        free_mib: memory.map(|(free, _)| mib(free)),
        capability: compute
            .library()
            .and_then(Libtorch::capability)
            .map(|(major, minor)| format!("{major}.{minor}")),
    }
}

/// What isn't there; `cards` are those that the driver knows of, and how many libtorch sees.
fn missing(
    library: bool,
    cuda: bool,
    (cards, seen): (&[Card], usize),
    visible: Option<&str>,
) -> Vec<Missing> {
    let entry = |what: &str, mend: &str| Missing { what: what.to_owned(), mend: mend.to_owned() };
    let wanted = if cards.is_empty() { "just libtorch cpu" } else { "just libtorch cuda" };
    if !library {
        return vec![entry("libtorch: this build has only the built-in path", wanted)];
    }
    match (cuda, cards.is_empty()) {
        (false, false) => {
            vec![entry("CUDA: a graphics card is there, and this libtorch is the one without CUDA", wanted)]
        }
        (true, true) if seen == 0 => vec![entry(
            "a graphics card: no NVIDIA driver answers",
            "install the driver that NVIDIA has for the card; `nvidia-smi` then shows it",
        )],
        (true, _) if seen == 0 => {
            let mend = match visible {
                Some(list) => {
                    format!("CUDA_VISIBLE_DEVICES is `{list}`: unset it, or name a card that is there")
                }
                None => "libtorch 2.9.0 wants a driver for CUDA 12.8 (570 or later)".to_owned(),
            };
            vec![Missing { what: "a graphics card that libtorch can use".to_owned(), mend }]
        }
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_with_what_mends_it() {
        let card = Card {
            name: "NVIDIA H200".into(),
            driver: "575".into(),
            capability: "9.0".into(),
            memory_mib: 1,
            free_mib: 1,
        };
        let some = std::slice::from_ref(&card);
        for (library, cuda, cards, visible, expect) in [
            (false, false, (&[][..], 0), None, Some("just libtorch cpu")),
            (false, false, (some, 0), None, Some("just libtorch cuda")),
            (true, false, (&[][..], 0), None, None),
            (true, false, (some, 0), None, Some("just libtorch cuda")),
            (true, true, (&[][..], 0), None, Some("install the driver")),
            (true, true, (some, 0), Some("7"), Some("CUDA_VISIBLE_DEVICES is `7`")),
            (true, true, (some, 0), None, Some("570 or later")),
            (true, true, (some, 1), None, None),
        ] {
            let found = missing(library, cuda, cards, visible);
            let mend = found.first().map(|missing| missing.mend.as_str());
            assert!(
                mend.zip(expect).is_some_and(|(mend, expect)| mend.contains(expect)) || mend == expect,
                "{found:?}, not {expect:?}"
            );
        }
    }
}
