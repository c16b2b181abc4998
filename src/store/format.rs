//! The version of the run folder's format: a newer one is refused by name, never guessed at.

use std::path::Path;

use serde_json::Value;

use super::StoreError;

/// The format that this version writes and the newest that it reads.
pub const FORMAT: u32 = 1;

/// Parses `run.json`'s bytes as far as the format allows.
///
/// The format is looked at before anything else, because a newer file may differ in everything else.
///
/// # Errors
/// When the bytes aren't JSON, names no format, or names a newer one.
pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Value, StoreError> {
    let damaged = |message: String| StoreError::Damaged { path: path.to_owned(), message };
    let value: Value = serde_json::from_slice(bytes).map_err(|error| damaged(error.to_string()))?;
    match value.get("format").and_then(Value::as_u64) {
        Some(found) if found > u64::from(FORMAT) => {
            Err(StoreError::Newer { path: path.to_owned(), found, supported: FORMAT })
        }
        Some(_) => Ok(value),
        None => Err(damaged("no format version found; a whole number named `format` is expected".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: impl AsRef<[u8]>, expect: &str) {
        let text = text.as_ref();
        let told = match parse(Path::new("run.json"), text) {
            Ok(_) => "fine".to_owned(),
            Err(error) => error.to_string(),
        };
        assert!(told.contains(expect), "{}: {told}", text.escape_ascii());
    }

    #[test]
    fn a_newer_format_is_refused_by_name() {
        check(r#"{"format": 1}"#, "fine");
        check(r#"{"format": 2, "everything": "new"}"#, "format 2 is newer than 1");
        check(r#"{"id": "x"}"#, "no format version");
        check(r#"{"form"#, "EOF");
        check(b"{\"format\": 1, \"id\": \"\xff\"}", "run.json: invalid unicode code point");
    }
}
