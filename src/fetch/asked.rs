//! What a user names, by name or ARN.

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
    /// The regions that ARNs name.
    pub(super) fn regions(&self) -> impl Iterator<Item = &str> {
        let groups = self
            .names
            .iter()
            .filter_map(|name| Some(Arn::parse(name)?.region));
        let functions = self.functions.iter().filter_map(|name| region_of_function(name));
        groups.chain(functions).filter(|region| !region.is_empty())
    }

    /// Whether all that was asked for names its region.
    pub(super) fn names_all_regions(&self) -> bool {
        self.prefixes.is_empty()
            && self.patterns.is_empty()
            && self.names.iter().all(|name| Arn::parse(name).is_some())
            && self
                .functions
                .iter()
                .all(|name| region_of_function(name).is_some())
    }

    /// Whether nothing was asked for.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
            && self.functions.is_empty()
            && self.prefixes.is_empty()
            && self.patterns.is_empty()
    }
}

/// The region of a function that is given by its ARN: `arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME[:VERSION]`.
pub(super) fn region_of_function(function: &str) -> Option<&str> {
    let mut parts = function.strip_prefix("arn:")?.split(':');
    let (service, region) = (parts.nth(1)?, parts.next()?);
    (service == "lambda").then_some(region)
}

/// `arn:PARTITION:logs:REGION:ACCOUNT:log-group:NAME[:*]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arn<'a> {
    pub(super) partition: &'a str,
    pub(super) region: &'a str,
    pub(super) account: &'a str,
    pub(super) name: &'a str,
}

impl<'a> Arn<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
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
    pub(super) fn text(&self) -> String {
        let Self {
            partition,
            region,
            account,
            name,
        } = self;
        format!("arn:{partition}:logs:{region}:{account}:log-group:{name}")
    }
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
