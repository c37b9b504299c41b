//! Queries of CloudWatch Logs Insights, read by the grammar that AWS documents: "CloudWatch Logs Insights language query
//! syntax" of the CloudWatch Logs user guide
//! (docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html) with its pages on each command, on functions,
//! and on fields with special characters. Strict where the guide is: what it does not show is refused.

use std::collections::BTreeSet;

use super::insights_parser;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    Field(String),
    Number(f64),
    Text(String),
    /// Of `like` and `=~`, without its slashes.
    Regex(String),
    /// A time period such as `5m`.
    Period(String),
    /// Of `count(*)`.
    Star,
    Call(String, Vec<Self>),
    Not(Box<Self>),
    Minus(Box<Self>),
    Binary(&'static str, Box<Self>, Box<Self>),
    In(Box<Self>, Vec<Self>),
}

/// An expression with the name that it is shown under.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    pub expr: Expr,
    pub name: String,
    pub has_alias: bool,
}

/// A command.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Fields(Vec<Named>),
    Display(Vec<Named>),
    Filter(Expr),
    Stats {
        of: Vec<Named>,
        by: Vec<Named>,
    },
    Sort(Vec<(Expr, bool)>),
    Limit(u32),
    Dedup(Vec<String>),
    /// A field, a regular expression with named groups or a text with stars, and the names.
    Parse {
        field: String,
        pattern: Expr,
        names: Vec<String>,
    },
}

/// Functions with the fewest and the most arguments, and whether they are of `stats`.
pub const FUNCTIONS: [(&str, usize, usize, bool); 40] = [
    ("abs", 1, 1, false),
    ("ceil", 1, 1, false),
    ("floor", 1, 1, false),
    ("greatest", 1, 99, false),
    ("least", 1, 99, false),
    ("log", 1, 1, false),
    ("sqrt", 1, 1, false),
    ("bin", 1, 1, false),
    ("datefloor", 2, 2, false),
    ("dateceil", 2, 2, false),
    ("fromMillis", 1, 1, false),
    ("toMillis", 1, 1, false),
    ("ispresent", 1, 1, false),
    ("coalesce", 1, 99, false),
    ("isempty", 1, 1, false),
    ("isblank", 1, 1, false),
    ("concat", 1, 99, false),
    ("ltrim", 1, 2, false),
    ("rtrim", 1, 2, false),
    ("trim", 1, 2, false),
    ("strlen", 1, 1, false),
    ("toupper", 1, 1, false),
    ("tolower", 1, 1, false),
    ("substr", 2, 3, false),
    ("replace", 3, 3, false),
    ("strcontains", 2, 2, false),
    ("isValidIp", 1, 1, false),
    ("isIpInSubnet", 2, 2, false),
    ("avg", 1, 1, true),
    ("count", 0, 1, true),
    ("count_distinct", 1, 1, true),
    ("max", 1, 1, true),
    ("min", 1, 1, true),
    ("pct", 2, 2, true),
    ("stddev", 1, 1, true),
    ("sum", 1, 1, true),
    ("earliest", 1, 1, true),
    ("latest", 1, 1, true),
    ("sortsFirst", 1, 1, true),
    ("sortsLast", 1, 1, true),
];

pub type Result<T> = std::result::Result<T, String>;

/// Reads a query.
pub fn parse(query: &str) -> Result<Vec<Command>> {
    if query.chars().count() > 10_000 {
        return Err("longer than 10,000 characters".to_owned());
    }
    let commands = insights_parser::commands(query)?;
    check(&commands)?;
    Ok(commands)
}

/// The rules that hold among commands.
fn check(commands: &[Command]) -> Result<()> {
    let stats: Vec<usize> = (0..commands.len())
        .filter(|&n| matches!(commands[n], Command::Stats { .. }))
        .collect();
    if stats.len() > 2 {
        return Err("more than two stats commands".to_owned());
    }
    let is_late = |command: &Command| matches!(command, Command::Sort(_) | Command::Limit(_));
    if stats
        .last()
        .is_some_and(|&last| commands[..last].iter().any(is_late))
    {
        return Err("sort or limit before stats".to_owned());
    }
    for command in commands {
        match command {
            Command::Stats { of, by } => {
                let mut names = BTreeSet::new();
                for named in of {
                    let is_of_aliases = named.expr.fields().iter().all(|field| names.contains(field));
                    if !named.expr.has_aggregate() && !is_of_aliases {
                        return Err(format!("stats of {} without an aggregation", named.name));
                    }
                    named.expr.check_nesting(false, &names)?;
                    names.insert(named.name.clone());
                }
                no_aggregates(by.iter().map(|named| &named.expr))?;
            }
            Command::Fields(of) | Command::Display(of) => no_aggregates(of.iter().map(|named| &named.expr))?,
            Command::Filter(expr) => no_aggregates([expr].into_iter())?,
            _ => {}
        }
    }
    Ok(())
}

fn no_aggregates<'e>(mut of: impl Iterator<Item = &'e Expr>) -> Result<()> {
    match of.any(Expr::has_aggregate) {
        true => Err("an aggregation outside stats".to_owned()),
        false => Ok(()),
    }
}

impl Expr {
    /// The expressions right below.
    fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Call(_, arguments) => arguments.iter().collect(),
            Self::Not(inner) | Self::Minus(inner) => vec![inner],
            Self::Binary(_, left, right) => vec![left, right],
            Self::In(inner, list) => std::iter::once(&**inner).chain(list).collect(),
            _ => Vec::new(),
        }
    }

    /// Every field that it names.
    pub fn fields(&self) -> Vec<String> {
        match self {
            Self::Field(name) => vec![name.clone()],
            other => other.parts().into_iter().flat_map(Self::fields).collect(),
        }
    }

    /// Every call in it.
    pub fn calls(&self) -> Vec<(&str, &[Self])> {
        let inner = self.parts().into_iter().flat_map(Self::calls);
        let own = match self {
            Self::Call(name, arguments) => Some((name.as_str(), arguments.as_slice())),
            _ => None,
        };
        own.into_iter().chain(inner).collect()
    }

    pub fn has_aggregate(&self) -> bool {
        self.calls().iter().any(|(name, _)| is_aggregate(name))
    }

    /// In `stats` a field stands inside an aggregation, and no aggregation inside another.
    fn check_nesting(&self, is_inside: bool, aliases: &BTreeSet<String>) -> Result<()> {
        match self {
            Self::Field(name) if !is_inside && !aliases.contains(name) => {
                Err(format!("stats of the field {name} without an aggregation"))
            }
            Self::Call(name, _) if is_aggregate(name) && is_inside => {
                Err(format!("{name} inside an aggregation"))
            }
            Self::Call(name, arguments) if is_aggregate(name) => arguments
                .iter()
                .try_for_each(|part| part.check_nesting(true, aliases)),
            other => other
                .parts()
                .into_iter()
                .try_for_each(|part| part.check_nesting(is_inside, aliases)),
        }
    }
}

fn is_aggregate(name: &str) -> bool {
    FUNCTIONS
        .iter()
        .any(|(known, .., is_of_stats)| *known == name && *is_of_stats)
}
