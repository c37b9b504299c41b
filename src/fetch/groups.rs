//! From what a user names to the log groups that are read.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_cloudwatchlogs::types::LogGroupClass;

use super::error::Error;
use super::fault::{Fault, FaultKind};
use super::session::Regional;
use crate::source::store::LogGroup;

/// What a user asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Names or ARNs of log groups.
    pub names: Vec<String>,
    /// Names or ARNs of functions.
    pub functions: Vec<String>,
    /// How names of log groups begin.
    pub prefixes: Vec<String>,
    /// What stands anywhere in names of log groups.
    pub patterns: Vec<String>,
}

impl Asked {
    /// Whether nothing was asked for.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
            && self.functions.is_empty()
            && self.prefixes.is_empty()
            && self.patterns.is_empty()
    }

    /// Whether every group is named with its region.
    fn is_only_arns(&self) -> bool {
        self.functions.is_empty()
            && self.prefixes.is_empty()
            && self.patterns.is_empty()
            && self.names.iter().all(|name| Arn::parse(name).is_some())
    }
}

/// One log group to read.
#[derive(Debug, Clone)]
pub struct Target {
    /// The group.
    pub group: LogGroup,
    /// Whether its class is Infrequent Access, of which only Logs Insights reads.
    pub is_infrequent_access: bool,
    /// How it is named in calls: its ARN where that is what was given, since only so a group of a linked account is
    /// found; else its name.
    pub(super) identifier: Identifier,
    /// Where it is.
    pub(super) regional: Arc<Regional>,
}

/// How a group is named in calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Identifier {
    Name(String),
    Arn(String),
}

/// The groups that were found, and what the user should know about the way there.
#[derive(Debug, Default)]
pub struct Targets {
    /// By region and name, each once.
    pub groups: Vec<Target>,
    /// Lines for the user.
    pub notices: Vec<String>,
}

/// Asks every region for the groups, and those that only ARNs name for the groups of these alone.
///
/// # Errors
/// If a name is found in no region, or nothing at all is found, or a call fails for good.
pub async fn resolve(asked: &Asked, all_regions: &[Arc<Regional>]) -> Result<Targets, Error> {
    let regions: Vec<_> = all_regions
        .iter()
        .filter(|regional| regional.is_asked)
        .cloned()
        .collect();
    if regions.is_empty() && !asked.is_only_arns() {
        return Err(Error::NoRegion);
    }
    let regions = regions.as_slice();
    let mut found = Found::default();
    for name in &asked.names {
        match Arn::parse(name) {
            Some(arn) => found.arn(&arn, all_regions).await?,
            None => found.name(name, regions).await?,
        }
    }
    for function in &asked.functions {
        found.function(function, regions).await?;
    }
    for prefix in &asked.prefixes {
        let matches = |name: &str| name.starts_with(prefix.as_str());
        found.all(Search::Prefix(prefix), &matches, regions).await?;
    }
    for pattern in &asked.patterns {
        // Not every server that speaks the API knows the parameter.
        let matches = |name: &str| name.contains(pattern.as_str());
        found.all(Search::Pattern(pattern), &matches, regions).await?;
    }
    Ok(Targets {
        groups: found.groups.into_values().collect(),
        notices: found.notices,
    })
}

#[derive(Debug, Default)]
struct Found {
    groups: BTreeMap<(String, String, String), Target>,
    notices: Vec<String>,
}

