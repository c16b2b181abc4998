//! The commands: the only room that reads arguments and talks to a terminal.

mod args;
mod audit;
mod bench;
mod compare;
mod context;
mod data;
mod duration;
mod evaluate;
mod exit_code;
mod explain;
mod failure;
mod fake_option;
mod gather;
mod label;
mod model;
mod pace;
mod panic;
mod plan;
mod predict;
mod printer;
mod progress;
mod registry;
mod report;
mod resize;
mod run;
mod size;
mod start;
mod status;
mod store;
mod sweep;
mod table;
mod verify;
mod weights;
mod work;

pub use exit_code::ExitCode;
pub use start::main;
