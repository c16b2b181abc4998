//! What a watch draws on a terminal: as much of the table as there is room for.

use super::standing::{Standing, TITLES};
use super::survey::Survey;
use crate::cli::printer::Screen;
use crate::cli::sweep::Stand;
use crate::cli::table::Table;

/// Lines that aren't runs: titles, an empty line, the line for all, how to end it, and where the cursor stands.
const OTHERS: usize = 5;

/// Draws the survey in the place of what was drawn before.
pub(super) fn draw(screen: &mut Screen, survey: &Survey) {
    let stands: Vec<Stand> = survey.runs().iter().map(|run| Stand::of(&run.item().reason)).collect();
    let shown = choose(&stands, screen.rows().saturating_sub(OTHERS));
    let runs: Vec<&Standing> = shown.iter().map(|&position| &survey.runs()[position]).collect();
    let hidden = stands.len() - runs.len();
    let mut text = vec![table(&runs).to_string()];
    if hidden > 0 {
        text.push(format!("... and {hidden} more, most of them {}", most(&stands, &shown)));
    }
    text.push(format!("\n{}: {}", survey.name(), survey.line()));
    if !survey.is_done() {
        text.push("Ctrl-C ends the watch, not the runs".to_owned());
    }
    screen.draw(&text.join("\n"));
}

/// The runs as a table whose first column comes last: it is wide, and what doesn't fit is cut off on the right.
fn table(runs: &[&Standing]) -> Table {
    let mut titles = TITLES;
    titles.rotate_left(1);
    let mut table = Table::new(titles);
    for standing in runs {
        let mut cells = standing.row();
        cells.rotate_left(1);
        table.row(cells);
    }
    table
}

/// The positions to show where only `room` lines are left, in order: what runs, what failed, what comes next, and
/// what is done; one line is kept for what isn't shown.
fn choose(stands: &[Stand], room: usize) -> Vec<usize> {
    if stands.len() <= room {
        return (0..stands.len()).collect();
    }
    let rank = |stand: Stand| match stand {
        Stand::Running => 0,
        Stand::Failed => 1,
        Stand::Waiting => 2,
        Stand::Done => 3,
    };
    let mut positions: Vec<usize> = (0..stands.len()).collect();
    positions.sort_by_key(|&position| rank(stands[position]));
    positions.truncate(room.saturating_sub(1));
    positions.sort_unstable();
    positions
}

/// What most of the runs are that aren't shown.
fn most(stands: &[Stand], shown: &[usize]) -> &'static str {
    let count = |wanted: Stand| {
        stands.iter().enumerate().filter(|(at, stand)| **stand == wanted && !shown.contains(at)).count()
    };
    let words = [
        (Stand::Done, "done"),
        (Stand::Waiting, "waiting"),
        (Stand::Running, "running"),
        (Stand::Failed, "failed"),
    ];
    words.into_iter().max_by_key(|(stand, _)| count(*stand)).map_or("", |(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_and_what_failed_is_shown_first() {
        use Stand::{Done, Failed, Running, Waiting};
        let stands = [Done, Done, Failed, Running, Waiting, Waiting, Waiting];
        assert_eq!(choose(&stands, 7), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(choose(&stands, 4), [2, 3, 4]);
        assert_eq!(choose(&stands, 6), [2, 3, 4, 5, 6]);
        assert_eq!(choose(&stands, 0), [0_usize; 0]);
        assert_eq!(most(&stands, &[2, 3, 4]), "waiting");
        assert_eq!(most(&stands, &[2, 3, 4, 5, 6]), "done");
    }
}
