//! The access log of the template's API: what a line of it holds, where it goes, and what the guide says of it.

// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::gateway::FIELDS;
use common::stack::*;
use serde_json::{Map, Value};

/// Variables that an HTTP API has for its access log, of the developer guide's page "Customize HTTP API access logs".
const OF_HTTP_APIS: [&str; 14] = [
    "error.responseType",
    "extendedRequestId",
    "httpMethod",
    "integration.integrationStatus",
    "integration.requestId",
    "integrationErrorMessage",
    "integrationLatency",
    "protocol",
    "requestId",
    "requestTimeEpoch",
    "responseLatency",
    "responseLength",
    "routeKey",
    "status",
];

/// The format of a stage's access log as API Gateway reads it.
fn format(set: &str) -> String {
    let stage = Stack::of(set).properties("HttpApiApiGatewayDefaultStage");
    stage["AccessLogSettings"]["Format"].as_str().unwrap().to_owned()
}

/// The fields of a format with their variables, in their order.
fn fields(format: &str) -> Vec<(String, String)> {
    let inner = format.strip_prefix("{\"").unwrap().strip_suffix("\"}").unwrap();
    let fields = inner.split("\",\"");
    fields
        .map(|field| {
            let (name, variable) = field.split_once("\":\"").unwrap();
            let variable = variable.strip_prefix("$context.").unwrap();
            (name.to_owned(), variable.to_owned())
        })
        .collect()
}

#[test]
fn the_api_logs_a_line_of_json_for_each_request_in_a_group_of_its_own() {
    for (set, _) in sets() {
        let stack = Stack::of(set);
        let stage = stack.properties("HttpApiApiGatewayDefaultStage");
        let settings = stage["AccessLogSettings"].as_object().unwrap();
        assert_eq!(settings["DestinationArn"], "<AccessLogGroup.Arn>", "{set}");
        assert_eq!(settings.len(), 2, "{set}");
        let group = stack.properties("AccessLogGroup");
        assert_eq!(group["LogGroupName"], "/aws/vendedlogs/apigateway/chat");
        assert_eq!(
            group["RetentionInDays"],
            stack.properties("LogGroup")["RetentionInDays"]
        );
        // It goes with the stack, as the function's does.
        for group in ["AccessLogGroup", "LogGroup"] {
            assert_eq!(stack.template["Resources"][group]["DeletionPolicy"], "Delete");
        }
    }
}

#[test]
fn a_line_has_the_fields_that_are_read_and_nothing_of_the_caller() {
    let format = format("defaults");
    assert!(!format.contains('\n'));
    // Every value stands in quotes: API Gateway writes - for what is not there, which is no number.
    let line: Map<String, Value> = serde_json::from_str(&format).unwrap();
    assert!(line.values().all(Value::is_string));
    let fields = fields(&format);
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, FIELDS);
    for (name, variable) in &fields {
        assert!(OF_HTTP_APIS.contains(&variable.as_str()), "{name} {variable}");
    }
    for of_caller in [
        "identity",
        "sourceIp",
        "userAgent",
        "path",
        "query",
        "authorizer",
        "domain",
    ] {
        assert!(!format.contains(of_caller), "{of_caller}");
    }
}

#[test]
fn the_guide_explains_every_field_and_has_the_same_for_a_rest_api() {
    let readme = readme();
    for (name, variable) in fields(&format("defaults")) {
        let row = format!("\n| `{name}` | `$context.{variable}` |");
        assert!(readme.contains(&row), "{row}");
    }
    let of_rest = blocks("json")
        .into_iter()
        .find(|block| block.contains("$context."));
    let of_rest = of_rest.unwrap();
    let mut expected: Vec<&str> = FIELDS.to_vec();
    // A REST API has no routes, and X-Ray.
    let place = expected.iter().position(|name| *name == "routeKey").unwrap();
    expected[place] = "resourcePath";
    expected.push("xrayTraceId");
    let of_rest = fields(&of_rest);
    let names: Vec<&str> = of_rest.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, expected);
    for needed in ["integration.requestId", "xrayTraceId"] {
        assert!(of_rest.iter().any(|(_, variable)| variable == needed), "{needed}");
    }
}

#[test]
fn the_role_of_the_function_may_not_write_to_the_access_log() {
    for (_, resource) in Stack::of("defaults").allowed() {
        assert!(!resource.to_string().contains("AccessLogGroup"), "{resource}");
    }
}
