//! Room.
/// Runs the program.
pub fn main(_arguments: impl IntoIterator<Item = std::ffi::OsString>) -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
