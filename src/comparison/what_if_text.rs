//! What-if expressions: `inference*0.5`, `init=0`, `init=0,overhead*2`.

use std::fmt;

use crate::vocab::{did_you_mean, visible};

/// A part of total time that can be made longer or shorter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Initialisation or restore that the request waited for.
    Init,
    /// The model calls, without failed attempts.
    Inference,
    /// Duration minus inference: everything else in the handler, failed attempts among it.
    Overhead,
    /// Failed attempts of the model calls, and the waits between them.
    Retry,
}

impl Part {
    /// Every part, in the order of output.
    pub const ALL: [Self; 4] = [Self::Init, Self::Inference, Self::Overhead, Self::Retry];

    /// The name in expressions and outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Inference => "inference",
            Self::Overhead => "overhead",
            Self::Retry => "retry",
        }
    }
}

/// By what some parts of total time are multiplied, all at once.
#[derive(Debug, Clone, PartialEq)]
pub struct WhatIf {
    text: String,
    factors: [Option<f64>; 4],
}

/// An expression that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhatIfError {
    text: String,
    /// The offending character, counted from 0; one behind the last where the expression ends too early.
    pub position: usize,
    /// What is wrong there.
    pub fault: String,
}

/// In three lines: what is wrong, the expression, and a caret below the offending character.
impl fmt::Display for WhatIfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before: String = self.text.chars().take(self.position).collect();
        let column = visible(&before).chars().count();
        writeln!(f, "{}", self.fault)?;
        writeln!(f, "  {}", visible(&self.text))?;
        write!(f, "  {:column$}^", "")
    }
}

impl std::error::Error for WhatIfError {}

/// The largest factor.
const MOST: f64 = 1000.0;

impl WhatIf {
    /// Reads an expression: parts with `*FACTOR` or `=0`, between commas; blanks do not matter.
    ///
    /// # Errors
    /// If it is none; the error points at the offending character.
    pub fn parse(text: &str) -> Result<Self, WhatIfError> {
        let mut reader = Reader {
            chars: text.chars().collect(),
            position: 0,
        };
        let mut factors = [None; 4];
        let read = loop {
            if let Err(fault) = reader.change(&mut factors) {
                break Err(fault);
            }
            match reader.next_visible() {
                None => break Ok(()),
                Some(',') => reader.position += 1,
                Some(_) => break Err((reader.position, "expecting a comma or the end".to_owned())),
            }
        };
        match read {
            Ok(()) => Ok(Self {
                text: text.trim().to_owned(),
                factors,
            }),
            Err((position, fault)) => Err(WhatIfError {
                text: text.to_owned(),
                position,
                fault,
            }),
        }
    }

    /// The expression as it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// By what a part is multiplied; nothing if it stays as it is.
    pub fn factor(&self, part: Part) -> Option<f64> {
        self.factors[part as usize]
    }
}

/// A position, and what is wrong there.
type Fault = (usize, String);

struct Reader {
    chars: Vec<char>,
    position: usize,
}

impl Reader {
    /// The next character that is no blank; the position is at it then.
    fn next_visible(&mut self) -> Option<char> {
        while self
            .chars
            .get(self.position)
            .is_some_and(|c| *c == ' ' || *c == '\t')
        {
            self.position += 1;
        }
        self.chars.get(self.position).copied()
    }

    /// The characters from here on that are of a kind.
    fn word(&mut self, is_in: impl Fn(char) -> bool) -> String {
        let rest = self.chars[self.position..].iter().copied();
        let word: String = rest.take_while(|c| is_in(*c)).collect();
        self.position += word.chars().count();
        word
    }

    fn change(&mut self, factors: &mut [Option<f64>; 4]) -> Result<(), Fault> {
        self.next_visible();
        let start = self.position;
        let word = self.word(|c| c.is_alphanumeric() || c == '_');
        let Some(part) = Part::ALL.into_iter().find(|part| part.name() == word) else {
            let known = Part::ALL.map(Part::name);
            let offered = did_you_mean(&word, known);
            return Err((start, format!("expecting one of {}{offered}", known.join(", "))));
        };
        if factors[part as usize].is_some() {
            return Err((start, format!("{word} is changed twice")));
        }
        let factor = match self.next_visible() {
            Some('*') => {
                self.position += 1;
                self.factor()?
            }
            Some('=') => {
                self.position += 1;
                self.zero()?
            }
            _ => return Err((self.position, "expecting * and a factor, or =0".to_owned())),
        };
        factors[part as usize] = Some(factor);
        Ok(())
    }

