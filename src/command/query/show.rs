//! A query as text, and as a command of the AWS CLI.

use std::collections::BTreeSet;

use super::fault::QueryFault;
use crate::command::error::Error;
use crate::fetch::{Asked, MOST_GROUPS, Query, region_of_group};
use crate::vocab::{acts, visible};

/// The query of this name.
///
/// # Errors
/// If there is none.
pub(super) fn named(name: &str) -> Result<&'static Query, Error> {
    Query::named(name).map_err(|near| {
        QueryFault::Unknown {
            name: name.to_owned(),
            near,
        }
        .into()
    })
}

/// The file of a query; with log groups a command that puts it to them.
///
/// # Errors
/// If there is no such query, or a log group cannot be meant.
pub(super) fn shown(name: &str, groups: &[String]) -> Result<String, Error> {
    let query = named(name)?;
    for group in groups {
        Asked::check_text("log-group", group).map_err(|fault| Error::Usage(format!("--{fault}")))?;
        if group.contains(acts) {
            let group = visible(group);
            return Err(Error::Usage(format!(
                "--log-group: no log group is named \"{group}\""
            )));
        }
    }
    Ok(match groups {
        [] => query.file.to_owned(),
        groups => start_query(query, groups, region(groups)?),
    })
}

/// The region that ARNs of log groups name, if there are any.
///
/// # Errors
/// If there are several, or more log groups than a query takes.
fn region(groups: &[String]) -> Result<Option<&str>, Error> {
    if groups.len() > MOST_GROUPS {
        return Err(Error::Usage(format!(
            "--log-group: a query takes {MOST_GROUPS} log groups at most, and these are {}",
            groups.len()
        )));
    }
    let regions: BTreeSet<&str> = groups.iter().filter_map(|group| region_of_group(group)).collect();
    match regions.into_iter().collect::<Vec<_>>().as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        several => Err(Error::Usage(format!(
            "--log-group: a query runs in one region, and these are in {}: show it for each",
            several.join(", ")
        ))),
    }
}

/// The command for a shell. The window is the last hour.
fn start_query(query: &Query, groups: &[String], region: Option<&str>) -> String {
    let region = region.map_or_else(String::new, |region| format!(" --region {}", quoted(region)));
    // A group of another account has no name here; identifiers may be names too.
    let parameter = match groups.iter().any(|group| group.starts_with("arn:")) {
        true => "--log-group-identifiers",
        false => "--log-group-names",
    };
    let groups: Vec<String> = groups
        .iter()
        .map(|group| quoted(group.strip_suffix(":*").unwrap_or(group)))
        .collect();
    format!(
        "id=$(aws logs start-query{region} {parameter} {} \\\n  \
         --start-time \"$(($(date +%s) - 3600))\" --end-time \"$(date +%s)\" \\\n  \
         --query queryId --output text \\\n  \
         --query-string {})\n\
         # Again, until its status is no longer Scheduled or Running:\n\
         aws logs get-query-results{region} --query-id \"$id\" --output json\n",
        groups.join(" "),
        quoted(&query.text(None)),
    )
}

/// A text as a POSIX shell takes it for one word.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
