//! Reading typed values out of a document, with errors that know where they stand.
//!
//! Unknown keys are noted and passed over, so that one reading finds all of them; a value of the wrong
//! type ends the reading of what it belongs to.

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::diagnostic::{Diagnostic, Problems};
use super::document::{Entry, Node, Value};
use super::fault::{Fault, Place, ReadError};

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

struct Reader<'a> {
    node: &'a Node,
    path: String,
    problems: &'a Problems,
}

impl<'a> Reader<'a> {
    fn place(&self) -> Place {
        Place { origin: self.node.origin.clone(), path: self.path.clone() }
    }

    fn key(&self, entry: &'a Entry) -> Place {
        Place { origin: entry.key_origin.clone(), path: self.path.clone() }
    }

    fn child(&self, node: &'a Node, key: &str) -> Self {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        Reader { node, path, problems: self.problems }
    }

    fn wrong_type(&self, expected: impl Into<String>) -> ReadError {
        let fault = Fault::Type { found: self.node.kind().to_owned(), expected: expected.into() };
        ReadError::new(fault).or_at(self.place())
    }

    fn integer<T: TryFrom<i128>>(&self, expected: &str) -> Result<T, ReadError> {
        let Value::Integer(integer) = self.node.value else { return Err(self.wrong_type(expected)) };
        T::try_from(integer).map_err(|_| {
            let fault = Fault::Type { found: integer.to_string(), expected: expected.to_owned() };
            ReadError::new(fault).or_at(self.place())
        })
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
            Value::Integer(_) => visitor.visit_i64(self.integer("an integer of 64 bits")?),
            Value::Float(float) => visitor.visit_f64(*float),
            Value::Boolean(boolean) => visitor.visit_bool(*boolean),
            Value::Datetime => Err(self.wrong_type("anything else")),
            Value::Array(items) => visitor.visit_seq(self.items(items)),
            Value::Table(table) => {
                let entries = table.entries.iter().collect::<Vec<_>>().into_iter();
                visitor.visit_map(Entries { entries, current: None, parent: self })
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
        visitor.visit_u64(self.integer("a whole number, 0 or more")?)
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
                let fault = Fault::Type { found: format!("{} values", items.len()), expected };
                Err(ReadError::new(fault).or_at(self.place()))
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
        visitor.visit_map(Entries { entries: known.into_iter(), current: None, parent: self })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let choice = match &self.node.value {
            Value::String(text) => Choice { place: self.place(), name: text, content: None, reader: self },
            Value::Table(table) => match table.entries.as_slice() {
                [] => {
                    let fault = Fault::NoChoice { allowed: variants };
                    return Err(ReadError::new(fault).or_at(self.place()));
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
        let reader = Reader { node, path: self.parent.path.clone(), problems: self.parent.problems };
        let place = reader.place();
        seed.deserialize(reader).map(Some).map_err(|error| error.or_at(place))
    }
}

struct Entries<'a> {
    entries: std::vec::IntoIter<&'a Entry>,
    current: Option<&'a Entry>,
    parent: Reader<'a>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = ReadError;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, ReadError> {
        let Some(entry) = self.entries.next() else { return Ok(None) };
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

/// A choice: a string such as `"once"`, or a table with one entry such as `[schedule.cosine]`.
struct Choice<'a> {
    place: Place,
    name: &'a str,
    content: Option<&'a Node>,
    reader: Reader<'a>,
}

impl<'de> EnumAccess<'de> for Choice<'de> {
    type Error = ReadError;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), ReadError> {
        let name: StrDeserializer<'_, ReadError> = self.name.into_deserializer();
        let value = seed.deserialize(name).map_err(|error| error.or_at(self.place.clone()))?;
        Ok((value, self))
    }
}

impl<'de> VariantAccess<'de> for Choice<'de> {
    type Error = ReadError;

    fn unit_variant(self) -> Result<(), ReadError> {
        match self.content {
            None => Ok(()),
            Some(_) => Err(self.reader.wrong_type(format!("the string \"{}\"", self.name))),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, ReadError> {
        match self.content {
            Some(node) => {
                let reader = self.reader.child(node, self.name);
                let place = reader.place();
                seed.deserialize(reader).map_err(|error| error.or_at(place))
            }
            None => Err(self.reader.wrong_type(format!("the table [{}.{}]", self.reader.path, self.name))),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, _visitor: V) -> Result<V::Value, ReadError> {
        Err(self.reader.wrong_type("a choice with named settings"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match self.content {
            Some(node) => {
                de::Deserializer::deserialize_struct(self.reader.child(node, self.name), "", fields, visitor)
            }
            None => Err(self.reader.wrong_type(format!("the table [{}.{}]", self.reader.path, self.name))),
        }
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
        check("count = \"3\"", &["`count` must be a whole number, 0 or more"]);
        check("count = -3", &["`count` must be a whole number, 0 or more"]);
        check("count = 2.5", &["`count` must be a whole number, 0 or more"]);
        check("share = true", &["`share` must be a number"]);
        check("pair = [1, 2, 3]", &["`pair` must be an array of 2 values"]);
        check("pair = [1, \"b\"]", &["`pair` must be a whole number, 0 or more"]);
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
        assert_eq!(read_text("count = 3").unwrap_err(), ["`must` is missing"]);
    }
}
