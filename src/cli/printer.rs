//! The only place that prints: results to standard output, everything else to standard error.
//!
//! A reader that goes away (`ege-bench plan x.toml | head -1`) is no error.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;
use clap::builder::styling::{AnsiColor, Style};
use indicatif::ProgressDrawTarget;
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
        if let Err(error) = writeln!(io::stdout(), "{text}")
            && error.kind() != io::ErrorKind::BrokenPipe
            && !LOST.swap(true, Ordering::Relaxed)
        {
            self.error(&format!("can't write to standard output: {error}"), None);
        }
    }

    /// True if any result couldn't be printed; that was told once.
    pub(super) fn lost_a_result() -> bool {
        LOST.load(Ordering::Relaxed)
    }

    /// Where a worker tells its parent how it goes.
    pub(super) fn parent() -> impl Write {
        io::stdout().lock()
    }

    /// Prints a result for machines.
    pub(super) fn json(self, value: &impl Serialize) {
        match serde_json::to_string_pretty(value) {
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
        let _ = writeln!(io::stderr(), "{text}");
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
