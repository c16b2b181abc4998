//! A TOML document as a tree in which every key and value knows where it stands.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::Diagnostic;
use super::source::{Origin, Source};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where the value stands; of a table written with a header, the header.
    pub origin: Origin,
    /// The value.
    pub value: Value,
}

/// A TOML value.
#[derive(Clone, Debug)]
pub enum Value {
    /// A string.
    String(String),
    /// An integer, wide enough for every seed.
    Integer(i128),
    /// A float, perhaps not finite.
    Float(f64),
    /// A boolean.
    Boolean(bool),
    /// A date or time, of which no setting makes use.
    Datetime,
    /// An array.
    Array(Vec<Node>),
    /// A table.
    Table(Table),
}

/// Entries in the order of the text.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The entries; no key twice.
    pub entries: Vec<Entry>,
}

/// A key with its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_origin: Origin,
    /// The value.
    pub node: Node,
}

impl Table {
    /// The entry of `key`.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The entry of `key`, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.key == key)
    }

    /// Takes the entry of `key` out.
    pub fn remove(&mut self, key: &str) -> Option<Entry> {
        let position = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(position))
    }
}

impl Node {
    /// The table, if the value is one.
    pub fn table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The array's elements, if the value is one.
    pub fn array(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The string, if the value is one.
    pub fn string(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value at a dotted path; a segment that is a number chooses an array's element.
    pub fn find(&self, path: &str) -> Option<&Node> {
        path.split('.').try_fold(self, |node, segment| match &node.value {
            Value::Table(table) => table.get(segment).map(|entry| &entry.node),
            Value::Array(items) => items.get(segment.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// The kind of value with an article, as messages name it.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::String(_) => "a string",
            Value::Integer(_) => "an integer",
            Value::Float(_) => "a float",
            Value::Boolean(_) => "a boolean",
            Value::Datetime => "a date or time",
            Value::Array(_) => "an array",
            Value::Table(_) => "a table",
        }
    }
}

/// Parses a whole document; the root's origin is the text's beginning.
///
/// # Errors
/// A diagnostic at the first place that isn't TOML.
pub fn parse(source: &Arc<Source>) -> Result<Node, Diagnostic> {
    let table = DeTable::parse(&source.text).map_err(|error| syntax_error(&error, source, 0))?;
    Ok(Node {
        origin: Origin::new(source, 0..0),
        value: Value::Table(convert_table(table.get_ref(), source, 0)?),
    })
}

/// Parses one value, the bytes `span` of `source`.
///
/// # Errors
/// A diagnostic at the first place that isn't TOML.
pub fn parse_value(source: &Arc<Source>, span: Range<usize>) -> Result<Node, Diagnostic> {
    let offset = span.start;
    let text = source.text.get(span).unwrap_or_default();
    let value = DeValue::parse(text).map_err(|error| syntax_error(&error, source, offset))?;
    convert(&value, source, offset)
}

fn syntax_error(error: &toml::de::Error, source: &Arc<Source>, offset: usize) -> Diagnostic {
    let span = error.span().unwrap_or_default();
    let origin = Origin::new(source, span.start + offset..span.end + offset);
    if error.message() == "duplicate key" {
        let message = format!("the key `{}` stands twice", origin.text());
        return Diagnostic::new(message).at(origin).hint("keep one of the two");
    }
    Diagnostic::new(format!("not valid TOML: {}", error.message())).at(origin)
}

fn convert_table(table: &DeTable<'_>, source: &Arc<Source>, offset: usize) -> Result<Table, Diagnostic> {
    let mut entries = table
        .iter()
        .map(|(key, value)| {
            let span = key.span();
            Ok(Entry {
                key: key.get_ref().to_string(),
                key_origin: Origin::new(source, span.start + offset..span.end + offset),
                node: convert(value, source, offset)?,
            })
        })
        .collect::<Result<Vec<_>, Diagnostic>>()?;
    // The parser sorts by name; what a grid's names list should follow the text.
    entries.sort_by_key(|entry| entry.key_origin.span().start);
    Ok(Table { entries })
}

fn convert(value: &Spanned<DeValue<'_>>, source: &Arc<Source>, offset: usize) -> Result<Node, Diagnostic> {
    let span = value.span();
    let origin = Origin::new(source, span.start + offset..span.end + offset);
    let value = match value.get_ref() {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(digits) => match i128::from_str_radix(digits.as_str(), digits.radix()) {
            Ok(integer) => Value::Integer(integer),
            Err(_) => return Err(Diagnostic::new("the integer is too large").at(origin)),
        },
        DeValue::Float(digits) => match digits.as_str().parse() {
            Ok(float) => Value::Float(float),
            Err(_) => return Err(Diagnostic::new("not a number").at(origin)),
        },
        DeValue::Boolean(boolean) => Value::Boolean(*boolean),
        DeValue::Datetime(_) => Value::Datetime,
        DeValue::Array(items) => {
            Value::Array(items.iter().map(|item| convert(item, source, offset)).collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => Value::Table(convert_table(table, source, offset)?),
    };
    Ok(Node { origin, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Result<Node, Diagnostic> {
        parse(&Arc::new(Source { name: "a.toml".into(), text: text.into() }))
    }

    #[test]
    fn every_value_and_key_knows_its_place() {
        let root = document("[train]\nepochs = 3\nseeds = [1, 22]\n[model.ege-unet]\n").unwrap();
        let check = |path: &str, value: &str| {
            assert_eq!(root.find(path).unwrap().origin.text(), value, "{path}");
            let (parent, key) =
                path.rsplit_once('.').map_or((Some(&root), path), |(up, key)| (root.find(up), key));
            if let Some(table) = parent.unwrap().table() {
                assert_eq!(table.get(key).unwrap().key_origin.text(), key, "{path}");
            }
        };
        check("train", "[train]");
        check("train.epochs", "3");
        check("train.seeds", "[1, 22]");
        check("train.seeds.1", "22");
        check("model.ege-unet", "[model.ege-unet]");
        assert!(root.find("train.batch-size").is_none());
    }

    #[test]
    fn entries_keep_the_order_of_the_text() {
        let root = document("z = 1\na = 2\nm = 3\n").unwrap();
        let keys: Vec<_> = root.table().unwrap().entries.iter().map(|entry| entry.key.as_str()).collect();
        assert_eq!(keys, ["z", "a", "m"]);
    }

    #[test]
    fn what_is_not_toml_is_refused() {
        for text in
            ["a = ", "a = 1\na = 2", "a = [1, ", "= 3", "a = 999999999999999999999999999999999999999999"]
        {
            assert!(document(text).is_err(), "{text}");
        }
    }
}
