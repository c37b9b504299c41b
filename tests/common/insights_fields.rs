//! The fields that Logs Insights finds in an event, as "Supported logs and discovered fields" of the user guide says: those of
//! Lambda's lines, and those of JSON, of which it finds 200 at most. Which they are the guide does not say: here they are the
//! first, in the order of the event.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;

use super::insights_eval::{Row, Value};

use Value::{Number, Text};

/// The most fields that are found in an event of JSON.
const MOST_FIELDS: usize = 200;

/// The fields that are found in an event.
pub fn discovered(message: &str, timestamp: u64, stream: &str, log: &str) -> Row {
    let mut row = Row::from([
        ("@timestamp".to_owned(), Number(timestamp as f64)),
        ("@message".to_owned(), Text(message.to_owned())),
        ("@logStream".to_owned(), Text(stream.to_owned())),
        ("@log".to_owned(), Text(log.to_owned())),
    ]);
    if let Some(found) = fields_of_json(message) {
        row.extend(found.into_iter().take(MOST_FIELDS));
        return row;
    }
    let kind = ["REPORT", "START", "END"]
        .into_iter()
        .find(|kind| message.starts_with(&format!("{kind} RequestId: ")));
    let Some(kind) = kind else { return row };
    row.insert("@type".to_owned(), Text(kind.to_owned()));
    let id = message.split_whitespace().nth(2).unwrap();
    row.insert("@requestId".to_owned(), Text(id.to_owned()));
    for part in message.split('\t').filter(|_| kind == "REPORT") {
        let Some((label, value)) = part.split_once(": ") else {
            continue;
        };
        let (name, factor) = match label {
            "Duration" => ("@duration", 1.0),
            "Billed Duration" => ("@billedDuration", 1.0),
            "Init Duration" => ("@initDuration", 1.0),
            // Bytes, a million to the megabyte.
            "Memory Size" => ("@memorySize", 1e6),
            "Max Memory Used" => ("@maxMemoryUsed", 1e6),
            _ => continue,
        };
        let number: f64 = value.split(' ').next().unwrap().parse().unwrap();
        row.insert(name.to_owned(), Number(number * factor));
    }
    row
}

/// The fields of a JSON object, those of inner objects behind dots.
pub fn flatten(json: &Json, row: &mut Row) {
    row.extend(fields_of_json(&json.to_string()).unwrap_or_default());
}

/// The fields of an object in the order in which they stand there. `None` if it is no object.
fn fields_of_json(text: &str) -> Option<Vec<(String, Value)>> {
    let mut found = Vec::new();
    let mut reader = serde_json::Deserializer::from_str(text);
    let is_object = text.trim_start().starts_with('{');
    let walk = Walk(String::new(), &mut found);
    let is_read = is_object && walk.deserialize(&mut reader).is_ok() && reader.end().is_ok();
    is_read.then_some(found)
}

/// Takes in a value under a name.
struct Walk<'f>(String, &'f mut Vec<(String, Value)>);

impl Walk<'_> {
    fn inner(&self, name: &str) -> String {
        match self.0.as_str() {
            "" => name.to_owned(),
            prefix => format!("{prefix}.{name}"),
        }
    }

    fn take(self, value: Value) {
        self.1.push((self.0, value));
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, truth: bool) -> Result<(), E> {
        self.take(Number(f64::from(u8::from(truth))));
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.take(Number(number as f64));
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.take(Number(number as f64));
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.take(Number(number));
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.take(Text(text.to_owned()));
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            map.next_value_seed(Walk(self.inner(&name), &mut *self.1))?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut place = 0;
        while list
            .next_element_seed(Walk(self.inner(&place.to_string()), &mut *self.1))?
            .is_some()
        {
            place += 1;
        }
        Ok(())
    }
}
