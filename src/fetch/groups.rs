//! From what a user names to the log groups that are read.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_cloudwatchlogs::types::LogGroupClass;

use super::asked::{Arn, Asked, name_of_function, region_of_function};
use super::describe::{Described, Search, class_of, describe, near_names};
use super::error::Error;
use super::fault::FaultKind;
use super::session::Regional;
use crate::source::store::LogGroup;
use crate::vocab::Timestamp;

/// One log group to read.
#[derive(Debug, Clone)]
pub struct Target {
    /// The group.
    pub group: LogGroup,
    /// Whether its class is Infrequent Access, of which only Logs Insights reads.
    pub is_infrequent_access: bool,
    /// After how many days its events are gone; never, if it is not known.
    pub retention_days: Option<i32>,
    /// How it is named in calls: its ARN where that is what was given, since only so a group of a linked account is
    /// found; else its name.
    pub(super) identifier: Identifier,
    /// Where it is.
    pub(super) regional: Arc<Regional>,
}

impl Target {
    /// The oldest events that the server still keeps at a moment; nothing if it keeps all.
    pub fn first_kept(&self, now: Timestamp) -> Option<Timestamp> {
        let kept = i64::from(self.retention_days?).saturating_mul(24 * 3_600_000);
        Some(Timestamp::from_epoch_millis(
            now.as_epoch_millis().saturating_sub(kept),
        ))
    }
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
pub async fn resolve(asked: &Asked, all: &[Arc<Regional>]) -> Result<Targets, Error> {
    let asked_for = |regional: &&Arc<Regional>| regional.is_asked_for;
    let regions: &[Arc<Regional>] = &all.iter().filter(asked_for).cloned().collect::<Vec<_>>();
    let mut found = Found::default();
    for name in &asked.names {
        match Arn::parse(name) {
            Some(arn) => found.arn(&arn, all).await?,
            None => found.name(name, regions).await?,
        }
    }
    for function in &asked.functions {
        match region_of_function(function) {
            Some(region) => {
                let of_arn = all.iter().filter(|regional| regional.region == region);
                found
                    .function(function, &of_arn.cloned().collect::<Vec<_>>())
                    .await?;
            }
            None => found.function(function, regions).await?,
        }
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

impl Found {
    fn add(
        &mut self,
        regional: &Arc<Regional>,
        described: Described,
        identifier: Identifier,
    ) -> Result<(), Error> {
        let Described {
            name,
            account,
            class,
            retention_days,
        } = described;
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
            retention_days,
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
                    self.add(regional, Described::bare(name), identifier)?;
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
            // `connect` gets a client for it; an ARN without a region is none.
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
            ..described.unwrap_or_else(|| Described::bare(arn.name))
        };
        self.add(regional, described, Identifier::Arn(arn.text()))
    }

    /// The group that a function logs to.
    async fn function(&mut self, function: &str, regions: &[Arc<Regional>]) -> Result<(), Error> {
        let name = name_of_function(function);
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
                    self.add(regional, Described::bare(&group), Identifier::Name(group.clone()))?;
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
