//! Reading an experiment's layers: the file, what it extends, and `--set` arguments.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::diagnostic::{Diagnostic, similar};
use super::document::{self, Entry, Node, Table, Value};
use super::error::ExperimentError;
use super::file::SECTIONS;
use super::merge;
use super::source::{Origin, Source};

/// Reads the file at `path` laid over everything that it extends.
///
/// # Errors
/// When a file can't be read or isn't TOML, and when files extend one another in a circle.
pub fn read_file(path: &Path) -> Result<Node, ExperimentError> {
    let mut layer = read_one(path)?;
    let origin = layer.origin.clone();
    let mut above = Vec::new();
    let mut seen = vec![identity(path)];
    while let Some(base) = take_base(&mut layer)? {
        let base_path = base.origin.relative(base.string().unwrap_or_default());
        above.push(layer);
        if seen.contains(&identity(&base_path)) {
            let message = format!("{} is extended by itself", base_path.display());
            let diagnostic = Diagnostic::new(message).at(base.origin);
            return Err(diagnostic.hint("remove one `extends` of the circle").into());
        }
        seen.push(identity(&base_path));
        layer = read_one(&base_path).map_err(|error| match error {
            ExperimentError::Unreadable { path, source, similar } => {
                let diagnostic = match source.kind() {
                    io::ErrorKind::NotFound => format!("there is no file {}", path.display()),
                    kind => format!("can't read {}: {kind}", path.display()),
                };
                let hint = match similar {
                    Some(similar) => format!("did you mean {}?", similar.display()),
                    None => "the path is relative to the folder of the file that names it".to_owned(),
                };
                Diagnostic::new(diagnostic).at(base.origin).hint(hint).into()
            }
            invalid @ ExperimentError::Invalid { .. } => invalid,
        })?;
    }
    for later in above.iter().rev() {
        merge::overlay(&mut layer, later);
    }
    // What is missing is missing in the file that the user named.
    layer.origin = origin;
    Ok(layer)
}

/// What tells two paths to the same file apart from two files.
fn identity(path: &Path) -> PathBuf {
    fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn take_base(layer: &mut Node) -> Result<Option<Node>, Diagnostic> {
    let Value::Table(table) = &mut layer.value else { return Ok(None) };
    let Some(entry) = table.remove("extends") else { return Ok(None) };
    if entry.node.string().is_none() {
        let found = format!("found {}", entry.node.kind());
        let message = "`extends` must be a string, the path of one file";
        return Err(Diagnostic::new(message).at(entry.node.origin).label(found));
    }
    Ok(Some(entry.node))
}

fn read_one(path: &Path) -> Result<Node, ExperimentError> {
    let bytes = fs_err::read(path).map_err(|error| ExperimentError::Unreadable {
        path: path.to_owned(),
        // The kind is what the user can act on; fs_err's text would name the path twice.
        source: io::Error::from(error.kind()),
        similar: similar_file(path),
    })?;
    let name = path.to_owned();
    match String::from_utf8(bytes) {
        Ok(text) => Ok(document::parse(&Arc::new(Source { name, text }))?),
        Err(error) => {
            let start = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let end = start + char::REPLACEMENT_CHARACTER.len_utf8();
            let origin = Origin::new(&Arc::new(Source { name, text }), start..end);
            let diagnostic = Diagnostic::new("not a UTF-8 text").at(origin);
            Err(diagnostic.hint("save the file as UTF-8").into())
        }
    }
}

/// The experiment file whose name is nearest, beside `path` or in the folder `experiments`.
fn similar_file(path: &Path) -> Option<PathBuf> {
    let typed = path.file_stem()?.to_str()?;
    let beside = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    [beside, Path::new("experiments")].into_iter().find_map(|folder| {
        let mut stems: Vec<String> = fs_err::read_dir(folder)
            .ok()?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|file| file.extension() == Some(OsStr::new("toml")))
            .filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned()))
            .collect();
        stems.sort();
        let stem = similar(typed, stems.iter().map(String::as_str))?;
        Some(folder.join(format!("{stem}.toml")))
    })
}

