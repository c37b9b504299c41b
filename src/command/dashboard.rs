//! `latscope dashboard`: the body of a CloudWatch dashboard. Asks nothing of AWS.

use std::io::Write;

use super::error::Error;
use super::surroundings::Surroundings;
use crate::fetch::{MOST_GROUPS, name_of_function, region_of_function};
use crate::render::{ApiView, DashboardView, dashboard_json};
use crate::vocab::{acts, visible};

/// What `latscope dashboard` was asked for. Every text may hold `${…}`, which a template fills in.
#[derive(Debug, Clone)]
pub struct DashboardOptions {
    /// The function, by name or ARN.
    pub function: String,
    /// Its log groups, by name; `/aws/lambda/` and its name where there is none.
    pub log_groups: Vec<String>,
    /// The id of an HTTP API.
    pub api_id: Option<String>,
    /// The name of a REST API.
    pub rest_api_name: Option<String>,
    /// The region; that of the function's ARN or of the environment where it is not given.
    pub region: Option<String>,
    /// Whether the handler logs embedded metrics.
    pub has_emf: bool,
}

/// Prints the body.
///
/// # Errors
/// If a name cannot be meant, or there is no region.
pub fn dashboard(
    options: &DashboardOptions,
    surroundings: &Surroundings,
    stdout: &mut dyn Write,
) -> Result<(), Error> {
    let function = match options.function.contains("${") {
        true => options.function.as_str(),
        false => name_of_function(&options.function),
    };
    check("function", function, "-_", 64)?;
    let log_groups = match options.log_groups.as_slice() {
        [] => vec![format!("/aws/lambda/{function}")],
        groups => groups.to_vec(),
    };
    if log_groups.len() > MOST_GROUPS {
        return Err(Error::Usage(format!(
            "--log-group: a query takes {MOST_GROUPS} log groups at most, and these are {}",
            log_groups.len()
        )));
    }
    for group in &log_groups {
        check("log-group", group, "-_./#", 512)?;
    }
    if let Some(id) = &options.api_id {
        check("api-id", id, "", 64)?;
    }
    if let Some(name) = &options.rest_api_name
        && (name.trim().is_empty() || name.contains(acts) || fixed(name).is_none())
    {
        return Err(unfit("rest-api-name", name));
    }
    let of_arn = region_of_function(&options.function).filter(|region| !region.is_empty());
    if let (Some(given), Some(of_arn)) = (options.region.as_deref(), of_arn)
        && given != of_arn
    {
        return Err(Error::Usage(format!(
            "--region: the function is in {}, as its ARN says, and not in {}: leave out --region",
            visible(of_arn),
            visible(given)
        )));
    }
    let region = options.region.as_deref().or(of_arn);
    let region = region
        .or(surroundings.region.as_deref())
        .ok_or_else(|| Error::Usage("no region: give --region REGION, or set AWS_REGION".to_owned()))?;
    check("region", region, "-", 64)?;
    let http = options.api_id.as_deref().map(ApiView::Http);
    let body = dashboard_json(&DashboardView {
        function,
        log_groups: &log_groups,
        api: http.or_else(|| options.rest_api_name.as_deref().map(ApiView::Rest)),
        region,
        has_emf: options.has_emf,
    });
    stdout.write_all(body.as_bytes()).map_err(Error::Output)
}

/// Whether a text can be such a name: letters, digits and some signs. What a template fills in counts for nothing.
fn check(option: &str, text: &str, signs: &str, longest: usize) -> Result<(), Error> {
    let fixed = fixed(text).ok_or_else(|| unfit(option, text))?;
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || signs.contains(c);
    match !text.is_empty() && fixed.chars().count() <= longest && fixed.chars().all(is_of_name) {
        true => Ok(()),
        false => Err(unfit(option, text)),
    }
}

/// A text without its `${Name}` and `${AWS::Name}`. `None` if one of them is none.
fn fixed(text: &str) -> Option<String> {
    let mut parts = text.split("${");
    let mut fixed = parts.next()?.to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}')?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == ':' || c == '.';
        if name.is_empty() || !name.chars().all(is_name) {
            return None;
        }
        fixed.push_str(rest);
    }
    Some(fixed)
}

fn unfit(option: &str, text: &str) -> Error {
    Error::Usage(format!(
        "--{option}: nothing of the kind is named \"{}\"",
        visible(text)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_template_fills_in_counts_for_nothing() {
        assert_eq!(
            fixed("a-${AWS::StackName}/${Function.Arn}b").as_deref(),
            Some("a-/b")
        );
        assert_eq!(fixed("plain").as_deref(), Some("plain"));
        for text in ["${", "${}", "${a b}", "${!Literal}", "x${Function"] {
            assert_eq!(fixed(text), None, "{text}");
        }
    }
}