/// What `DescribeLogGroups` is asked for.
#[derive(Debug, Clone, Copy)]
enum Search<'a> {
    Prefix(&'a str),
    Pattern(&'a str),
}

/// A group as `DescribeLogGroups` tells it.
struct Described {
    name: String,
    account: Option<String>,
    class: Option<LogGroupClass>,
}

impl Found {
    fn add(
        &mut self,
        regional: &Arc<Regional>,
        described: Described,
        identifier: Identifier,
    ) -> Result<(), Error> {
        let Described { name, account, class } = described;
        if let Some(LogGroupClass::Delivery) = class {
            return Err(Error::UnreadableClass {
                name,
                class: "DELIVERY".to_owned(),
            });
        }
        let key = (
            regional.region.clone(),
            account.clone().unwrap_or_default(),
            name.clone(),
        );
        self.groups.entry(key).or_insert_with(|| Target {
            group: LogGroup {
                account,
                region: regional.region.clone(),
                name,
            },
            is_infrequent_access: class == Some(LogGroupClass::InfrequentAccess),
            identifier,
            regional: Arc::clone(regional),
        });
        Ok(())
    }

    /// A group of this name, in every region that has one.
    async fn name(&mut self, name: &str, regions: &[Arc<Regional>]) -> Result<(), Error> {
        let mut is_found = false;
        let mut missing_in = Vec::new();
        for regional in regions {
            let identifier = Identifier::Name(name.to_owned());
            match describe(regional, Search::Prefix(name), &|found| found == name).await {
                Ok(mut described) => match described.pop() {
                    Some(described) => {
                        self.add(regional, described, identifier)?;
                        is_found = true;
                    }
                    None => missing_in.push(regional.region.clone()),
                },
                Err(fault) if fault.kind == FaultKind::AccessDenied => {
                    self.notices.push(format!(
                        "logs:DescribeLogGroups is not allowed in {}: {name} is read as it was given, and taken to be \
                         of the standard class",
                        regional.region
                    ));
                    self.add(regional, Described::bare(name, None), identifier)?;
                    is_found = true;
                }
                Err(fault) => return Err(fault.into()),
            }
        }
        if !is_found {
            return Err(Error::UnknownGroup {
                name: name.to_owned(),
                near: near_names(name, regions).await,
                regions: missing_in,
            });
        }
        for region in missing_in {
            self.notices.push(format!("no log group {name} in {region}"));
        }
        Ok(())
    }

    /// The group of an ARN, which may be another account's.
    async fn arn(&mut self, arn: &Arn<'_>, regions: &[Arc<Regional>]) -> Result<(), Error> {
        let Some(regional) = regions.iter().find(|regional| regional.region == arn.region) else {
            return Err(Error::UnknownGroup {
                name: arn.text(),
                regions: regions.iter().map(|regional| regional.region.clone()).collect(),
                near: Vec::new(),
            });
        };
        let is_it = |name: &str| name == arn.name;
        let described = match describe(regional, Search::Prefix(arn.name), &is_it).await {
            Ok(mut described) => described.pop().filter(|found| {
                let account = found.account.as_deref();
                account.is_none_or(|account| account == arn.account)
            }),
            Err(fault) if fault.kind == FaultKind::AccessDenied => None,
            Err(fault) => return Err(fault.into()),
        };
        let described = Described {
            account: Some(arn.account.to_owned()),
            // A group of a linked account is not listed; whether it can be read shows when it is.
            ..described.unwrap_or_else(|| Described::bare(arn.name, None))
        };
        self.add(regional, described, Identifier::Arn(arn.text()))
    }

    /// The group that a function logs to.
    async fn function(&mut self, function: &str, regions: &[Arc<Regional>]) -> Result<(), Error> {
        // `arn:aws:lambda:REGION:ACCOUNT:function:NAME[:VERSION]`
        let name = match function.strip_prefix("arn:") {
            Some(_) => function.split(':').nth(6).unwrap_or(function),
            None => function.split(':').next().unwrap_or(function),
        };
        let mut missing_in = Vec::new();
        let mut is_found = false;
        for regional in regions {
            let (group, is_known) = self.group_of_function(function, name, regional).await?;
            match describe(regional, Search::Prefix(&group), &|found| found == group).await {
                Ok(mut described) => match described.pop() {
                    Some(described) => {
                        self.add(regional, described, Identifier::Name(group))?;
                        is_found = true;
                    }
                    None if is_known => {
                        self.notices.push(format!(
                            "function {name} of {} has not logged yet: there is no log group {group}",
                            regional.region
                        ));
                        is_found = true;
                    }
                    None => missing_in.push(regional.region.clone()),
                },
                Err(fault) if fault.kind == FaultKind::AccessDenied => {
                    self.add(
                        regional,
                        Described::bare(&group, None),
                        Identifier::Name(group.clone()),
                    )?;
                    is_found = true;
                }
                Err(fault) => return Err(fault.into()),
            }
        }
        match is_found {
            true => Ok(()),
            false => {
                let name = format!("/aws/lambda/{name}");
                Err(Error::UnknownGroup {
                    near: near_names(&name, regions).await,
                    name,
                    regions: missing_in,
                })
            }
        }
    }

    /// The log group in a function's configuration, and whether Lambda knows the function.
    async fn group_of_function(
        &mut self,
        function: &str,
        name: &str,
        regional: &Regional,
    ) -> Result<(String, bool), Error> {
        let by_default = format!("/aws/lambda/{name}");
        let answer = regional
            .call("lambda:GetFunctionConfiguration", &regional.other, || {
                regional
                    .lambda
                    .get_function_configuration()
                    .function_name(function)
                    .send()
            })
            .await;
        match answer {
            Ok(configuration) => {
                let custom = configuration
                    .logging_config()
                    .and_then(|logging| logging.log_group())
                    .filter(|group| !group.is_empty());
                Ok((custom.map_or(by_default, str::to_owned), true))
            }
            Err(fault) if fault.kind == FaultKind::Authentication => Err(fault.into()),
            Err(fault) => {
                let why = match fault.kind {
                    FaultKind::NotFound => format!("Lambda knows no function {name} in {}", regional.region),
                    FaultKind::AccessDenied => {
                        format!(
                            "lambda:GetFunctionConfiguration is not allowed in {}",
                            regional.region
                        )
                    }
                    _ => format!("{fault}"),
                };
                self.notices
                    .push(format!("{why}: its log group is taken to be {by_default}"));
                Ok((by_default, false))
            }
        }
    }

    /// Every group that a search finds.
    async fn all(
        &mut self,
        search: Search<'_>,
        matches: &(dyn Fn(&str) -> bool + Sync),
        regions: &[Arc<Regional>],
    ) -> Result<(), Error> {
        let mut is_found = false;
        for regional in regions {
            for mut described in describe(regional, search, matches).await? {
                if described.class.is_none() && matches!(search, Search::Pattern(_)) {
                    described.class = class_of(&described, regional).await?;
                }
                if described.class == Some(LogGroupClass::Delivery) {
                    let name = described.name;
                    self.notices
                        .push(format!("{name} is of class DELIVERY and cannot be read back"));
                    continue;
                }
                let identifier = Identifier::Name(described.name.clone());
                self.add(regional, described, identifier)?;
                is_found = true;
            }
        }
        if is_found {
            return Ok(());
        }
        Err(Error::NoGroup {
            asked: match search {
                Search::Prefix(prefix) => format!("--log-group-prefix {prefix}"),
                Search::Pattern(pattern) => format!("--log-group-pattern {pattern}"),
            },
            regions: regions.iter().map(|regional| regional.region.clone()).collect(),
        })
    }
}

impl Described {
    fn bare(name: &str, account: Option<String>) -> Self {
        Self {
            name: name.to_owned(),
            account,
            class: None,
        }
    }
}

/// All pages of `DescribeLogGroups`, of which those that match are kept.
async fn describe(
    regional: &Regional,
    search: Search<'_>,
    matches: &(dyn Fn(&str) -> bool + Sync),
) -> Result<Vec<Described>, Fault> {
    let mut all = Vec::new();
    let mut token: Option<String> = None;
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
            });
        }
        let next = page.next_token().map(str::to_owned);
        if next.is_none() || next == token {
            return Ok(all);
        }
        token = next;
    }
}

