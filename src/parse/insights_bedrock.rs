//! A row of CloudWatch Logs Insights of Bedrock's own log: a record again, without its bodies.

use serde_json::{Map, Value};

use super::insights_row::is_absent;

/// The schema of that log. Insights does not find it behind long bodies, so rows may lack it.
const SCHEMA: &str = "ModelInvocationLog";

/// Fields that every record has before its bodies.
const FIRST: [&str; 3] = ["requestId", "modelId", "operation"];

/// Fields that no other log has, under these names.
const OF_BODIES: [&str; 3] = [
    "output.outputBodyJson.metrics.latencyMs",
    "output.outputTokenCount",
    "input.inputTokenCount",
];

/// The record whose fields these are, as the log writes it. `None` if they are of another log.
pub(super) fn log_of(fields: &Map<String, Value>) -> Option<String> {
    let value = |key: &str| fields.get(key).filter(|value| !is_absent(value));
    let is_alike =
        || FIRST.iter().all(|key| value(key).is_some()) && OF_BODIES.iter().any(|key| value(key).is_some());
    let is_log = match value("schemaType") {
        Some(schema) => schema.as_str().is_some_and(|schema| schema.trim() == SCHEMA),
        None => is_alike(),
    };
    if !is_log {
        return None;
    }
    let mut log = Map::new();
    for (key, value) in fields.iter().filter(|(_, value)| !is_absent(value)) {
        let number = value.as_str().and_then(|text| text.trim().parse::<f64>().ok());
        let is_number = key.ends_with("Count") || key.ends_with("latencyMs");
        let value = number
            .filter(|_| is_number)
            .map_or_else(|| value.clone(), Value::from);
        let (path, last) = key.rsplit_once('.').map_or(("", key.as_str()), |parts| parts);
        insert(
            &mut log,
            path.split('.').filter(|part| !part.is_empty()),
            last,
            value,
        );
    }
    log.insert("schemaType".to_owned(), SCHEMA.into());
    serde_json::to_string(&log).ok()
}

/// Puts a value into objects inside objects; not where something else is in the way.
fn insert<'a>(
    object: &mut Map<String, Value>,
    path: impl Iterator<Item = &'a str>,
    last: &str,
    value: Value,
) {
    let mut inner = object;
    for part in path {
        let next = inner.entry(part).or_insert_with(|| Value::Object(Map::new()));
        match next {
            Value::Object(next) => inner = next,
            _ => return,
        }
    }
    inner.insert(last.to_owned(), value);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(row: &Value) -> Option<Value> {
        let log = log_of(row.as_object().unwrap())?;
        Some(serde_json::from_str(&log).unwrap())
    }

    #[test]
    fn a_row_without_its_schema_is_known_by_its_fields() {
        let row = json!({"requestId": "r", "modelId": "a.b", "operation": "Converse",
            "output.outputBodyJson.metrics.latencyMs": "393", "input.inputTokenCount": null});
        let log = read(&row).unwrap();
        assert_eq!(log["schemaType"], SCHEMA);
        assert_eq!(log["output"]["outputBodyJson"]["metrics"]["latencyMs"], 393.0);
        for row in [
            json!({"requestId": "r", "modelId": "a.b", "operation": "Converse", "latencyMs": 393}),
            json!({"requestId": "r", "modelId": "a.b", "output.outputTokenCount": 3}),
            json!({"requestId": "r", "modelId": "a.b", "operation": "Converse", "output.outputTokenCount": 3,
                "schemaType": "Other"}),
        ] {
            assert_eq!(read(&row), None, "{row}");
        }
    }
}
