//! Integration tests: one binary, a module for each concern.

mod experiment_files;
mod experiment_meaning;
