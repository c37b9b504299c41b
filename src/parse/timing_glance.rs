//! JSON objects that hold no timing record although they hold a word of one, told without building them.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::candidates::Candidates;
use super::timing_keys::{Field, TimingKeys};
use super::timing_search::NESTS;

/// Whether an object can be told to hold no timing record: it is JSON, no key in it holds one of `needles` before a value that
/// is not null, none says a schema, and no text with a brace is where loggers put records. A call that failed may leave its time
/// null, so beside that there must be no key that may be one of a status.
pub(super) fn is_none(json: &str, needles: &Candidates, keys: &TimingKeys) -> bool {
    // Few have a null there, and no other is asked for a status.
    match Glance::of(json, needles, &[]) {
        None => false,
        Some(glance) if !glance.has_null => true,
        Some(_) => {
            let statuses: Vec<&str> = keys
                .of(Field::Status)
                .map(|status| status.path.as_str())
                .collect();
            Glance::of(json, needles, &statuses).is_some_and(|glance| !glance.has_status)
        }
    }
}

struct Glance<'g> {
    needles: &'g Candidates,
    /// Paths of keys that a status is under.
    statuses: &'g [&'g str],
    has_null: bool,
    has_status: bool,
}

impl<'g> Glance<'g> {
    /// `None` if an object is no JSON, or holds what may be part of a record.
    fn of(json: &str, needles: &'g Candidates, statuses: &'g [&'g str]) -> Option<Self> {
        let mut glance = Self {
            needles,
            statuses,
            has_null: false,
            has_status: false,
        };
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let seed = Value {
            glance: &mut glance,
            under: Under::Else,
        };
        let is_read = seed.deserialize(&mut deserializer).is_ok() && deserializer.end().is_ok();
        is_read.then_some(glance)
    }
}

/// Under what a value stands.
#[derive(Clone, Copy, PartialEq)]
enum Under {
    /// A key that a needle is found in.
    Needle,
    /// A key that loggers put texts under.
    Nest,
    Else,
}

struct Value<'v, 'g> {
    glance: &'v mut Glance<'g>,
    under: Under,
}

impl Value<'_, '_> {
    /// A value that is not null.
    fn told<E: Error>(&self) -> Result<(), E> {
        match self.under {
            Under::Needle => Err(E::custom("a value of a call")),
            _ => Ok(()),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.glance.has_null |= self.under == Under::Needle;
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.told()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.told()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.told()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.told()
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        match self.under {
            Under::Nest if text.contains('{') => Err(E::custom("a text that may hold a record")),
            _ => self.told(),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        self.told()?;
        // Nothing is looked for in lists.
        while values.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.told()?;
        while let Some(key) = map.next_key::<Key<'de>>()? {
            let key = &*key.0;
            if key == "schema" {
                return Err(A::Error::custom("a schema"));
            }
            let mut statuses = self.glance.statuses.iter();
            self.glance.has_status |= statuses.any(|path| path.len() >= key.len() && path.contains(key));
            // Any text under a needle is refused, also where loggers put records.
            let under = if self.glance.needles.stand_in(key) {
                Under::Needle
            } else if NESTS.contains(&key) {
                Under::Nest
            } else {
                Under::Else
            };
            map.next_value_seed(Value {
                glance: &mut *self.glance,
                under,
            })?;
        }
        Ok(())
    }
}

/// A key, borrowed where it has no escapes.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, json};

    use super::*;
    use crate::parse::timing_search::{Prefix, search};

    fn object() -> impl Strategy<Value = serde_json::Value> {
        let value = prop_oneof![
            Just(json!(null)),
            Just(json!(5)),
            Just(json!("5")),
            Just(json!([5])),
            Just(json!("error")),
            Just(json!("latscope.timing/v1")),
            Just(json!("took {\"took\":5,\"request_id\":\"r\"}")),
            Just(json!("{\"took\":5}")),
        ];
        let key = prop::sample::select(vec![
            "inference_ms",
            "took",
            "bedrock",
            "bedrock.took",
            "status",
            "request_id",
            "schema",
            "message",
            "fields",
            "data",
            "level",
        ]);
        value.prop_recursive(3, 20, 5, move |inner| {
            prop::collection::vec((key.clone(), inner), 0..6).prop_map(|members| {
                let members = members.into_iter().map(|(key, value)| (key.to_owned(), value));
                serde_json::Value::Object(members.collect())
            })
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4_000) })]

        #[test]
        fn nothing_is_found_in_what_is_none(object in object()) {
            let mut keys = TimingKeys::common();
            keys.add("inference_ms", "bedrock.took", Some("s")).unwrap();
            keys.add("inference_ms", "took", None).unwrap();
            let needles = Candidates::new(&keys.needles().collect::<Vec<_>>()).unwrap();
            let text = object.to_string();
            if let Ok(object) = serde_json::from_str::<Map<_, _>>(&text)
                && is_none(&text, &needles, &keys)
            {
                prop_assert!(search(&object, Prefix::default(), &keys).is_none(), "{text}");
            }
        }
    }

    #[test]
    fn what_may_be_a_record_is_left_to_the_search() {
        let needles = Candidates::new(&["inference_ms", "took"]).unwrap();
        let mut keys = TimingKeys::common();
        keys.add("status", "http.status", None).unwrap();
        let is_none = |json: &str| is_none(json, &needles, &keys);
        for json in [
            r#"{"writer":"took","a":[{"inference_ms":5}],"b":{"c":null},"message":"text"}"#,
            r#"{"inference_ms":null,"level":"info"}"#,
            r#"{"http":{"status":500},"msg":"inference_ms {}"}"#,
        ] {
            assert!(is_none(json), "{json}");
        }
        for json in [
            r#"{"inference_ms":5}"#,
            r#"{"inference\u005fms":5}"#,
            r#"{"bedrock":{"took":"5"}}"#,
            r#"{"bedrock.took":[5]}"#,
            r#"{"took":{"ms":5}}"#,
            r#"{"inference_ms":null,"http":{"status":500}}"#,
            r#"{"a":{"schema":"x"}}"#,
            r#"{"message":"so it took {"}"#,
            r#"{"fields":{"message":"{}"}}"#,
            r#"{"inference_ms":null"#,
            r#"{"inference_ms":null} x"#,
            r#"{"b":1e999}"#,
        ] {
            assert!(!is_none(json), "{json}");
        }
    }
}
