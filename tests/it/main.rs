//! Integration tests: one binary, a module for each concern.

mod architecture;
mod pages;
