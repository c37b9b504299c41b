//! JSON values of which the wrong kind is no fault: a default stands for it, and it is passed over.

use std::borrow::Cow;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess};

use crate::vocab::{AnyType, Lenient, Micros};

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
