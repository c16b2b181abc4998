//! Integration tests: one binary, a module for each concern.

mod claim;
mod example;
mod metric;
mod report;
mod report_look;
