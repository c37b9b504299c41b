//! Terms of unstructured text: words, phrases in quotation marks, `?` for one of several, `-` for none.

use super::Reading;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Required,
    Optional,
    Excluded,
}

pub(super) fn selects(pattern: &str, message: &str, reading: Reading) -> Result<bool, String> {
    let terms = read(pattern)?;
    let with = |sign: Sign| terms.iter().filter(move |(its, _)| *its == sign);
    let holds = |(_, term): &(Sign, String)| stands_in(message, term, reading);
    // Optional terms count only where there are no others.
    if !terms.is_empty() && terms.len() == with(Sign::Optional).count() {
        return Ok(terms.iter().any(holds));
    }
    Ok(with(Sign::Required).all(holds) && !with(Sign::Excluded).any(holds))
}

fn read(pattern: &str) -> Result<Vec<(Sign, String)>, String> {
    let mut terms = Vec::new();
    let mut chars = pattern.chars().peekable();
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        let sign = match chars.peek() {
            None => return Ok(terms),
            Some('?') => Sign::Optional,
            Some('-') => Sign::Excluded,
            Some(_) => Sign::Required,
        };
        if sign != Sign::Required {
            chars.next();
        }
        let mut term = String::new();
        if chars.next_if_eq(&'"').is_some() {
            // AWS documents no escape; its own library (aws-cdk-lib/aws-logs, `quoteTerm`) writes these two.
            loop {
                match chars.next().ok_or("a phrase without its end")? {
                    '"' => break,
                    '\\' => term.push(chars.next().ok_or("a phrase without its end")?),
                    c => term.push(c),
                }
            }
        } else {
            while let Some(c) = chars.next_if(|c| !c.is_whitespace()) {
                if !c.is_ascii_alphanumeric() && c != '_' {
                    return Err(format!("{c:?} must stand in quotation marks"));
                }
                term.push(c);
            }
            if term.is_empty() {
                return Err("a sign without a term".to_owned());
            }
        }
        terms.push((sign, term));
    }
}

fn stands_in(message: &str, term: &str, reading: Reading) -> bool {
    // A phrase of a blank selects everything.
    if term.trim().is_empty() {
        return true;
    }
    let joins = |outer: Option<char>, beyond: Option<char>, inner: Option<char>| {
        let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        // A sign at the edge of a phrase is a delimiter itself.
        if !is_word(inner) {
            return false;
        }
        let is_joint = reading == Reading::DottedWord && matches!(outer, Some('.' | '-'));
        is_word(outer) || (is_joint && is_word(beyond))
    };
    message.match_indices(term).any(|(at, _)| {
        let (mut before, mut after) = (message[..at].chars().rev(), message[at + term.len()..].chars());
        reading == Reading::Substring
            || !(joins(before.next(), before.next(), term.chars().next())
                || joins(after.next(), after.next(), term.chars().next_back()))
    })
}
