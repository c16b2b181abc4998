//! Links a few C functions over libtorch that tch doesn't have; `ege-bench` declares and calls them
//! (`src/kernel/libtorch/shim.rs`).
//!
//! A package of its own, because its build script is ready long before that of torch-sys: a libtorch that is missing
//! or of another version is told of in words, before a compiler meets it.
