//! The only place that prints: results to standard output, everything else to standard error.
//!
//! A reader that goes away (`ege-bench plan x.toml | head -1`) is no error.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;
use clap::builder::styling::{AnsiColor, Style};
use console::Term;
use indicatif::{MultiProgress, ProgressDrawTarget};
use serde::Serialize;

use super::failure::{Failure, Message};

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless the environment has `NO_COLOR` or `TERM=dumb`.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Whether a result couldn't be printed; printers are copied about, so it stands outside them.
static LOST: AtomicBool = AtomicBool::new(false);

/// Whether nobody reads results any more.
static UNREAD: AtomicBool = AtomicBool::new(false);

/// The bars that stand below all that is printed, once there are any.
static BARS: OnceLock<MultiProgress> = OnceLock::new();

/// Prints.
#[derive(Clone, Copy, Debug)]
pub(super) struct Printer {
    color: Color,
    quiet: bool,
}

impl Printer {
    pub(super) fn new(color: Color, quiet: bool) -> Self {
        Self { color, quiet }
    }

    /// Prints a result.
    pub(super) fn result(self, text: impl Display) {
        match above_bars(|| writeln!(io::stdout(), "{text}")) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => UNREAD.store(true, Ordering::Relaxed),
            Err(error) => self.lost(&error),
        }
    }

    /// Says once that results can't be printed.
    fn lost(self, error: &io::Error) {
        if !LOST.swap(true, Ordering::Relaxed) {
            self.error(&format!("can't write to standard output: {error}"), None);
        }
    }

    /// True if any result couldn't be printed; that was told once.
    pub(super) fn lost_a_result() -> bool {
        LOST.load(Ordering::Relaxed)
    }

    /// Where a worker tells its parent how it goes.
    pub(super) fn parent() -> impl Write + Send {
        io::stdout()
    }

    /// True if nobody reads or can be given results any more: what prints on and on may end.
    pub(super) fn is_unread() -> bool {
        UNREAD.load(Ordering::Relaxed) || Self::lost_a_result()
    }

    /// Prints a result for machines.
    pub(super) fn json(self, value: &impl Serialize) {
        match serde_json::to_string_pretty(value) {
            Ok(text) => self.result(text),
            Err(error) => self.error(&format!("can't write JSON: {error}"), None),
        }
    }

    /// Prints a result for machines, as one line of many.
    pub(super) fn json_line(self, value: &impl Serialize) {
        match serde_json::to_string(value) {
            Ok(text) => self.result(text),
            Err(error) => self.error(&format!("can't write JSON: {error}"), None),
        }
    }

    /// Says how things go, unless quiet.
    pub(super) fn note(self, text: impl Display) {
        if !self.quiet {
            self.to_stderr(text);
        }
    }

    /// Says that something is not as it should be.
    pub(super) fn warning(self, text: &str) {
        self.labelled("warning", AnsiColor::Yellow, text);
    }

    /// Says why a command failed, and what can be done.
    pub(super) fn error(self, text: &str, hint: Option<&str>) {
        self.labelled("error", AnsiColor::Red, text);
        if let Some(hint) = hint {
            self.labelled("hint", AnsiColor::Cyan, hint);
        }
    }

    /// Says why a command failed.
    pub(super) fn failure(self, failure: &Failure) {
        match &failure.message {
            Message::Plain { error, hint } => self.error(error, hint.as_deref()),
            Message::Experiment(error) => {
                let text = error.render(self.colors(io::stderr().is_terminal()));
                self.to_stderr(text.trim_end());
            }
        }
    }

    /// Prints what clap has to say: help to standard output, mistakes to standard error.
    pub(super) fn clap(self, error: &clap::Error) {
        let text = error.render();
        let to_stderr = error.use_stderr();
        let terminal = if to_stderr { io::stderr().is_terminal() } else { io::stdout().is_terminal() };
        let text = if self.colors(terminal) { text.ansi().to_string() } else { text.to_string() };
        if to_stderr { self.to_stderr(text.trim_end()) } else { self.result(text.trim_end()) }
    }

    /// Where a progress bar is drawn; nowhere if quiet or without a terminal.
    pub(super) fn progress_target(self) -> ProgressDrawTarget {
        if self.has_bar() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() }
    }

    /// Several progress bars, drawn there below all that is printed from now on.
    pub(super) fn bars(self) -> &'static MultiProgress {
        BARS.get_or_init(|| MultiProgress::with_draw_target(self.progress_target()))
    }

    /// The terminal of results, to draw on it again and again; none where results go elsewhere.
    pub(super) fn screen(self) -> Option<Screen> {
        let terminal = Term::buffered_stdout();
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        (terminal.is_term() && !dumb).then_some(Screen { printer: self, terminal, drawn: (0, (0, 0)) })
    }

    /// True where a progress bar is drawn.
    pub(super) fn has_bar(self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    fn labelled(self, label: &str, color: AnsiColor, text: &str) {
        if self.colors(io::stderr().is_terminal()) {
            let style = Style::new().bold().fg_color(Some(color.into()));
            self.to_stderr(format_args!("{style}{label}{style:#}: {text}"));
        } else {
            self.to_stderr(format_args!("{label}: {text}"));
        }
    }

    // Nobody is left to be told where even standard error fails.
    #[expect(clippy::unused_self, reason = "reads as the others do")]
    fn to_stderr(self, text: impl Display) {
        let _ = above_bars(|| writeln!(io::stderr(), "{text}"));
    }

    fn colors(self, terminal: bool) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let plain = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
                terminal && !plain("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
            }
        }
    }
}

/// Prints where the bars are and has them drawn again below it.
fn above_bars<R>(print: impl FnOnce() -> R) -> R {
    match BARS.get() {
        // Whoever panics may be the one who draws, and would wait for itself.
        Some(bars) if !std::thread::panicking() => bars.suspend(print),
        _ => print(),
    }
}

/// A part of a terminal that is drawn again and again.
#[derive(Debug)]
pub(super) struct Screen {
    printer: Printer,
    terminal: Term,
    /// How many lines stand there, and how high and wide the terminal was then.
    drawn: (usize, (u16, u16)),
}

impl Screen {
    /// Lines that the terminal has room for.
    pub(super) fn rows(&self) -> usize {
        usize::from(self.terminal.size().0)
    }

    /// Draws the text in the place of what was drawn before; what doesn't fit is cut off.
    pub(super) fn draw(&mut self, text: &str) {
        if let Err(error) = self.try_draw(text) {
            self.printer.lost(&error);
        }
    }

    fn try_draw(&mut self, text: &str) -> io::Result<()> {
        let size = self.terminal.size();
        let (rows, columns) = (usize::from(size.0), usize::from(size.1));
        if self.drawn.0 > 0 && self.drawn.1 != size {
            // Lines may have been broken in two, so nobody knows where the first one stands.
            self.terminal.clear_screen()?;
        } else {
            self.terminal.move_cursor_up(self.drawn.0)?;
        }
        let mut lines = 0;
        for line in text.lines().take(rows.saturating_sub(1)) {
            self.terminal.clear_line()?;
            self.terminal.write_line(&console::truncate_str(line, columns, "…"))?;
            lines += 1;
        }
        self.terminal.clear_to_end_of_screen()?;
        self.terminal.flush()?;
        self.drawn = (lines, size);
        Ok(())
    }
}
