//! Regular expressions of filter patterns: `^ $ ? [] {m,n} | \ * + .`, classes and `\xhh`, without groups. Queries of
//! Logs Insights take more; latscope's own keep to these.

/// A regular expression: one of several sequences.
#[derive(Debug, Clone)]
pub struct Regex(Vec<Vec<Piece>>);

#[derive(Debug, Clone)]
struct Piece {
    atom: Atom,
    fewest: usize,
    most: usize,
}

#[derive(Debug, Clone)]
enum Atom {
    Start,
    End,
    Any,
    Class {
        is_negated: bool,
        members: Vec<(char, char)>,
    },
}

impl Regex {
    /// An expression of a filter pattern, which may hold some characters only.
    pub fn of_filter(expression: &str) -> Result<Self, String> {
        // A blank is in AWS's examples though in none of its lists.
        let is_known = |c: char| c.is_ascii_alphanumeric() || " :_#=@/;,-^$?[]{}|\\*+.".contains(c);
        if let Some(other) = expression.chars().find(|&c| !is_known(c)) {
            return Err(format!("{other:?} cannot stand in a regular expression"));
        }
        Self::new(expression)
    }

    /// An expression of any characters, in the same syntax.
    pub fn new(expression: &str) -> Result<Self, String> {
        let mut chars: Vec<char> = expression.chars().rev().collect();
        let mut alternatives = vec![Vec::new()];
        while let Some(c) = chars.pop() {
            let atom = match c {
                '|' => {
                    alternatives.push(Vec::new());
                    continue;
                }
                '^' => Atom::Start,
                '$' => Atom::End,
                '.' => Atom::Any,
                '[' => class(&mut chars)?,
                '\\' => escaped(&mut chars)?,
                '(' | ')' | '*' | '+' | '?' | '{' => return Err(format!("{c:?} out of place")),
                c => one(c),
            };
            let (fewest, most) = repeats(&mut chars)?;
            if let Some(sequence) = alternatives.last_mut() {
                sequence.push(Piece { atom, fewest, most });
            }
        }
        Ok(Self(alternatives))
    }

    /// Whether it matches anywhere in the text.
    pub fn is_found_in(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        (0..=text.len()).any(|at| self.0.iter().any(|pieces| matches(pieces, &text, at)))
    }
}

fn one(c: char) -> Atom {
    Atom::Class {
        is_negated: false,
        members: vec![(c, c)],
    }
}

fn escaped(chars: &mut Vec<char>) -> Result<Atom, String> {
    let c = chars.pop().ok_or("a backslash at the end")?;
    let members = match c.to_ascii_lowercase() {
        'd' => vec![('0', '9')],
        's' => vec![(' ', ' '), ('\t', '\t'), ('\n', '\n')],
        'w' => vec![('a', 'z'), ('A', 'Z'), ('_', '_'), ('0', '9')],
        'x' => {
            let digits: String = (0..2).filter_map(|_| chars.pop()).collect();
            let number = u8::from_str_radix(&digits, 16).map_err(|error| error.to_string())?;
            return Ok(one(char::from(number)));
        }
        _ if c.is_ascii_alphanumeric() => return Err(format!("\\{c} is not known")),
        _ => return Ok(one(c)),
    };
    Ok(Atom::Class {
        is_negated: c.is_ascii_uppercase(),
        members,
    })
}

fn class(chars: &mut Vec<char>) -> Result<Atom, String> {
    let is_negated = chars.last() == Some(&'^');
    if is_negated {
        chars.pop();
    }
    let mut members = Vec::new();
    loop {
        let first = match chars.pop().ok_or("a class without its end")? {
            ']' => return Ok(Atom::Class { is_negated, members }),
            '\\' => chars.pop().ok_or("a backslash at the end")?,
            c => c,
        };
        let is_range = chars.last() == Some(&'-') && chars.iter().rev().nth(1).is_some_and(|&c| c != ']');
        if is_range {
            chars.pop();
        }
        let last = if is_range {
            chars.pop().unwrap_or(first)
        } else {
            first
        };
        members.push((first, last));
    }
}

/// How often the piece before may stand.
fn repeats(chars: &mut Vec<char>) -> Result<(usize, usize), String> {
    let counts = match chars.last() {
        Some('?') => (0, 1),
        Some('*') => (0, usize::MAX),
        Some('+') => (1, usize::MAX),
        Some('{') => {
            let at = chars
                .iter()
                .rposition(|&c| c == '}')
                .ok_or("a count without its end")?;
            let text: String = chars.drain(at..).rev().collect();
            let text = text.trim_matches(['{', '}']);
            let (fewest, most) = text.split_once(',').unwrap_or((text, text));
            let count = |text: &str, otherwise: usize| match text.trim() {
                "" => Ok(otherwise),
                text => text.parse().map_err(|_| format!("{text:?} is no count")),
            };
            return Ok((count(fewest, 0)?, count(most, usize::MAX)?));
        }
        _ => return Ok((1, 1)),
    };
    chars.pop();
    Ok(counts)
}

fn matches(pieces: &[Piece], text: &[char], at: usize) -> bool {
    let Some((piece, rest)) = pieces.split_first() else {
        return true;
    };
    let is_one = |at: usize| match (&piece.atom, text.get(at)) {
        (Atom::Any, Some(_)) => true,
        (Atom::Class { is_negated, members }, Some(c)) => {
            members.iter().any(|(first, last)| (first..=last).contains(&c)) != *is_negated
        }
        _ => false,
    };
    match piece.atom {
        Atom::Start => at == 0 && matches(rest, text, at),
        Atom::End => at == text.len() && matches(rest, text, at),
        _ => {
            let longest = (at..text.len())
                .take_while(|&at| is_one(at))
                .take(piece.most)
                .count();
            (piece.fewest..=longest)
                .rev()
                .any(|count| matches(rest, text, at + count))
        }
    }
}
