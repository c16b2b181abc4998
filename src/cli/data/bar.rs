//! How far a preparation is.

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::printer::Printer;

/// A bar of pairs on a terminal; elsewhere it shows nothing.
pub(in crate::cli) struct PairBar(ProgressBar);

impl PairBar {
    pub(in crate::cli) fn new(printer: Printer) -> Self {
        let bar = ProgressBar::with_draw_target(Some(1), printer.progress_target());
        if let Ok(style) = ProgressStyle::with_template("  {wide_bar} {pos}/{len} pairs  {eta} left") {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// Shows the pairs that are done, of all.
    pub(in crate::cli) fn show(&self, done: usize, all: usize) {
        self.0.set_length(all as u64);
        self.0.set_position(done as u64);
    }
}

impl Drop for PairBar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
