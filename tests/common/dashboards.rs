//! `latscope dashboard` and the body that it prints.

use serde_json::Value;

use super::{Done, Run};

pub const NAMES: &str = "--function chat --log-group /aws/lambda/chat --region eu-west-1";

/// Runs the command without any AWS_ variable but what a test adds.
pub fn run(args: &str) -> Run {
    Run::new(&format!("dashboard {args}"))
        .env("AWS_REGION", "")
        .env("AWS_DEFAULT_REGION", "")
}

pub fn body(done: &Done) -> Value {
    serde_json::from_str(&done.stdout()).unwrap()
}

pub fn widgets(body: &Value) -> &[Value] {
    body["widgets"].as_array().unwrap()
}

/// The properties of every widget of a type.
pub fn of_type<'b>(body: &'b Value, kind: &str) -> Vec<&'b Value> {
    let found = widgets(body).iter().filter(|widget| widget["type"] == kind);
    found.map(|widget| &widget["properties"]).collect()
}
