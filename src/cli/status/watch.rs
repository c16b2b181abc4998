//! Looking again and again, until no run is left to be made or the user has seen enough.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::lines::Lines;
use super::screen;
use super::survey::Survey;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::executor::Interrupt;

/// Looks every so often and shows what is seen: in place on a terminal, as lines elsewhere, as JSON where asked.
pub(super) fn run(
    printer: Printer,
    survey: &mut Survey,
    every: Duration,
    json: bool,
) -> Result<ExitCode, Failure> {
    let (told, hears) = mpsc::channel();
    // Nothing is written, so a signal ends it as well as any other moment: a second one isn't needed.
    Interrupt::on_signals(move || {
        // Nobody hears it where the last look is over.
        let _ = told.send(());
    })
    .map_err(|error| Failure::usage(format!("can't listen to Ctrl-C: {error}"), None))?;
    let mut screen = if json { None } else { printer.screen() };
    let mut lines = Lines::new(printer, json);
    loop {
        let changed = survey.look()?;
        match &mut screen {
            Some(screen) => screen::draw(screen, survey),
            None => lines.tell(survey, &changed),
        }
        if survey.is_done() || Printer::is_unread() {
            return Ok(ExitCode::Success);
        }
        match hears.recv_timeout(every) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return Ok(ExitCode::Success),
        }
    }
}

/// Reads how many seconds lie between two looks.
///
/// # Errors
/// What is wrong with the text, and what is allowed.
pub(in crate::cli) fn interval(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.1..=86_400.0).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| {
        format!("`{text}` is no time between two looks: write seconds from 0.1 to 86400, such as 2")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_seconds() {
        assert_eq!(interval("2"), Ok(Duration::from_secs(2)));
        assert_eq!(interval("0.5"), Ok(Duration::from_millis(500)));
        for text in ["", "0", "-1", "nan", "inf", "1e9", "2s"] {
            assert!(interval(text).is_err(), "{text}");
        }
    }
}
