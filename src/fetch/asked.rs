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

    /// Whether what was asked for can be meant.
    ///
    /// # Errors
    /// The option, as the command line and `latscope.toml` name it, and what to give for it.
    pub fn check(&self) -> Result<(), String> {
        let names = self.names.iter().map(|name| ("log-group", name));
        let prefixes = self.prefixes.iter().map(|prefix| ("log-group-prefix", prefix));
        let patterns = self.patterns.iter().map(|pattern| ("log-group-pattern", pattern));
        for (option, text) in names.chain(prefixes).chain(patterns) {
            Self::check_text(option, text)?;
        }
        for function in &self.functions {
            Self::check_text("function", name_of_function(function))?;
        }
        match self.patterns.iter().find(|pattern| pattern.contains('*')) {
            Some(pattern) => Err(format!(
                "log-group-pattern: {pattern:?}: names hold no asterisk; give a text that stands anywhere in the name"
            )),
            None => Ok(()),
        }
    }

    /// Whether an option that takes a name, or a part of one, was given any.
    ///
    /// # Errors
    /// As of [`check`](Self::check).
    pub fn check_text(option: &str, text: &str) -> Result<(), String> {
        match text.trim().is_empty() {
            true => Err(format!(
                "{option}: expecting a name or a part of one, not an empty text"
            )),
            false => Ok(()),
        }
    }
}

/// The name alone of a function that is given as Lambda takes it: by its name, its ARN, or the end of its ARN, each with
/// a version or alias or without: `NAME:PROD`, `123456789012:function:NAME`.
pub fn name_of_function(function: &str) -> &str {
    if function.starts_with("arn:") {
        return function.split(':').nth(6).unwrap_or(function);
    }
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let name = match function.split_once(':') {
        Some((account, rest)) if is_account(account) => rest,
        _ => function,
    };
    let name = name.strip_prefix("function:").unwrap_or(name);
    name.split(':').next().unwrap_or(name)
}

/// The region of a function that is given by its ARN: `arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME[:VERSION]`.
pub fn region_of_function(function: &str) -> Option<&str> {
    let mut parts = function.strip_prefix("arn:")?.split(':');
    let (service, region) = (parts.nth(1)?, parts.next()?);
    (service == "lambda").then_some(region)
}

/// The region of a log group that is given by its ARN.
pub fn region_of_group(group: &str) -> Option<&str> {
    Arn::parse(group).map(|arn| arn.region)
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
    fn a_function_has_one_name_however_it_is_given() {
        for function in [
            "chat",
            "chat:PROD",
            "chat:$LATEST",
            "123456789012:function:chat",
            "123456789012:function:chat:7",
            "123456789012:chat",
            "function:chat",
            "arn:aws:lambda:eu-west-1:123456789012:function:chat",
            "arn:aws:lambda:eu-west-1:123456789012:function:chat:PROD",
        ] {
            assert_eq!(name_of_function(function), "chat", "{function}");
        }
        assert_eq!(name_of_function("123456789012"), "123456789012");
    }

    #[test]
    fn what_cannot_be_meant_is_told_with_its_option() {
        let text = || vec![String::new()];
        let empty = Asked::default();
        for (option, asked) in [
            (
                "log-group",
                Asked {
                    names: text(),
                    ..empty.clone()
                },
            ),
            (
                "function",
                Asked {
                    functions: text(),
                    ..empty.clone()
                },
            ),
            (
                "function",
                Asked {
                    functions: vec![":PROD".to_owned()],
                    ..empty.clone()
                },
            ),
            (
                "log-group-prefix",
                Asked {
                    prefixes: text(),
                    ..empty.clone()
                },
            ),
            (
                "log-group-pattern",
                Asked {
                    patterns: text(),
                    ..empty.clone()
                },
            ),
            (
                "log-group-pattern",
                Asked {
                    patterns: vec!["a*".to_owned()],
                    ..empty.clone()
                },
            ),
        ] {
            let said = asked.check().unwrap_err();
            assert!(said.starts_with(&format!("{option}: ")), "{said}");
        }
        let names = vec!["/a".to_owned()];
        assert_eq!(Asked { names, ..empty }.check(), Ok(()));
    }

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