/// Parses `a.b=VALUE` as a document with this one value; VALUE is TOML or a bare string.
///
/// # Errors
/// A diagnostic that points into the argument.
pub fn parse_set(argument: &str) -> Result<Node, Diagnostic> {
    const PREFIX: &str = "--set ";
    let source = Arc::new(Source { name: "command line".into(), text: format!("{PREFIX}{argument}") });
    let whole = Origin::new(&source, PREFIX.len()..source.text.len());
    let form = "write a key, `=` and a value: --set train.epochs=2";
    let Some((path, value)) = argument.split_once('=') else {
        return Err(Diagnostic::new("`--set` needs a value").at(whole).hint(form));
    };
    let mut keys = Vec::new();
    let mut start = PREFIX.len();
    for key in path.split('.') {
        let origin = Origin::new(&source, start..start + key.len());
        start += key.len() + 1;
        if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            let message = format!("\"{key}\" is not a key");
            return Err(Diagnostic::new(message).at(origin).hint(form));
        }
        keys.push((key, origin));
    }
    let reachable = ["name", "description", "claims"];
    if let Some((key @ ("variant" | "grid" | "extends"), origin)) = keys.first() {
        let message = format!("`--set` can't change `{key}`");
        let allowed = [&reachable[..], &SECTIONS[..]].concat();
        let diagnostic = Diagnostic::new(message).at(origin.clone());
        return Err(diagnostic
            .allowed(super::diagnostic::listed(allowed))
            .hint("a setting that is set this way holds for every variant"));
    }
    let mut node = set_value(&source, start, value)?;
    for (key, key_origin) in keys.into_iter().rev() {
        let entry = Entry { key: key.to_owned(), key_origin: key_origin.clone(), node };
        node = Node { origin: key_origin, value: Value::Table(Table { entries: vec![entry] }) };
    }
    Ok(node)
}

fn set_value(source: &Arc<Source>, start: usize, value: &str) -> Result<Node, Diagnostic> {
    let offset = start + (value.len() - value.trim_start().len());
    let value = value.trim();
    let parsed = document::parse_value(source, offset..offset + value.len());
    if parsed.is_ok() || value.starts_with(['[', '{', '"', '\'']) {
        return parsed.map_err(|diagnostic| {
            diagnostic.hint("put the argument into single quotes, or the shell may split it")
        });
    }
    let origin = Origin::new(source, offset..offset + value.len());
    if value.is_empty() {
        return Err(Diagnostic::new("`--set` needs a value").at(origin));
    }
    Ok(Node { origin, value: Value::String(value.to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_takes_toml_and_bare_strings() {
        let check = |argument: &str, path: &str, expect: &str| {
            let node = parse_set(argument).unwrap();
            let found = node.find(path).unwrap();
            assert_eq!(format!("{} {}", found.kind(), found.origin.text()), expect, "{argument}");
        };
        check("train.epochs=2", "train.epochs", "an integer 2");
        check("optimizer.adamw.learning-rate=1e-4", "optimizer.adamw.learning-rate", "a float 1e-4");
        check("train.seeds=[1, 2]", "train.seeds", "an array [1, 2]");
        check("augment.rotation=once", "augment.rotation", "a string once");
        check("augment.rotation=\"once\"", "augment.rotation", "a string \"once\"");
        check("name=a=b", "name", "a string a=b");
        check("train.epochs= 2 ", "train.epochs", "an integer 2");
        check("name=once upon", "name", "a string once upon");
    }

    #[test]
    fn a_set_that_says_nothing_is_refused() {
        for argument in
            ["train.epochs", "=2", "train..epochs=2", "train.epochs=", "train.seeds=[1,", "variant.a=1"]
        {
            assert!(parse_set(argument).is_err(), "{argument}");
        }
    }
}
