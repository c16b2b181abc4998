//! Integration tests: one binary, a module for each concern.

mod dataset;
mod experiment_files;
mod experiment_meaning;
