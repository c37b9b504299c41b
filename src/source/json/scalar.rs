//! A value of which only text and numbers are of interest.

use std::borrow::Cow;

use serde::de::{Deserialize, Deserializer};

use crate::source::row::parse_time;
use crate::vocab::{AnyType, Lenient, Timestamp};

/// A text or a number; any other value is read over.
#[derive(Default)]
pub(super) enum Scalar<'a> {
    Text(Cow<'a, str>),
    Integer(i64),
    #[default]
    Other,
}

impl<'a> Scalar<'a> {
    pub(super) fn into_text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) => Some(text),
            Self::Integer(_) | Self::Other => None,
        }
    }

    /// A time: milliseconds since the epoch as a number or as text, or a time in words.
    pub(super) fn into_time(self) -> Option<Timestamp> {
        match self {
            Self::Integer(millis) => Some(Timestamp::from_epoch_millis(millis)),
            Self::Text(text) => parse_time(&text),
            Self::Other => None,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ScalarVisitor;
        impl<'de> Lenient<'de> for ScalarVisitor {
            type Value = Scalar<'de>;

            fn borrowed(self, text: &'de str) -> Scalar<'de> {
                Scalar::Text(Cow::Borrowed(text))
            }

            fn text(self, text: &str) -> Scalar<'de> {
                Scalar::Text(Cow::Owned(text.to_owned()))
            }

            fn integer(self, integer: i64) -> Scalar<'de> {
                Scalar::Integer(integer)
            }

            fn number(self, number: f64) -> Scalar<'de> {
                // Some tools write whole milliseconds with a point.
                let is_whole = number.fract() == 0.0 && number.abs() < 9e15;
                if is_whole {
                    Scalar::Integer(number as i64)
                } else {
                    Scalar::Other
                }
            }
        }
        deserializer.deserialize_any(AnyType(ScalarVisitor))
    }
}