/// The class of a group, which CloudWatch Logs leaves out where it is asked for a pattern.
async fn class_of(described: &Described, regional: &Regional) -> Result<Option<LogGroupClass>, Fault> {
    let name = described.name.as_str();
    let mut described = describe(regional, Search::Prefix(name), &|found| found == name).await?;
    Ok(described.pop().and_then(|described| described.class))
}

/// Up to three names that are like one that does not exist.
async fn near_names(name: &str, regions: &[Arc<Regional>]) -> Vec<String> {
    let family = match name.rfind('/') {
        Some(slash) if slash > 0 => &name[..=slash],
        _ => "",
    };
    let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase();
    let wanted = last(name);
    let beginning: String = name.chars().take(3).collect();
    let mut near = Vec::new();
    for regional in regions {
        // Without a prefix the API lists every group.
        let search = match family {
            "" => Search::Pattern(&beginning),
            family => Search::Prefix(family),
        };
        let Ok(all) = describe(regional, search, &|_| true).await else {
            continue;
        };
        for described in all {
            let likeness = strsim::jaro_winkler(&wanted, &last(&described.name));
            if likeness > 0.7 {
                near.push((likeness, described.name));
            }
        }
    }
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    near.dedup_by(|a, b| a.1 == b.1);
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

/// `arn:PARTITION:logs:REGION:ACCOUNT:log-group:NAME[:*]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Arn<'a> {
    partition: &'a str,
    region: &'a str,
    account: &'a str,
    name: &'a str,
}

impl<'a> Arn<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix("arn:")?.splitn(6, ':');
        let partition = parts.next()?;
        let is_logs = parts.next()? == "logs";
        let (region, account) = (parts.next()?, parts.next()?);
        let is_group = parts.next()? == "log-group";
        let name = parts.next()?;
        let name = name.strip_suffix(":*").unwrap_or(name);
        (is_logs && is_group && !name.is_empty()).then_some(Self {
            partition,
            region,
            account,
            name,
        })
    }

    /// Without the `:*` that some calls print and `FilterLogEvents` refuses.
    fn text(&self) -> String {
        let Self {
            partition,
            region,
            account,
            name,
        } = self;
        format!("arn:{partition}:logs:{region}:{account}:log-group:{name}")
    }
}

/// The regions that ARNs name: without them a group could not be found.
pub fn regions_of(names: &[String]) -> impl Iterator<Item = &str> {
    names.iter().filter_map(|name| {
        let arn = Arn::parse(name)?;
        Some(arn.region)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_are_read_with_and_without_their_star() {
        for star in ["", ":*"] {
            let text = format!("arn:aws-cn:logs:cn-north-1:123456789012:log-group:/aws/lambda/chat{star}");
            let arn = Arn::parse(&text).unwrap();
            assert_eq!(
                (arn.region, arn.account, arn.name),
                ("cn-north-1", "123456789012", "/aws/lambda/chat")
            );
            assert_eq!(arn.text(), text.trim_end_matches(":*"));
        }
        for text in [
            "/aws/lambda/chat",
            "arn:aws:lambda:eu-west-1:1:function:chat",
            "arn:aws:logs:eu-west-1:1:log-group:",
            "arn:aws:logs:eu-west-1:1",
        ] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }
}
