//! Reading typed values out of a document, with errors that know where they stand.
//!
//! Unknown keys are noted and passed over, so that one reading finds all of them; a value of the wrong
//! type ends the reading of what it belongs to.

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::choice::Choice;
use super::diagnostic::Diagnostic;
use super::document::{Entry, Node, Table, Value};
use super::fault::{ELEMENT, Fault, Place, ReadError};
use super::problems::Problems;

/// Reads the value `node` that stands at the dotted `path` of the experiment; notes what is wrong.
pub fn read<'a, T: de::Deserialize<'a>>(node: &'a Node, path: &str, problems: &'a Problems) -> Option<T> {
    let reader = Reader { node, path: path.to_owned(), problems };
    let place = reader.place();
    match T::deserialize(reader) {
        Ok(value) => Some(value),
        Err(error) => {
            problems.push(Diagnostic::from(error.or_at(place)));
            None
        }
    }
}

/// A value that is being read, with its path for messages.
pub struct Reader<'a> {
    pub(super) node: &'a Node,
    pub(super) path: String,
    problems: &'a Problems,
}

impl<'a> Reader<'a> {
    /// Where the value stands.
    pub(super) fn place(&self) -> Place {
        Place { origin: self.node.origin.clone(), path: self.path.clone() }
    }

    fn key(&self, entry: &'a Entry) -> Place {
        Place { origin: entry.key_origin.clone(), path: self.path.clone() }
    }

    /// The value `node` of the table's entry `key`.
    pub(super) fn child(&self, node: &'a Node, key: &str) -> Self {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        Reader { node, path, problems: self.problems }
    }

    fn fault(&self, fault: Fault) -> ReadError {
        ReadError::new(fault).or_at(self.place())
    }

    /// An error that says what should stand here.
    pub(super) fn wrong_type(&self, expected: impl Into<String>) -> ReadError {
        let expected = expected.into();
        let hint = match &self.node.value {
            Value::String(text) if text.parse::<f64>().is_ok() || text.parse::<bool>().is_ok() => {
                Some(format!("write {text} without quotes"))
            }
            _ => None,
        };
        self.fault(Fault::Type { found: self.node.kind().to_owned(), expected, hint })
    }

    fn integer<T: TryFrom<i128>>(&self, most: &dyn std::fmt::Display) -> Result<T, ReadError> {
        let Value::Integer(integer) = self.node.value else { return Err(self.wrong_type("a whole number")) };
        T::try_from(integer).map_err(|_| {
            let expected = match integer {
                ..0 => "a whole number of 0 or more".to_owned(),
                _ => format!("a whole number of at most {most}"),
            };
            self.fault(Fault::Type { found: integer.to_string(), expected, hint: None })
        })
    }

    /// The entries of `table` that look like a choice; a plain setting among them is in the wrong table.
    fn choices(
        &self,
        table: &'a Table,
        variants: &'static [&'static str],
    ) -> Result<Vec<&'a Entry>, ReadError> {
        let looks_right =
            |entry: &&Entry| entry.node.table().is_some() || variants.contains(&entry.key.as_str());
        let (choices, settings): (Vec<_>, Vec<_>) = table.entries.iter().partition(looks_right);
        let mut misplaced = settings.into_iter().map(|entry| {
            let fault = Fault::UnknownKey { key: entry.key.clone(), allowed: variants };
            ReadError::new(fault).or_at(self.key(entry))
        });
        let first = if choices.is_empty() { misplaced.next() } else { None };
        misplaced.for_each(|error| self.problems.push(error.into()));
        first.map_or(Ok(choices), Err)
    }

    fn items(self, items: &'a [Node]) -> Items<'a> {
        Items { items: items.iter(), parent: self }
    }
}

