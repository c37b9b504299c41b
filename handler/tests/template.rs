//! The SAM template: what cfn-lint and the SAM translator say of it, and what CloudFormation would make of it with several
//! sets of parameters, which README.md explains.

// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::stack::*;
use serde_json::{Map, Value, json};

#[test]
fn cfn_lint_finds_nothing() {
    let output = cfn_lint(&REGIONS, &path());
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.is_empty(), "{said}");
}

#[test]
fn cfn_lint_finds_nothing_in_what_the_translator_makes_of_it() {
    let translated = Path::new(env!("CARGO_TARGET_TMPDIR")).join("translated.json");
    fs::write(&translated, templates()[1].to_string()).unwrap();
    let output = cfn_lint(&REGIONS, &translated);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.is_empty(), "{said}");
}

#[test]
fn cfn_lint_finds_what_is_broken() {
    let template = fs::read_to_string(path()).unwrap();
    for (right, wrong, rule) in [
        (
            "RetentionInDays: !Ref RetentionDays",
            "RetentionInDays: 8",
            "E3030",
        ),
        ("!GetAtt LogGroup.Arn", "!GetAtt Logs.Arn", "E1010"),
        ("Timeout: !Ref Timeout", "TimeOut: !Ref Timeout", "E3002"),
    ] {
        assert!(template.contains(right), "{right}");
        let broken = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{rule}.yaml"));
        fs::write(&broken, template.replace(right, wrong)).unwrap();
        let output = cfn_lint(&["us-east-1"], &broken);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(!output.status.success() && said.contains(rule), "{rule}: {said}");
    }
}

#[test]
fn whatever_the_parameters_are_the_same_resources_are_there() {
    let expected = BTreeMap::from([
        ("AccessLogGroup", "AWS::Logs::LogGroup"),
        ("Dashboard", "AWS::CloudWatch::Dashboard"),
        ("Function", "AWS::Lambda::Function"),
        ("FunctionAliaslive", "AWS::Lambda::Alias"),
        ("FunctionRequestPermission", "AWS::Lambda::Permission"),
        ("FunctionVersion", "AWS::Lambda::Version"),
        ("HttpApi", "AWS::ApiGatewayV2::Api"),
        ("HttpApiApiGatewayDefaultStage", "AWS::ApiGatewayV2::Stage"),
        ("LogGroup", "AWS::Logs::LogGroup"),
        ("Role", "AWS::IAM::Role"),
    ]);
    for (set, values) in sets() {
        let mut types = Stack::of(set).types();
        if values.get("Alarms").is_some() {
            types.retain(|_, kind| *kind != "AWS::CloudWatch::Alarm");
        }
        assert_eq!(types, expected, "{set}");
    }
}

#[test]
fn the_function_is_what_cargo_lambda_builds() {
    let function = Stack::of("defaults").properties("Function");
    assert_eq!(function["Architectures"], json!(["arm64"]));
    assert_eq!(function["Runtime"], "provided.al2023");
    assert_eq!(function["Handler"], "bootstrap");
    assert_eq!(function["MemorySize"], "256");
    assert_eq!(function["Timeout"], "29");
    assert_eq!(function["Role"], "<Role.Arn>");
    assert_eq!(function["FunctionName"], "chat");
    let template = fs::read_to_string(path()).unwrap();
    assert!(template.contains("CodeUri: ../target/lambda/latscope-handler/\n"));
}

#[test]
fn logs_go_to_the_groups_own_format_and_are_kept_for_as_long_as_asked() {
    let text = Stack::of("defaults");
    assert_eq!(
        text.properties("Function")["LoggingConfig"],
        json!({"LogGroup": "<LogGroup>", "LogFormat": "Text"})
    );
    let group = text.properties("LogGroup");
    assert_eq!(
        group,
        json!({"LogGroupName": "/aws/lambda/chat", "RetentionInDays": "30"})
    );
    assert_eq!(
        Stack::of("json").properties("Function")["LoggingConfig"],
        json!({
            "LogGroup": "<LogGroup>", "LogFormat": "JSON",
            "SystemLogLevel": "INFO", "ApplicationLogLevel": "INFO",
        })
    );
}

