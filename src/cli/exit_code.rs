//! Every code with which ege-bench ends.

use std::fmt::Write as _;

/// How a command ended, as scripts see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// All good.
    Success = 0,
    /// A check failed: a run that was verified doesn't repeat, or what `--check` asks for doesn't hold.
    CheckFailed = 1,
    /// The user's file or arguments are at fault.
    Usage = 2,
    /// Data is missing, its licence isn't accepted, its checksum is wrong, or some of it can't be used; so for weights.
    Data = 3,
    /// There was nothing to do.
    NothingToDo = 4,
    /// Interrupted at a checkpoint; the same command goes on.
    Interrupted = 5,
    /// The results or a data set are locked by another process, the results of a newer format, damaged, or not
    /// accessible; or standard output can't be written.
    Store = 6,
    /// A run failed.
    RunFailed = 7,
    /// A bug of ege-bench.
    Bug = 101,
}

impl ExitCode {
    /// All codes, in order.
    pub const ALL: [Self; 9] = [
        Self::Success,
        Self::CheckFailed,
        Self::Usage,
        Self::Data,
        Self::NothingToDo,
        Self::Interrupted,
        Self::Store,
        Self::RunFailed,
        Self::Bug,
    ];

    /// The number.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// What the code means, for `--help`.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Success => "all good",
            Self::CheckFailed => {
                "a check failed: a run or report that was verified doesn't repeat, or what --check asks for doesn't hold"
            }
            Self::Usage => "the file or the arguments are at fault",
            Self::Data => "data or weights are missing, unfit or damaged",
            Self::NothingToDo => "nothing to do: every run was done before",
            Self::Interrupted => "interrupted at a checkpoint; the same command goes on",
            Self::Store => {
                "results or data locked by another process, results of a newer format, damaged or not accessible; \
                 or standard output can't be written"
            }
            Self::RunFailed => "a run failed; the others were made",
            Self::Bug => "a bug of ege-bench",
        }
    }

    /// The table of codes that ends the help.
    pub fn table() -> String {
        let mut text = String::from("Exit codes:\n");
        for code in Self::ALL {
            // Writing to a string can't fail.
            let _ = writeln!(text, "  {:>3}  {}", code.number(), code.meaning());
        }
        let second = crate::executor::SECOND_INTERRUPT_CODE;
        let _ = write!(text, "  {second:>3}  ended at once by a second Ctrl-C; the last checkpoint stands");
        text
    }
}

impl ExitCode {
    /// The code of a command of which a result couldn't be printed: what it did otherwise matters less only
    /// where that went well.
    pub(super) fn with_lost_output(self) -> Self {
        match self {
            Self::Success | Self::NothingToDo => Self::Store,
            other => other,
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_in_the_table_once() {
        let numbers: Vec<u8> = ExitCode::ALL.map(ExitCode::number).to_vec();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 7, 101]);
        assert_eq!(ExitCode::table().lines().count(), 1 + ExitCode::ALL.len() + 1);
    }
}
