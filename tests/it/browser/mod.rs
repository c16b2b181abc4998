//! Report pages in a real browser: headless Chromium, driven through chromedriver.
//!
//! `just browser` installs what is missing. Without chromedriver, or without axe-core at `EGE_BENCH_AXE`, the tests say
//! that they are skipped. `EGE_BENCH_SCREENSHOTS` names a folder for pictures of the pages, `EGE_BENCH_REPORT` another
//! page to look at.

mod copy;
mod details;
mod driver;
mod gallery;
mod look;
mod pages;
mod session;
mod tables;
