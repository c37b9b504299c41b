//! How the text of a query becomes its commands.

use super::insights_ql::{Command, Expr, FUNCTIONS, Named, Result};

/// Operators that join two expressions, by how tightly: those of a later line bind tighter.
const LEVELS: [&[&str]; 5] = [
    &["or"],
    &["and"],
    &["=", "!=", "<=", ">=", "<", ">"],
    &["+", "-"],
    &["*", "/", "%"],
];

/// The commands of a query, in their order.
pub fn commands(query: &str) -> Result<Vec<Command>> {
    let mut parser = Parser { rest: query };
    let mut commands = Vec::new();
    loop {
        commands.push(parser.command()?);
        parser.space();
        if parser.rest.is_empty() {
            return Ok(commands);
        }
        parser.sign("|")?;
    }
}

struct Parser<'q> {
    rest: &'q str,
}

impl<'q> Parser<'q> {
    /// Passes over blanks and comments.
    fn space(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            let Some(comment) = self.rest.strip_prefix('#') else {
                return;
            };
            self.rest = comment.find('\n').map_or("", |end| &comment[end..]);
        }
    }

    fn takes(&mut self, sign: &str) -> bool {
        self.space();
        let Some(rest) = self.rest.strip_prefix(sign) else {
            return false;
        };
        // A word ends where no letter follows.
        let is_word = sign.ends_with(|c: char| c.is_alphanumeric());
        if is_word && rest.starts_with(is_of_word) {
            return false;
        }
        self.rest = rest;
        true
    }

    fn sign(&mut self, sign: &str) -> Result<()> {
        match self.takes(sign) {
            true => Ok(()),
            false => Err(format!("{sign:?} expected before {:?}", self.near())),
        }
    }

    fn near(&self) -> String {
        self.rest.chars().take(30).collect()
    }

    fn until(&mut self, end: char) -> Result<&'q str> {
        let inner = &self.rest[1..];
        let mut is_escaped = false;
        for (at, c) in inner.char_indices() {
            if c == end && !is_escaped {
                self.rest = &inner[at + c.len_utf8()..];
                return Ok(&inner[..at]);
            }
            is_escaped = c == '\\' && !is_escaped;
        }
        Err(format!("{end} is missing after {:?}", self.near()))
    }

    fn word(&mut self) -> &'q str {
        self.space();
        let end = self.rest.find(|c| !is_of_word(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    /// A field: in backticks if it holds anything but letters, digits, `@` and `.`.
    fn name(&mut self) -> Result<String> {
        self.space();
        if self.rest.starts_with('`') {
            return self.until('`').map(str::to_owned);
        }
        let near = self.near();
        match self.word() {
            "" => Err(format!("a field expected before {near:?}")),
            word if word.contains('_') => Err(format!("the field {word} needs backticks")),
            word if word.starts_with(|c: char| c.is_ascii_digit()) => Err(format!("{word} is no field")),
            word => Ok(word.to_owned()),
        }
    }

    fn command(&mut self) -> Result<Command> {
        let word = self.word().to_ascii_lowercase();
        Ok(match word.as_str() {
            "fields" => Command::Fields(self.list(Self::named)?),
            "display" => Command::Display(self.list(Self::named)?),
            "filter" => Command::Filter(self.expr(0)?),
            "stats" => {
                let of = self.list(Self::named)?;
                let by = if self.takes("by") {
                    self.list(Self::named)?
                } else {
                    Vec::new()
                };
                Command::Stats { of, by }
            }
            "sort" => Command::Sort(self.list(|parser| {
                let key = Expr::Field(parser.name()?);
                let is_descending = parser.takes("desc");
                if !is_descending {
                    parser.takes("asc");
                }
                Ok((key, is_descending))
            })?),
            "limit" => {
                let number = self.word();
                let limit = number.parse().ok().filter(|limit| (1..=10_000).contains(limit));
                Command::Limit(limit.ok_or_else(|| format!("limit {number}"))?)
            }
            "dedup" => Command::Dedup(self.list(Self::name)?),
            "parse" => self.parse()?,
            other => return Err(format!("no command {other:?} before {:?}", self.near())),
        })
    }

    fn parse(&mut self) -> Result<Command> {
        let field = self.name()?;
        self.space();
        let is_regex = self.rest.starts_with('/');
        let pattern = self.text_or_regex()?;
        let names = match &pattern {
            Expr::Regex(regex) if is_regex => {
                let groups = regex.split("(?<").skip(1);
                let names = groups.map(|group| group.split('>').next().unwrap_or_default().to_owned());
                names.collect::<Vec<_>>()
            }
            Expr::Text(glob) => {
                self.sign("as")?;
                let names = self.list(Self::name)?;
                if names.len() != glob.matches('*').count() {
                    return Err("as many names as stars expected".to_owned());
                }
                names
            }
            other => return Err(format!("parse {other:?}")),
        };
        match names.is_empty() {
            true => Err("parse that names nothing".to_owned()),
            false => Ok(Command::Parse {
                field,
                pattern,
                names,
            }),
        }
    }

    fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut list = vec![one(self)?];
        while self.takes(",") {
            list.push(one(self)?);
        }
        Ok(list)
    }

    fn named(&mut self) -> Result<Named> {
        self.space();
        let before = self.rest;
        let expr = self.expr(0)?;
        let written = before[..before.len() - self.rest.len()].trim().to_owned();
        let has_alias = self.takes("as");
        let name = match &expr {
            _ if has_alias => self.name()?,
            Expr::Field(name) => name.clone(),
            _ => written,
        };
        Ok(Named {
            expr,
            name,
            has_alias,
        })
    }

    fn expr(&mut self, level: usize) -> Result<Expr> {
        if level == 2 && self.takes("not") {
            return Ok(Expr::Not(Box::new(self.expr(2)?)));
        }
        let Some(operators) = LEVELS.get(level) else {
            return self.power();
        };
        let mut left = self.expr(level + 1)?;
        loop {
            if level == 2
                && let Some(like) = self.like(&left)?
            {
                left = like;
                continue;
            }
            let Some(operator) = operators.iter().find(|operator| self.takes(operator)) else {
                return Ok(left);
            };
            let right = self.expr(level + 1)?;
            left = Expr::Binary(operator, Box::new(left), Box::new(right));
        }
    }

    /// `like`, `not like`, `=~`, `in [ ]`, `not in [ ]` behind an expression.
    fn like(&mut self, left: &Expr) -> Result<Option<Expr>> {
        let before = self.rest;
        let is_not = self.takes("not");
        let left = Box::new(left.clone());
        let found = if self.takes("like") || (!is_not && self.takes("=~")) {
            self.space();
            Expr::Binary("like", left, Box::new(self.text_or_regex()?))
        } else if self.takes("in") {
            self.sign("[")?;
            let list = self.list(|parser| parser.expr(3))?;
            self.sign("]")?;
            Expr::In(left, list)
        } else {
            self.rest = before;
            return Ok(None);
        };
        Ok(Some(if is_not { Expr::Not(Box::new(found)) } else { found }))
    }

    fn power(&mut self) -> Result<Expr> {
        let base = self.primary()?;
        match self.takes("^") {
            true => Ok(Expr::Binary("^", Box::new(base), Box::new(self.power()?))),
            false => Ok(base),
        }
    }

    fn text_or_regex(&mut self) -> Result<Expr> {
        match self.rest.chars().next() {
            Some('/') => self.until('/').map(|regex| Expr::Regex(regex.to_owned())),
            Some(quote @ ('"' | '\'')) => self.until(quote).map(|text| Expr::Text(text.to_owned())),
            _ => Err(format!(
                "a text or regular expression expected before {:?}",
                self.near()
            )),
        }
    }

    fn primary(&mut self) -> Result<Expr> {
        self.space();
        match self.rest.chars().next() {
            Some('"' | '\'') => self.text_or_regex(),
            Some('-') => {
                self.sign("-")?;
                Ok(Expr::Minus(Box::new(self.primary()?)))
            }
            Some('(') => {
                self.sign("(")?;
                let inner = self.expr(0)?;
                self.sign(")")?;
                Ok(inner)
            }
            Some(c) if c.is_ascii_digit() => {
                let word = self.word();
                let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
                match word.parse() {
                    Ok(number) => Ok(Expr::Number(number)),
                    Err(_) if digits.parse::<u32>().is_ok() => Ok(Expr::Period(word.to_owned())),
                    Err(_) => Err(format!("{word} is no number")),
                }
            }
            _ => self.field_or_call(),
        }
    }

    fn field_or_call(&mut self) -> Result<Expr> {
        let before = self.rest;
        let word = self.word();
        if word.is_empty() || !self.takes("(") {
            self.rest = before;
            return self.name().map(Expr::Field);
        }
        let Some((_, fewest, most, _)) = FUNCTIONS.iter().find(|(known, ..)| *known == word) else {
            return Err(format!("no function {word}"));
        };
        let mut arguments = Vec::new();
        if word == "count" && self.takes("*") {
            arguments.push(Expr::Star);
        } else if !self.takes(")") {
            arguments = self.list(|parser| parser.expr(0))?;
            self.rest = self.rest.trim_start();
        } else {
            return Ok(Expr::Call(word.to_owned(), arguments));
        }
        self.sign(")")?;
        match (fewest..=most).contains(&&arguments.len()) {
            true => Ok(Expr::Call(word.to_owned(), arguments)),
            false => Err(format!("{word} of {} arguments", arguments.len())),
        }
    }
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '@' | '.' | '_')
}
