//! Whose events a segment holds.

use serde::{Deserialize, Serialize};

/// A log group of CloudWatch Logs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LogGroup {
    /// The number of its account, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Such as `eu-west-1`.
    pub region: String,
    /// Such as `/aws/lambda/chat`.
    pub name: String,
}

impl LogGroup {
    /// Whether both are one group. An account that is not known may be any.
    pub fn is_same(&self, other: &Self) -> bool {
        let has_its_account = match (&self.account, &other.account) {
            (Some(account), Some(other)) => account == other,
            _ => true,
        };
        has_its_account && self.region == other.region && self.name == other.name
    }

    /// The part of AWS that its region belongs to, as ARNs name it.
    pub fn partition(&self) -> &'static str {
        match self.region.split('-').next() {
            Some("cn") => "aws-cn",
            Some("us") if self.region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    /// How AWS names it. The account is left empty if it is not known.
    pub fn arn(&self) -> String {
        let partition = self.partition();
        let account = self.account.as_deref().unwrap_or("");
        let Self { region, name, .. } = self;
        format!("arn:{partition}:logs:{region}:{account}:log-group:{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_that_is_not_known_may_be_any() {
        let group = |account: Option<&str>, region: &str, name: &str| LogGroup {
            account: account.map(str::to_owned),
            region: region.to_owned(),
            name: name.to_owned(),
        };
        let known = group(Some("1"), "eu-west-1", "/a");
        let unknown = group(None, "eu-west-1", "/a");
        assert!(known.is_same(&known) && unknown.is_same(&unknown));
        assert!(known.is_same(&unknown) && unknown.is_same(&known));
        for other in [
            group(Some("2"), "eu-west-1", "/a"),
            group(Some("1"), "eu-west-2", "/a"),
            group(None, "eu-west-1", "/b"),
        ] {
            assert!(!known.is_same(&other) && !other.is_same(&known), "{other:?}");
        }
    }

    #[test]
    fn each_partition_has_its_own_arns() {
        let arn = |account: Option<&str>, region: &str| {
            let group = LogGroup {
                account: account.map(str::to_owned),
                region: region.to_owned(),
                name: "/aws/lambda/chat".to_owned(),
            };
            group.arn()
        };
        for (account, region, expected) in [
            (
                Some("123456789012"),
                "us-east-1",
                "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/chat",
            ),
            (
                None,
                "eu-west-1",
                "arn:aws:logs:eu-west-1::log-group:/aws/lambda/chat",
            ),
            (
                None,
                "cn-north-1",
                "arn:aws-cn:logs:cn-north-1::log-group:/aws/lambda/chat",
            ),
            (
                None,
                "us-gov-west-1",
                "arn:aws-us-gov:logs:us-gov-west-1::log-group:/aws/lambda/chat",
            ),
        ] {
            assert_eq!(arn(account, region), expected);
        }
    }
}
