//! Graphics cards, as the driver's own program tells of them: also to a build without libtorch.

use std::process::{Command, Stdio};

use serde::Serialize;

/// A graphics card.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Card {
    /// Its name.
    pub name: String,
    /// Version of the driver.
    pub driver: String,
    /// Compute capability.
    pub capability: String,
    /// Memory in MiB, that there is and that is free.
    pub memory_mib: u64,
    pub free_mib: u64,
}

/// All cards that the driver knows of; none where there is no driver.
pub(super) fn cards() -> Vec<Card> {
    let query = "--query-gpu=name,driver_version,compute_cap,memory.total,memory.free";
    let output = Command::new("nvidia-smi")
        .args([query, "--format=csv,noheader,nounits"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    match output {
        Ok(output) if output.status.success() => read(&String::from_utf8_lossy(&output.stdout)),
        _ => Vec::new(),
    }
}

fn read(text: &str) -> Vec<Card> {
    let card = |line: &str| {
        let [name, driver, capability, memory, free] =
            line.split(',').map(str::trim).collect::<Vec<_>>().try_into().ok()?;
        Some(Card {
            name: name.to_owned(),
            driver: driver.to_owned(),
            capability: capability.to_owned(),
            memory_mib: memory.parse().unwrap_or(0),
            free_mib: free.parse().unwrap_or(0),
        })
    };
    text.lines().filter_map(card).collect()
}

#[cfg(test)]
mod tests {
    use super::{Card, read};

    #[test]
    fn cards_are_read() {
        let text = "NVIDIA H200, 575.57.08, 9.0, 143771, 143151\nNVIDIA T4, 575.57.08, 7.5, 15360, [N/A]\n\nbroken\n";
        let card = |name: &str, capability: &str, memory_mib, free_mib| Card {
            name: name.into(),
            driver: "575.57.08".into(),
            capability: capability.into(),
            memory_mib,
            free_mib,
        };
        assert_eq!(
            read(text),
            [card("NVIDIA H200", "9.0", 143_771, 143_151), card("NVIDIA T4", "7.5", 15_360, 0)]
        );
        assert!(read("").is_empty());
    }
}