#[test]
fn the_role_allows_two_actions_on_the_models_and_two_on_its_log_group() {
    let model = |id: &str| json!(format!("arn:aws:bedrock:eu-west-1::foundation-model/{id}"));
    let defaults = [
        model("anthropic.claude-3-haiku-20240307-v1:0"),
        model("amazon.nova-lite-v1:0"),
    ];
    for (set, _) in sets() {
        let resources = match set {
            "models" => json!(RESOURCES),
            _ => json!(defaults),
        };
        let invoke = json!(["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]);
        let write = json!(["logs:CreateLogStream", "logs:PutLogEvents"]);
        let expected = [(invoke, resources), (write, json!("<LogGroup.Arn>"))];
        assert_eq!(Stack::of(set).allowed(), expected, "{set}");
    }
}

#[test]
fn arns_are_of_the_partition_of_the_stack() {
    let mut stack = Stack::of("defaults");
    for (name, value) in [("AWS::Partition", "aws-us-gov"), ("AWS::Region", "us-gov-west-1")] {
        stack.values.insert(name.to_owned(), value.to_owned());
    }
    assert_eq!(
        stack.allowed()[0].1[1],
        "arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/amazon.nova-lite-v1:0"
    );
    let template = fs::read_to_string(path()).unwrap();
    let resources = &template[template.find("\nResources:").unwrap()..];
    assert!(!resources.contains("arn:aws"));
}

#[test]
fn parameters_take_arns_and_ids_and_no_wildcards() {
    let pattern = |name: &str| parameters()[name]["AllowedPattern"].as_str().unwrap();
    let profile = "arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/a1b2";
    let everywhere = "arn:aws:bedrock:::foundation-model/amazon.nova-lite-v1:0";
    let gov = "arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/amazon.nova-lite-v1:0";
    let cases: Vec<(&str, String, bool)> = vec![
        ("ModelIds", MODELS.to_owned(), true),
        ("ModelIds", profile.to_owned(), true),
        ("ModelIds", String::new(), false),
        ("ModelIds", "a,".to_owned(), false),
        ("ModelIds", "a, b".to_owned(), false),
        ("ModelResources", String::new(), true),
        ("ModelResources", RESOURCES.join(","), true),
        ("ModelResources", format!("{profile},{everywhere},{gov}"), true),
        ("ModelResources", "*".to_owned(), false),
        (
            "ModelResources",
            "arn:aws:bedrock:*::foundation-model/a".to_owned(),
            false,
        ),
        (
            "ModelResources",
            "arn:aws:bedrock:eu-west-1::foundation-model/*".to_owned(),
            false,
        ),
        ("ModelResources", format!("{profile},"), false),
        ("ModelResources", format!("{profile}, {gov}"), false),
        (
            "ModelResources",
            "arn:aws:s3:eu-west-1::bucket/key".to_owned(),
            false,
        ),
        ("AlarmTopic", String::new(), true),
        (
            "AlarmTopic",
            "arn:aws:sns:eu-west-1:111122223333:chat".to_owned(),
            true,
        ),
        ("AlarmTopic", "chat".to_owned(), false),
    ];
    let asked: Vec<Value> = cases
        .iter()
        .map(|(name, text, _)| json!([pattern(name), text]))
        .collect();
    let expected: Vec<bool> = cases.iter().map(|(_, _, is_taken)| *is_taken).collect();
    assert_eq!(python(MATCH, &json!(asked)), json!(expected));
}

#[test]
fn other_models_need_their_arns() {
    for (set, is_allowed) in [("defaults", true), ("models", true), ("no-resources", false)] {
        let stack = Stack::of(set);
        let rule = &stack.template["Rules"]["ModelsAndResources"];
        let holds = !stack.is(&rule["RuleCondition"]) || stack.is(&rule["Assertions"][0]["Assert"]);
        assert_eq!(holds, is_allowed, "{set}");
    }
}

#[test]
fn the_route_calls_the_alias_and_asks_for_a_signature_unless_told_otherwise() {
    for (set, _) in sets() {
        let stack = Stack::of(set);
        let body = &stack.properties("HttpApi")["Body"];
        let paths = body["paths"].as_object().unwrap();
        assert_eq!(paths.keys().collect::<Vec<_>>(), ["/"]);
        let methods = paths["/"].as_object().unwrap();
        assert_eq!(methods.keys().collect::<Vec<_>>(), ["post"]);
        let security = match set {
            "open" => Value::Null,
            _ => json!([{"AWS_IAM": []}]),
        };
        assert_eq!(methods["post"]["security"], security, "{set}");
        assert_eq!(
            body["components"]["securitySchemes"]["AWS_IAM"]["x-amazon-apigateway-authtype"],
            "awsSigv4"
        );
        let integration = &methods["post"]["x-amazon-apigateway-integration"];
        assert_eq!(integration["payloadFormatVersion"], "2.0");
        assert_eq!(
            integration["uri"],
            "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/<FunctionAliaslive>/invocations"
        );
        let permission = stack.properties("FunctionRequestPermission");
        assert_eq!(permission["FunctionName"], "<FunctionAliaslive>");
        assert_eq!(
            permission["SourceArn"],
            "arn:aws:execute-api:eu-west-1:111122223333:<HttpApi>/*/POST/"
        );
        assert_eq!(
            stack.properties("HttpApiApiGatewayDefaultStage")["DefaultRouteSettings"],
            json!({"ThrottlingRateLimit": "10", "ThrottlingBurstLimit": "20"})
        );
    }
}

#[test]
fn concurrency_is_provisioned_only_if_asked_for() {
    let concurrency =
        |set| Stack::of(set).properties("FunctionAliaslive")["ProvisionedConcurrencyConfig"].clone();
    assert_eq!(concurrency("defaults"), Value::Null);
    assert_eq!(
        concurrency("provisioned"),
        json!({"ProvisionedConcurrentExecutions": "2"})
    );
}

/// Requests go to a version, which nothing changes: what does not publish another one has no effect.
#[test]
fn what_changes_the_function_publishes_a_version() {
    let defaults = Stack::of("defaults");
    let function = defaults.properties("Function");
    let (name, description) = defaults.version();
    for parameter in parameters().keys() {
        let stack = Stack::with(defaults.template, &json!({parameter: "other"}));
        // Such a value is chosen, not free.
        let stack = match parameter.as_str() {
            "LogFormat" => Stack::with(defaults.template, &json!({parameter: "JSON"})),
            "Metrics" => Stack::with(defaults.template, &json!({parameter: "emf"})),
            _ => stack,
        };
        let has_changed = stack.properties("Function") != function;
        let is_published = stack.version().1 != description;
        match parameter.as_str() {
            "PromptHashKey" => assert!(has_changed && !is_published, "a description can be read"),
            "Revision" => assert!(!has_changed && is_published),
            _ => assert_eq!(has_changed, is_published, "{parameter}"),
        }
    }
    // Another code has another name in S3, of which the translator makes another name of the version.
    assert!(name.len() > "FunctionVersion".len(), "{name}");
}

#[test]
fn the_longest_description_of_a_version_is_not_too_long_for_lambda() {
    let longest: Map<String, Value> = parameters()
        .iter()
        .map(|(name, parameter)| {
            let allowed = parameter["AllowedValues"].as_array().into_iter().flatten();
            let allowed = allowed.map(|value| text(value).len()).max();
            let length = parameter["MaxLength"].as_u64().map(|length| length as usize);
            let largest = parameter.get("MaxValue").map(|value| text(value).len());
            let length = allowed.or(length).or(largest).unwrap_or(1000);
            (name.clone(), json!("x".repeat(length)))
        })
        .collect();
    let stack = Stack::with(Stack::of("defaults").template, &Value::Object(longest));
    let (_, description) = stack.version();
    assert!(description.len() <= 256, "{}", description.len());
}

#[test]
fn there_are_alarms_only_if_asked_for() {
    let alarms = |stack: &Stack| -> Vec<String> {
        let types = stack.types().into_iter();
        let alarms = types.filter(|(_, kind)| *kind == "AWS::CloudWatch::Alarm");
        alarms.map(|(name, _)| name.to_owned()).collect()
    };
    assert!(alarms(&Stack::of("defaults")).is_empty());
    let (on, topic) = (Stack::of("alarms"), Stack::of("topic"));
    let names = alarms(&on);
    assert_eq!(
        names,
        [
            "DurationAlarm",
            "ErrorsAlarm",
            "ServerErrorsAlarm",
            "ThrottlesAlarm"
        ]
    );
    for name in &names {
        let alarm = on.properties(name);
        assert_eq!(alarm["TreatMissingData"], "notBreaching", "{name}");
        assert_eq!(alarm["AlarmActions"], Value::Null, "{name}");
        let alarm = topic.properties(name);
        assert_eq!(
            alarm["AlarmActions"],
            json!(["arn:aws:sns:eu-west-1:111122223333:chat"]),
            "{name}"
        );
    }
    let duration = on.properties("DurationAlarm");
    assert_eq!(
        duration["Metrics"][0]["Expression"],
        "100 * duration / (1000 * 29)"
    );
    assert_eq!(duration["Metrics"][1]["MetricStat"]["Stat"], "p95");
}

#[test]
fn variables_are_those_that_the_handler_reads_and_its_guide_explains() {
    let variables = |set| {
        let function = Stack::of(set).properties("Function");
        function["Environment"]["Variables"].as_object().unwrap().clone()
    };
    let defaults = variables("defaults");
    assert_eq!(
        defaults.keys().collect::<Vec<_>>(),
        ["MAX_TOKENS", "MODEL_ASSIGNMENT", "MODEL_IDS"]
    );
    let all = variables("metrics");
    assert_eq!(all["METRICS"], "emf");
    assert_eq!(all["PROMPT_HASH_KEY"], "hunter2");
    assert_eq!(parameters()["PromptHashKey"]["NoEcho"], true);
    let (settings, readme) = (
        fs::read_to_string(folder().join("src/settings.rs")).unwrap(),
        readme(),
    );
    for name in all.keys() {
        assert!(settings.contains(&format!("\"{name}\"")), "{name}");
        assert!(readme.contains(&format!("\n| `{name}` |")), "{name}");
    }
}

#[test]
fn every_parameter_is_used_and_explained() {
    let mut used = Vec::new();
    for section in ["Conditions", "Resources"] {
        references(&source()[section], &mut |name| used.push(name.to_owned()));
    }
    let readme = readme();
    for (name, parameter) in parameters() {
        assert!(used.contains(name), "{name} is not used");
        assert!(parameter["Description"].is_string(), "{name}");
        let default = text(&parameter["Default"]);
        let row = format!("\n| `{name}` |");
        let (_, rest) = readme
            .split_once(&row)
            .unwrap_or_else(|| panic!("README.md has no row of {name}"));
        let shown = rest.split('|').next().unwrap().trim().trim_matches('`');
        assert_eq!(shown, default, "{name}");
    }
    // Nothing is explained, or set by a command, that is no parameter.
    let commands = blocks("sh").join("\n");
    let rests: Vec<&str> = commands.split("--parameter-overrides").skip(1).collect();
    assert!(rests.len() >= 2);
    for word in rests
        .iter()
        .flat_map(|rest| rest.lines().next().unwrap().split_whitespace())
    {
        let (name, _) = word.split_once('=').unwrap();
        assert!(parameters().contains_key(name), "{name}");
    }
}

#[test]
fn outputs_tell_where_everything_is() {
    for (set, _) in sets() {
        let stack = Stack::of(set);
        let outputs = stack.template["Outputs"].as_object().unwrap();
        let outputs: BTreeMap<&str, String> = outputs
            .iter()
            .map(|(name, output)| (name.as_str(), stack.text(&output["Value"])))
            .collect();
        assert_eq!(
            outputs,
            BTreeMap::from([
                ("AccessLogGroupName", "<AccessLogGroup>".to_owned()),
                ("ApiId", "<HttpApi>".to_owned()),
                ("DashboardName", "<Dashboard>".to_owned()),
                ("FunctionName", "<Function>".to_owned()),
                ("LogGroupName", "<LogGroup>".to_owned()),
                (
                    "Url",
                    "https://<HttpApi>.execute-api.eu-west-1.amazonaws.com/".to_owned()
                ),
            ])
        );
    }
}

#[test]
fn the_dashboard_is_json_with_the_stacks_names_in_it() {
    let template = fs::read_to_string(path()).unwrap();
    let begins = template.find("# The dashboard begins.\n").unwrap();
    let body = template.find("DashboardBody: !If\n").unwrap();
    let ends = template.find("# The dashboard ends.\n").unwrap();
    assert!(begins < body && body < ends);
    for (set, is_emf) in [("defaults", false), ("metrics", true)] {
        let dashboard = Stack::of(set).properties("Dashboard");
        assert_eq!(dashboard["DashboardName"], "chat-eu-west-1");
        let body = dashboard["DashboardBody"].as_str().unwrap();
        assert_eq!(body.contains("InferenceTime"), is_emf);
        let body: Value = serde_json::from_str(body).unwrap();
        assert!(!body["widgets"].as_array().unwrap().is_empty());
        assert!(body.to_string().contains("eu-west-1"));
    }
}
