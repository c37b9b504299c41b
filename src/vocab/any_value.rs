//! A JSON value of any kind, read without a fault.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Takes the kinds of value that it can use; the default stands for every other, which is passed
/// over.
pub(crate) trait Lenient<'de>: Sized {
    type Value: Default;

    fn map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::Value::default())
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::Value::default())
    }

    fn borrowed(self, text: &'de str) -> Self::Value {
        self.text(text)
    }

    fn text(self, _text: &str) -> Self::Value {
        Self::Value::default()
    }

    /// A whole number that `i64` holds.
    fn integer(self, value: i64) -> Self::Value {
        self.number(value as f64)
    }

    fn number(self, _value: f64) -> Self::Value {
        Self::Value::default()
    }
}

/// Hands every kind of JSON value to a [`Lenient`].
pub(crate) struct AnyType<L>(pub(crate) L);

impl<'de, L: Lenient<'de>> Visitor<'de> for AnyType<L> {
    type Value = L::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        self.0.map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        self.0.list(list)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(self.0.borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.0.text(text))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(match i64::try_from(value) {
            Ok(integer) => self.0.integer(integer),
            Err(_) => self.0.number(value as f64),
        })
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(self.0.integer(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(self.0.number(value))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(L::Value::default())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(L::Value::default())
    }
}
