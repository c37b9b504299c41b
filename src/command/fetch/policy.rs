//! The IAM policy that a fetch needs.

use serde_json::{Value, json};

use crate::fetch::{Asked, Job};

/// The policy for what was asked for, where the groups could not be found.
pub(super) fn policy_of(asked: &Asked, regions: &[String]) -> String {
    let regions: Vec<&str> = match regions {
        [] => vec!["*"],
        regions => regions.iter().map(String::as_str).collect(),
    };
    let names = asked.names.iter().cloned();
    let functions = asked.functions.iter().map(|name| format!("/aws/lambda/{name}"));
    let prefixes = asked.prefixes.iter().map(|prefix| format!("{prefix}*"));
    let patterns = asked.patterns.iter().map(|pattern| format!("*{pattern}*"));
    let resources: Vec<String> = names
        .chain(functions)
        .chain(prefixes)
        .chain(patterns)
        .flat_map(|name| {
            let of_region = |region: &&str| match name.starts_with("arn:") {
                true => format!("{}:*", name.trim_end_matches(":*")),
                false => format!("arn:*:logs:{region}:*:log-group:{name}:*"),
            };
            regions.iter().map(of_region).collect::<Vec<_>>()
        })
        .collect();
    let text = written(&[
        allow("logs:DescribeLogGroups", &["*".to_owned()]),
        allow("logs:FilterLogEvents", &resources),
        allow("logs:StartQuery", &resources),
        allow_all(&["logs:GetQueryResults", "logs:StopQuery"]),
        allow("lambda:GetFunctionConfiguration", &lambdas(asked, "*")),
    ]);
    format!("IAM policy:\n{text}")
}

/// The policy that allows what the fetch does, and nothing else.
pub(super) fn policy(job: &Job, asked: &Asked) -> String {
    let arns = |suffix: &str, is_wanted: &dyn Fn(bool) -> bool| -> Vec<String> {
        let mut arns: Vec<String> = job
            .targets
            .iter()
            .filter(|target| is_wanted(job.uses_insights(target)))
            .map(|target| {
                let account = target.group.account.as_deref().unwrap_or("*");
                let (region, name) = (&target.group.region, &target.group.name);
                let partition = target.group.partition();
                format!("arn:{partition}:logs:{region}:{account}:log-group:{name}{suffix}")
            })
            .collect();
        arns.sort();
        arns.dedup();
        arns
    };
    let has_queries = job.targets.iter().any(|target| job.uses_insights(target));
    let partition = job
        .targets
        .first()
        .map_or("aws", |target| target.group.partition());
    let mut statements = vec![
        allow("logs:DescribeLogGroups", &["*".to_owned()]),
        allow(
            "logs:FilterLogEvents",
            &arns(":*", &|uses_insights| !uses_insights),
        ),
        allow("logs:StartQuery", &arns(":*", &|uses_insights| uses_insights)),
    ];
    if has_queries {
        // These two know no resource.
        statements.push(allow_all(&["logs:GetQueryResults", "logs:StopQuery"]));
    }
    statements.push(allow(
        "lambda:GetFunctionConfiguration",
        &lambdas(asked, partition),
    ));
    written(&statements)
}

fn lambdas(asked: &Asked, partition: &str) -> Vec<String> {
    let arn = |function: &String| match function.starts_with("arn:") {
        true => function.clone(),
        false => format!("arn:{partition}:lambda:*:*:function:{function}"),
    };
    asked.functions.iter().map(arn).collect()
}

/// A statement for some resources; none, if there are none.
fn allow(action: &str, resources: &[String]) -> Option<Value> {
    (!resources.is_empty()).then(|| json!({ "Effect": "Allow", "Action": action, "Resource": resources }))
}

fn allow_all(actions: &[&str]) -> Option<Value> {
    Some(json!({ "Effect": "Allow", "Action": actions, "Resource": "*" }))
}

fn written(statements: &[Option<Value>]) -> String {
    let statements: Vec<&Value> = statements.iter().flatten().collect();
    let policy = json!({ "Version": "2012-10-17", "Statement": statements });
    // An object of texts can always be written.
    let mut text = serde_json::to_string_pretty(&policy).unwrap_or_default();
    text.push('\n');
    text
}
