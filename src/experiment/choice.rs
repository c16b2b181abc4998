//! Reading one of several kinds: a word, or a table whose name says which.

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, EnumAccess, IntoDeserializer, VariantAccess, Visitor};

use super::document::Node;
use super::fault::{Place, ReadError};
use super::read::Reader;

/// A choice: a string such as `"once"`, or a table with one entry such as `[schedule.cosine]`.
pub struct Choice<'a> {
    /// Where the choice's name stands.
    pub place: Place,
    /// The choice's name.
    pub name: &'a str,
    /// The table's content; nothing where the choice is a string.
    pub content: Option<&'a Node>,
    /// The whole value.
    pub reader: Reader<'a>,
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
