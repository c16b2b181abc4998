//! How far a fetch is: a bar with speed and time left on a terminal, a line now and then elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::printer::Printer;
use crate::cli::{duration, size};

/// The time between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(15);

/// How far one archive is.
pub(super) struct Meter {
    printer: Printer,
    bar: ProgressBar,
    /// When the first bytes of this process were there, and how many there were then.
    begun: Option<(Instant, u64)>,
    told: Instant,
}

impl Meter {
    pub(super) fn new(printer: Printer, name: &str) -> Self {
        let bar = printer.bars().add(ProgressBar::no_length());
        let template = "  {wide_bar} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(name.to_owned());
        Self { printer, bar, begun: None, told: Instant::now() }
    }

    /// Bytes that are there, of all where that is known.
    pub(super) fn set(&mut self, done: u64, all: Option<u64>) {
        let (begun, first) = *self.begun.get_or_insert_with(|| {
            // What an earlier process brought is no part of this one's speed.
            self.bar.set_position(done);
            self.bar.reset_eta();
            (Instant::now(), done)
        });
        if let Some(all) = all {
            self.bar.set_length(all);
        }
        self.bar.set_position(done);
        if !self.printer.has_bar() && self.told.elapsed() > LINE_EVERY {
            self.told = Instant::now();
            let speed = done.saturating_sub(first) as f64 / begun.elapsed().as_secs_f64().max(1e-3);
            self.printer.note(line(done, all, speed));
        }
    }

    /// The next bytes have another speed: those of the disk were hashed.
    pub(super) fn begin_again(&mut self) {
        self.begun = None;
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// `1.2 GB of 5.8 GB, 11.0 MB/s, 6 min 58 s left`.
fn line(done: u64, all: Option<u64>, speed: f64) -> String {
    let speed_told = format!("{}/s", size::human(speed as u64));
    match all {
        Some(all) => {
            let left = duration::human(all.saturating_sub(done) as f64 / speed);
            format!("  {} of {}, {speed_told}, {left} left", size::human(done), size::human(all))
        }
        None => format!("  {}, {speed_told}", size::human(done)),
    }
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_line_tells_speed_and_time_left() {
        assert_eq!(
            line(1_200_000_000, Some(5_800_000_000), 11e6),
            "  1.2 GB of 5.8 GB, 11.0 MB/s, 6 min 58 s left"
        );
        assert_eq!(line(0, Some(10), 0.0), "  0 B of 10 B, 0 B/s, ? left");
        assert_eq!(line(5, None, 1.0), "  5 B, 1 B/s");
    }
}