impl<'de> de::Deserializer<'de> for Reader<'de> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.node.value {
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Integer(_) => visitor.visit_i64(self.integer(&i64::MAX)?),
            Value::Float(float) => visitor.visit_f64(*float),
            Value::Boolean(boolean) => visitor.visit_bool(*boolean),
            Value::Datetime => Err(self.wrong_type("something other than a date")),
            Value::Array(items) => visitor.visit_seq(self.items(items)),
            Value::Table(table) => {
                let entries = table.entries.iter().collect::<Vec<_>>().into_iter();
                visitor.visit_map(Entries { rest: entries, current: None, parent: self })
            }
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.node.value {
            Value::Boolean(boolean) => visitor.visit_bool(boolean),
            _ => Err(self.wrong_type("true or false")),
        }
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_u64(self.integer(&u64::MAX)?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.node.value {
            Value::Float(float) => visitor.visit_f64(float),
            Value::Integer(integer) => visitor.visit_f64(integer as f64),
            _ => Err(self.wrong_type("a number")),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.node.value {
            Value::String(text) => visitor.visit_borrowed_str(text),
            _ => Err(self.wrong_type("a string")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.node.value {
            Value::Array(items) => visitor.visit_seq(self.items(items)),
            _ => Err(self.wrong_type("an array")),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, ReadError> {
        let expected = format!("an array of {length} values");
        match &self.node.value {
            Value::Array(items) if items.len() == length => visitor.visit_seq(self.items(items)),
            Value::Array(items) => {
                let found = format!("{} values", items.len());
                Err(self.fault(Fault::Type { found, expected, hint: None }))
            }
            _ => Err(self.wrong_type(expected)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let Value::Table(table) = &self.node.value else { return Err(self.wrong_type("a table")) };
        let (known, unknown): (Vec<_>, Vec<_>) =
            table.entries.iter().partition(|entry| fields.contains(&entry.key.as_str()));
        for entry in unknown {
            let fault = Fault::UnknownKey { key: entry.key.clone(), allowed: fields };
            self.problems.push(ReadError::new(fault).or_at(self.key(entry)).into());
        }
        visitor.visit_map(Entries { rest: known.into_iter(), current: None, parent: self })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let choice = match &self.node.value {
            Value::String(text) => Choice { place: self.place(), name: text, content: None, reader: self },
            Value::Table(table) => match self.choices(table, variants)?.as_slice() {
                [] => {
                    return Err(self.fault(Fault::NoChoice { allowed: variants }));
                }
                [only] => {
                    Choice { place: self.key(only), name: &only.key, content: Some(&only.node), reader: self }
                }
                [first, second, ..] => {
                    let fault = Fault::TwoChoices {
                        first: first.key.clone(),
                        first_origin: first.key_origin.clone(),
                        second: second.key.clone(),
                    };
                    return Err(ReadError::new(fault).or_at(self.key(second)));
                }
            },
            _ => return Err(self.wrong_type(format!("one of {}", super::diagnostic::listed(variants)))),
        };
        if !variants.contains(&choice.name) {
            let table = choice.content.is_some();
            let fault = Fault::UnknownChoice { found: choice.name.to_owned(), allowed: variants, table };
            return Err(ReadError::new(fault).or_at(choice.place));
        }
        visitor.visit_enum(choice)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u128 f32 char bytes byte_buf unit unit_struct map tuple_struct identifier
    }
}

struct Items<'a> {
    items: std::slice::Iter<'a, Node>,
    parent: Reader<'a>,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = ReadError;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, ReadError> {
        let Some(node) = self.items.next() else { return Ok(None) };
        // An element goes by the array's name: the caret shows which one it is.
        let path = format!("{}{ELEMENT}", self.parent.path);
        let reader = Reader { node, path, problems: self.parent.problems };
        let place = reader.place();
        seed.deserialize(reader).map(Some).map_err(|error| error.or_at(place))
    }
}

struct Entries<'a> {
    rest: std::vec::IntoIter<&'a Entry>,
    current: Option<&'a Entry>,
    parent: Reader<'a>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = ReadError;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, ReadError> {
        let Some(entry) = self.rest.next() else { return Ok(None) };
        self.current = Some(entry);
        let key: StrDeserializer<'_, ReadError> = entry.key.as_str().into_deserializer();
        seed.deserialize(key).map(Some).map_err(|error| error.or_at(self.parent.key(entry)))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, ReadError> {
        let Some(entry) = self.current.take() else {
            return Err(de::Error::custom("a value was asked for before its key"));
        };
        let reader = self.parent.child(&entry.node, &entry.key);
        let place = reader.place();
        seed.deserialize(reader).map_err(|error| error.or_at(place))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde::Deserialize;

    use super::*;
    use crate::experiment::{document, source::Source};

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields, rename_all = "kebab-case")]
    struct Example {
        count: Option<usize>,
        share: Option<f64>,
        pair: Option<[usize; 2]>,
        names: Option<Vec<String>>,
        word: Option<Word>,
        shape: Option<Shape>,
        must: bool,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "kebab-case")]
    enum Word {
        FewWords,
        Many,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "kebab-case")]
    enum Shape {
        Circle(Circle),
        Dot(Dot),
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Circle {
        radius: Option<f64>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Dot {}

    fn read_text(text: &str) -> Result<Example, Vec<String>> {
        let source = Arc::new(Source { name: "a.toml".into(), text: text.into() });
        let node = document::parse(&source).unwrap();
        let problems = Problems::default();
        let value = read(&node, "", &problems);
        problems.finish(value).map_err(|error| error.messages())
    }

    #[test]
    fn values_of_every_kind_are_read() {
        let text = "must = true\ncount = 3\nshare = 1\npair = [1, 2]\nnames = [\"a\"]\nword = \"few-words\"\n\
                    [shape.circle]\nradius = 0.5\n";
        let expect = Example {
            count: Some(3),
            share: Some(1.0),
            pair: Some([1, 2]),
            names: Some(vec!["a".into()]),
            word: Some(Word::FewWords),
            shape: Some(Shape::Circle(Circle { radius: Some(0.5) })),
            must: true,
        };
        assert_eq!(read_text(text), Ok(expect));
        assert_eq!(read_text("must = true\nshape.dot = {}").unwrap().shape, Some(Shape::Dot(Dot {})));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let check = |line: &str, expect: &[&str]| {
            let messages = read_text(&format!("must = true\n{line}")).unwrap_err();
            assert_eq!(messages, expect, "{line}");
        };
        check("count = \"3\"", &["`count` must be a whole number"]);
        check("count = -3", &["`count` must be a whole number of 0 or more"]);
        check("count = 2.5", &["`count` must be a whole number"]);
        check("share = true", &["`share` must be a number"]);
        check("pair = [1, 2, 3]", &["`pair` must be an array of 2 values"]);
        check("pair = [1, \"b\"]", &["each of `pair` must be a whole number"]);
        check("names = \"a\"", &["`names` must be an array"]);
        check("word = \"few\"", &["unknown value \"few\" for `word`"]);
        check("word = 3", &["`word` must be one of `few-words`, `many`"]);
        check("word = { many = 1 }", &["`word` must be the string \"many\""]);
        check("shape = \"circle\"", &["`shape` must be the table [shape.circle]"]);
        check("[shape.square]", &["unknown shape `square`"]);
        check("[shape]", &["[shape] chooses nothing"]);
        check("shape = { circle = {}, dot = {} }", &["two choices in [shape]: `circle` and `dot`"]);
        check(
            "foo = 1\nbar = 2",
            &["unknown key `foo` at the top level", "unknown key `bar` at the top level"],
        );
        check("[shape.circle]\nradus = 1", &["unknown key `radus` in [shape.circle]"]);
        assert_eq!(read_text("count = 3").unwrap_err(), ["`must` is missing at the top level"]);
    }
}
