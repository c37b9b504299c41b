//! `DescribeLogGroups`: which groups there are.

use std::collections::HashSet;
use std::sync::Arc;

use aws_sdk_cloudwatchlogs::types::LogGroupClass;

use super::fault::Fault;
use super::session::Regional;
use crate::vocab::likeness;

/// What `DescribeLogGroups` is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Search<'a> {
    Prefix(&'a str),
    Pattern(&'a str),
}

/// A group as `DescribeLogGroups` tells it.
pub(super) struct Described {
    pub(super) name: String,
    pub(super) account: Option<String>,
    pub(super) class: Option<LogGroupClass>,
    pub(super) retention_days: Option<i32>,
}

impl Described {
    /// A group of which only the name is known.
    pub(super) fn bare(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            account: None,
            class: None,
            retention_days: None,
        }
    }
}

/// All pages of `DescribeLogGroups`, of which those that match are kept.
pub(super) async fn describe(
    regional: &Regional,
    search: Search<'_>,
    matches: &(dyn Fn(&str) -> bool + Sync),
) -> Result<Vec<Described>, Fault> {
    describe_first(regional, search, matches, usize::MAX).await
}

/// So many pages of `DescribeLogGroups` at most.
async fn describe_first(
    regional: &Regional,
    search: Search<'_>,
    matches: &(dyn Fn(&str) -> bool + Sync),
    most_pages: usize,
) -> Result<Vec<Described>, Fault> {
    let mut all = Vec::new();
    let mut token: Option<String> = None;
    let mut tokens = HashSet::new();
    loop {
        let page = regional
            .call("logs:DescribeLogGroups", &regional.other, || {
                let call = regional.logs.describe_log_groups().set_next_token(token.clone());
                match search {
                    Search::Prefix(prefix) => call.log_group_name_prefix(prefix),
                    Search::Pattern(pattern) => call.log_group_name_pattern(pattern),
                }
                .send()
            })
            .await?;
        for group in page.log_groups() {
            let Some(name) = group.log_group_name().filter(|name| matches(name)) else {
                continue;
            };
            let account = group.arn().and_then(|arn| arn.split(':').nth(4));
            all.push(Described {
                name: name.to_owned(),
                account: account.filter(|account| !account.is_empty()).map(str::to_owned),
                class: group.log_group_class().cloned(),
                retention_days: group.retention_in_days(),
            });
        }
        let Some(next) = page.next_token() else {
            return Ok(all);
        };
        if tokens.len().saturating_add(1) >= most_pages {
            return Ok(all);
        }
        if !tokens.insert(next.to_owned()) {
            let said = "the same page token twice";
            return Err(Fault::other("logs:DescribeLogGroups", &regional.region, said));
        }
        token = Some(next.to_owned());
    }
}

/// The class of a group, which CloudWatch Logs leaves out where it is asked for a pattern.
pub(super) async fn class_of(
    described: &Described,
    regional: &Regional,
) -> Result<Option<LogGroupClass>, Fault> {
    let name = described.name.as_str();
    let mut described = describe(regional, Search::Prefix(name), &|found| found == name).await?;
    Ok(described.pop().and_then(|described| described.class))
}

/// How many pages are searched for like names in a region: 500 groups, two seconds.
const PAGES_OF_LIKE_NAMES: usize = 10;

/// How like the last parts of two names must be.
const LIKE: f64 = 0.7;

/// Up to three names that are like one that does not exist.
pub(super) async fn near_names(name: &str, regions: &[Arc<Regional>]) -> Vec<String> {
    let family = match name.rfind('/') {
        Some(slash) if slash > 0 => &name[..=slash],
        _ => "",
    };
    let beginning: String = name.chars().take(3).collect();
    // Without a prefix the API lists every group.
    let search = match family {
        "" => Search::Pattern(&beginning),
        family => Search::Prefix(family),
    };
    let mut near = Vec::new();
    for regional in regions {
        near.extend(like_names(name, search, regional).await);
    }
    let last = last_part(name);
    if near.is_empty() && !last.is_empty() {
        // The fault may lie before the last part: another spelling, other capitals, no slash at the beginning.
        for regional in regions {
            near.extend(like_names(name, Search::Pattern(last), regional).await);
        }
    }
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    near.dedup_by(|a, b| a.1 == b.1);
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

/// The names of a search whose last parts are like that of a name, and how like.
async fn like_names(name: &str, search: Search<'_>, regional: &Regional) -> Vec<(f64, String)> {
    let found = describe_first(regional, search, &|_| true, PAGES_OF_LIKE_NAMES).await;
    let likeness = |found: &str| {
        let of_last = likeness(last_part(name), last_part(found));
        // Among those the whole name decides.
        (of_last > LIKE).then(|| of_last + likeness(name, found))
    };
    // What helps with one error must not become another.
    let found = found.unwrap_or_default().into_iter();
    found
        .filter_map(|found| Some((likeness(&found.name)?, found.name)))
        .collect()
}

fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
}
