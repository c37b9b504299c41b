//! JSON whose keys stand in an order that the fuzzer chooses.

use std::fmt::Write as _;

use crate::Choices;

/// An object of keys and values that are JSON already.
#[derive(Debug, Default)]
pub struct Object(Vec<(String, String)>);

impl Object {
    /// Adds a field whose value is JSON.
    pub fn raw(&mut self, key: &str, json: impl Into<String>) -> &mut Self {
        self.0.push((key.to_owned(), json.into()));
        self
    }

    /// Adds a field whose value is text.
    pub fn text(&mut self, key: &str, text: &str) -> &mut Self {
        self.raw(key, quoted(text))
    }

    /// Adds a field that no reader knows, as a later version may have.
    pub fn unknown(&mut self, choices: &mut Choices<'_>) -> &mut Self {
        const VALUES: [&str; 6] = [
            "null",
            "[1,{\"a\":[\"b\"]}]",
            "\"a \\\"quoted\\\" \\u00e9\"",
            "{\"metrics\":{\"durationMs\":1}}",
            "-1.5E-3",
            "[[[[[[]]]]]]",
        ];
        let value = choices.pick(&VALUES);
        self.raw("aLaterField", value)
    }

    /// The object with its keys in any order and white space anywhere between its tokens.
    pub fn written(&mut self, choices: &mut Choices<'_>) -> String {
        choices.shuffle(&mut self.0);
        let gap = choices.pick(&["", " ", "\n  ", "\t", "\r\n"]);
        let mut text = format!("{{{gap}");
        for (number, (key, value)) in self.0.iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            let _ = write!(text, "{comma}{gap}{}:{gap}{value}", quoted(key));
        }
        text + gap + "}"
    }
}

/// Text as a JSON string.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The same object with its keys in another order.
pub fn turned(value: &serde_json::Value, choices: &mut Choices<'_>) -> String {
    match value {
        serde_json::Value::Object(fields) => {
            let mut object = Object::default();
            for (key, value) in fields {
                let value = turned(value, choices);
                object.raw(key, value);
            }
            object.written(choices)
        }
        other => other.to_string(),
    }
}
