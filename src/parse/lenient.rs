//! JSON values of which the wrong kind is no fault: a default stands for it, and it is passed over.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::vocab::Micros;

/// An object, or the default where something else stands.
#[derive(Default)]
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de> + Default> Lenient<'de> for ObjectVisitor<T> {
            type Value = Object<T>;
            fn map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }
        deserializer.deserialize_any(AnyType(ObjectVisitor(PhantomData)))
    }
}

/// A text, or nothing where something else stands.
#[derive(Default)]
pub(super) struct Text<'a>(Option<Cow<'a, str>>);

impl Text<'_> {
    /// The text, if there is any.
    pub(super) fn get(&self) -> Option<&str> {
        self.0.as_deref().map(str::trim).filter(|text| !text.is_empty())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Lenient<'de> for TextVisitor {
            type Value = Text<'de>;
            fn borrowed(self, text: &'de str) -> Text<'de> {
                Text(Some(Cow::Borrowed(text)))
            }
            fn text(self, text: &str) -> Text<'de> {
                Text(Some(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_any(AnyType(TextVisitor))
    }
}

/// A number, or nothing where something else stands.
#[derive(Default)]
pub(super) struct Number(Option<f64>);

impl Number {
    /// The number as a count, if it can be one.
    pub(super) fn count(&self) -> Option<u64> {
        // Above it not every whole number is told from its neighbour.
        let limit = (1_u64 << 53) as f64;
        self.0
            .filter(|&value| value.fract() == 0.0 && (0.0..=limit).contains(&value))
            .map(|value| value as u64)
    }

    /// The number as milliseconds, if they can be a duration.
    pub(super) fn millis(&self) -> Option<Micros> {
        self.0.and_then(Micros::from_millis_f64)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberVisitor;
        impl Lenient<'_> for NumberVisitor {
            type Value = Number;
            fn number(self, value: f64) -> Number {
                Number(Some(value))
            }
        }
        deserializer.deserialize_any(AnyType(NumberVisitor))
    }
}

/// Takes the kinds of value that it can use; the default stands for every other, which is passed
/// over.
pub(super) trait Lenient<'de>: Sized {
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

    fn number(self, _value: f64) -> Self::Value {
        Self::Value::default()
    }
}

/// Hands every kind of JSON value to a [`Lenient`].
pub(super) struct AnyType<L>(pub(super) L);

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
        Ok(self.0.number(value as f64))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(self.0.number(value as f64))
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
