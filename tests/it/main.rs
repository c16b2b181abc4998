//! Integration tests: one binary, a module for each concern.

mod architecture;
mod archive_server;
mod bench;
mod browser;
mod claim;
mod claims_cli;
mod dataset;
mod disk_full;
mod encoder;
mod evaluate;
mod example;
mod experiment_files;
mod experiment_meaning;
mod fake_sweep;
mod faulty_disk;
mod fetch;
mod fuzz;
mod import_sources;
mod kernels;
#[cfg(unix)]
mod kill_points;
mod kill_sweep;
mod libtorch;
mod live;
mod metric;
mod model;
mod model_based;
mod official_archives;
mod pages;
mod parity;
mod parity_baselines;
mod paths;
mod prepare;
mod prepared_data;
mod program;
mod report;
mod report_claims;
mod report_look;
mod run_cli;
mod run_resume;
mod splits;
mod starts;
mod statistics;
mod store;
mod store_archive;
mod store_tools;
mod user_folder;
mod verify;

/// The kernels' instruction set: whatever this processor has; `tests/portable.rs` has the other.
const INSTRUCTION_SET: Option<ege_bench::kernel::cpu::simd::InstructionSet> = None;