    /// The number that stands here, and where it begins.
    fn number(&mut self) -> (usize, Option<f64>) {
        self.next_visible();
        let start = self.position;
        let word = self.word(|c| c.is_ascii_digit() || c == '.');
        (start, word.parse().ok())
    }

    fn factor(&mut self) -> Result<f64, Fault> {
        match self.number() {
            (_, Some(factor)) if factor <= MOST => Ok(factor),
            (start, Some(_)) => Err((start, format!("expecting a factor of at most {MOST}"))),
            (start, None) => Err((start, "expecting a factor such as 0.5".to_owned())),
        }
    }

    fn zero(&mut self) -> Result<f64, Fault> {
        match self.number() {
            (_, Some(0.0)) => Ok(0.0),
            (start, _) => Err((
                start,
                "expecting 0; any other change is written as *FACTOR".to_owned(),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read() {
        for (text, factors) in [
            ("inference*0.5", [None, Some(0.5), None, None]),
            ("inference*2", [None, Some(2.0), None, None]),
            ("inference * .25", [None, Some(0.25), None, None]),
            ("init=0", [Some(0.0), None, None, None]),
            ("overhead=0", [None, None, Some(0.0), None]),
            ("retry=0.0", [None, None, None, Some(0.0)]),
            ("inference=0", [None, Some(0.0), None, None]),
            (" init=0 ,overhead*1000 ", [Some(0.0), None, Some(1000.0), None]),
            ("init*1,inference*1,overhead*1,retry*1", [Some(1.0); 4]),
        ] {
            let found = WhatIf::parse(text).unwrap();
            assert_eq!(Part::ALL.map(|part| found.factor(part)), factors, "{text}");
            assert_eq!(found.text(), text.trim());
        }
    }

    #[test]
    fn an_error_points_at_the_offending_character() {
        for (text, position, fault) in [
            ("", 0, "expecting one of init, inference, overhead, retry"),
            ("  ", 2, "expecting one of"),
            ("model*2", 0, "expecting one of"),
            ("Inference*2", 0, "expecting one of"),
            ("inference", 9, "expecting * and a factor, or =0"),
            ("inference/2", 9, "expecting * and a factor, or =0"),
            ("inference *", 11, "expecting a factor such as 0.5"),
            ("inference*x", 10, "expecting a factor such as 0.5"),
            ("inference*-1", 10, "expecting a factor such as 0.5"),
            ("inference*1.2.3", 10, "expecting a factor such as 0.5"),
            ("inference*.", 10, "expecting a factor such as 0.5"),
            ("inference*nan", 10, "expecting a factor such as 0.5"),
            ("inference*1e9", 11, "expecting a comma or the end"),
            ("inference*1001", 10, "expecting a factor of at most 1000"),
            ("init=5", 5, "expecting 0"),
            ("init=", 5, "expecting 0"),
            ("init=0 overhead=0", 7, "expecting a comma or the end"),
            ("init=0,", 7, "expecting one of"),
            ("init=0,init*2", 7, "init is changed twice"),
            ("äöü", 0, "expecting one of"),
        ] {
            let found = WhatIf::parse(text).unwrap_err();
            assert_eq!(found.position, position, "{text:?} {}", found.fault);
            assert!(found.fault.starts_with(fault), "{text:?} {}", found.fault);
        }
    }

    #[test]
    fn the_caret_stands_below_it() {
        let shown = |text| WhatIf::parse(text).unwrap_err().to_string();
        assert_eq!(
            shown("init=0, inference*x"),
            "expecting a factor such as 0.5\n  init=0, inference*x\n                    ^"
        );
        assert_eq!(
            shown("init=0\n"),
            "expecting a comma or the end\n  init=0\\u{a}\n        ^"
        );
        assert!(shown("init=0,\u{202e}x").ends_with("\n  init=0,\\u{202e}x\n         ^"));
    }
}
