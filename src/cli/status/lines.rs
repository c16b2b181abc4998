//! What a watch tells where it can't draw: a line for each change, or JSON lines.

use super::standing::Standing;
use super::survey::Survey;
use crate::cli::printer::Printer;
use crate::cli::sweep::Stand;
use crate::executor::now;

/// Tells of changes, one after another.
pub(super) struct Lines {
    printer: Printer,
    json: bool,
    begun: bool,
    /// What was last said of all runs.
    said: String,
}

impl Lines {
    /// Lines of text, or of JSON.
    pub(super) fn new(printer: Printer, json: bool) -> Self {
        Self { printer, json, begun: false, said: String::new() }
    }

    /// Tells of the runs at the positions `changed`; the first time, of how all stand.
    pub(super) fn tell(&mut self, survey: &Survey, changed: &[usize]) {
        let first = !std::mem::replace(&mut self.begun, true);
        let all = survey.runs().iter();
        if self.json {
            let runs: Vec<&Standing> = if first { all.collect() } else { of(survey, changed) };
            if first || !runs.is_empty() {
                let mut value = survey.json_of(&runs);
                value["time"] = now().into();
                self.printer.json_line(&value);
            }
            return;
        }
        // What nobody has begun, and what is done, is counted in the line for all.
        let begun = |standing: &&Standing| match Stand::of(&standing.item().reason) {
            Stand::Running | Stand::Failed => true,
            Stand::Waiting => standing.epochs_done() > 0,
            Stand::Done => false,
        };
        for standing in if first { all.filter(begun).collect() } else { of(survey, changed) } {
            self.printer.result(format_args!("{} {}", now(), standing.line()));
        }
        let line = survey.line();
        if line != self.said {
            self.printer.result(format_args!("{} {}: {line}", now(), survey.name()));
            self.said = line;
        }
    }
}

fn of<'a>(survey: &'a Survey, positions: &[usize]) -> Vec<&'a Standing> {
    positions.iter().map(|&position| &survey.runs()[position]).collect()
}
