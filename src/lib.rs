//! Reproducible experiments and benchmarks for light medical image segmentation.
//!
//! An experiment file is planned into runs, each run leaves integer counts for each image, and every
//! number that anyone reads is derived from those counts and compared with what the paper claims.
//!
//! The rooms stand in the order in which data passes them: [`experiment`] → [`dataset`] → [`model`] and
//! [`train`] (on [`kernel`]) → [`executor`] → [`store`] → [`metric`] and [`statistics`] → [`claim`] →
//! [`report`]; [`cli`] is the only room that talks to a terminal.

pub mod analysis;
pub mod claim;
pub mod cli;
pub mod cost;
pub mod dataset;
pub mod digest;
pub mod executor;
pub mod experiment;
pub mod fetch;
pub mod kernel;
pub mod metric;
pub mod model;
pub mod number;
pub mod random;
pub mod report;
pub mod statistics;
pub mod store;
pub mod train;
pub mod verify;
