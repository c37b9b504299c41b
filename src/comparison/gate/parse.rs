//! How a gate is read.
//!
//! ```text
//! gate      = quantity ( ">" | "<" ) threshold
//! quantity  = "p" number [ "(" metric [ "," start ] ")" ]
//!           | ( "inference_share" | rate ) [ "(" start ")" ]
//! threshold = [ "+" | "-" ] number ( "%" | "ms" | "s" )
//! ```

use std::fmt;
use std::str::FromStr;

use super::expression::{Gate, INFERENCE_SHARE, Quantity, Rate, Threshold, TimeUnit};
use crate::invocation::StartType;
use crate::stats::{Operator, Probability};
use crate::summary::Metric;
use crate::vocab::{did_you_mean, offer, visible};

/// Why a text is no gate, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateError {
    /// The text, its characters that could act made visible.
    text: String,
    /// How many of its characters stand before the fault.
    column: usize,
    /// What is wrong.
    fault: String,
}

impl GateError {
    /// The number of the character, from 1, at which the text stops being a gate.
    pub fn position(&self) -> usize {
        self.column + 1
    }
}

/// Three lines: what is wrong, the text, and a caret below the character.
impl fmt::Display for GateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let caret = " ".repeat(self.column);
        write!(f, "{}\n  {}\n  {caret}^", self.fault, self.text)
    }
}

impl std::error::Error for GateError {}

impl FromStr for Gate {
    type Err = GateError;

    fn from_str(text: &str) -> Result<Self, GateError> {
        Reader { text, at: 0 }.gate()
    }
}

/// More digits than any threshold has.
const MOST_DIGITS: usize = 15;

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn gate(&mut self) -> Result<Gate, GateError> {
        self.blanks();
        let from = self.at;
        let word = self.while_in(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
        let rate = Rate::ALL.into_iter().find(|rate| rate.name() == word);
        let (quantity, start) = if word == INFERENCE_SHARE {
            (Quantity::InferenceShare, self.start_in_brackets()?)
        } else if let Some(rate) = rate {
            self.blanks();
            let bracket = self.at;
            let start = self.start_in_brackets()?;
            if rate == Rate::Cold && start.is_some() {
                return Err(self.error(bracket, "cold_rate is of all start types: expecting > or <"));
            }
            (Quantity::Rate(rate), start)
        } else {
            self.quantile(from, word)?
        };
        let operator = self.operator()?;
        let threshold = self.threshold(quantity)?;
        self.blanks();
        if self.at < self.text.len() {
            return Err(self.error(self.at, "expecting the end: give --fail-on once for each gate"));
        }
        Ok(Gate {
            quantity,
            start,
            operator,
            threshold,
        })
    }

    fn quantile(&mut self, from: usize, word: &str) -> Result<(Quantity, Option<StartType>), GateError> {
        let unknown = || {
            let rates = Rate::ALL.map(Rate::name).join(", ");
            let digits = word.trim_start_matches(['p', 'P']);
            let offered = match Probability::parse(digits) {
                Ok(_) => offer(&[format!("p{digits}")]),
                Err(_) => did_you_mean(
                    word,
                    Rate::ALL.map(Rate::name).into_iter().chain([INFERENCE_SHARE]),
                ),
            };
            format!("expecting a quantile such as p95(total), {INFERENCE_SHARE}, {rates}{offered}")
        };
        let digits = word
            .strip_prefix('p')
            .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        let Some(digits) = digits else {
            return Err(self.error(from, unknown()));
        };
        let p =
            Probability::parse(digits).map_err(|error| self.error(from + 1, format!("{word}: {error}")))?;
        if !self.takes('(') {
            // A bare quantile is of total time, in gates as everywhere.
            return Ok((Quantity::Quantile(p, Metric::Total), None));
        }
        let (from, name) = self.word();
        let metric = Metric::ALL.into_iter().find(|metric| metric.title() == name);
        let metric = metric.ok_or_else(|| {
            let known = Metric::ALL.map(Metric::title);
            let offered = did_you_mean(name, known);
            self.error(from, format!("expecting one of {}{offered}", known.join(", ")))
        })?;
        let start = if self.takes(',') {
            Some(self.start()?)
        } else {
            None
        };
        let expected = if start.is_some() {
            "expecting )"
        } else {
            "expecting ) or , and a start type"
        };
        self.expects(')', expected)?;
        Ok((Quantity::Quantile(p, metric), start))
    }

    fn start_in_brackets(&mut self) -> Result<Option<StartType>, GateError> {
        if !self.takes('(') {
            return Ok(None);
        }
        let start = self.start()?;
        self.expects(')', "expecting )")?;
        Ok(Some(start))
    }

    fn start(&mut self) -> Result<StartType, GateError> {
        let (from, name) = self.word();
        let start = StartType::ALL.into_iter().find(|start| start.name() == name);
        start.ok_or_else(|| {
            let known = StartType::ALL.map(StartType::name);
            let offered = did_you_mean(name, known);
            self.error(
                from,
                format!("expecting a start type: {}{offered}", known.join(", ")),
            )
        })
    }

    fn operator(&mut self) -> Result<Operator, GateError> {
        if self.takes('>') {
            Ok(Operator::Above)
        } else if self.takes('<') {
            Ok(Operator::Below)
        } else {
            Err(self.error(self.at, "expecting > or <"))
        }
    }

    fn threshold(&mut self, quantity: Quantity) -> Result<Threshold, GateError> {
        self.blanks();
        let from = self.at;
        let is_time = matches!(quantity, Quantity::Quantile(..));
        let sign = match self.peek() {
            Some('+') => Some(1.0),
            Some('-') => Some(-1.0),
            _ => None,
        };
        if sign.is_some() {
            if !is_time {
                return Err(self.error(from, "expecting a share without a sign, such as 0.1%"));
            }
            self.at += 1;
            self.blanks();
        }
        let number_from = self.at;
        let amount = self.number(is_time)?;
        self.blanks();
        let unit_from = self.at;
        let unit = self.while_in(|c| c == '%' || c.is_alphabetic());
        let time = match unit {
            "ms" => Some(TimeUnit::Millis),
            "s" => Some(TimeUnit::Seconds),
            _ => None,
        };
        match (is_time, sign, unit, time) {
            (false, _, "%", _) if amount > 100.0 => Err(self.error(number_from, "a share is at most 100%")),
            (false, _, "%", _) => Ok(Threshold::Share(amount)),
            (false, ..) => Err(self.error(unit_from, "expecting %")),
            (true, Some(sign), "%", _) if sign * amount <= -100.0 => Err(self.error(
                number_from,
                "expecting less than 100: a time cannot fall by all of itself",
            )),
            (true, Some(sign), "%", _) => Ok(Threshold::Relative(sign * amount)),
            (true, Some(sign), _, Some(unit)) => Ok(Threshold::Difference(sign * amount, unit)),
            (true, None, _, Some(unit)) => Ok(Threshold::Time(amount, unit)),
            (true, None, "%", _) => Err(self.error(
                from,
                "expecting + or - before a percentage: it is against the baseline",
            )),
            (true, None, ..) => Err(self.error(unit_from, "expecting ms or s")),
            (true, Some(_), ..) => Err(self.error(unit_from, "expecting %, ms or s")),
        }
    }

    fn number(&mut self, is_time: bool) -> Result<f64, GateError> {
        let from = self.at;
        let text = self.while_in(|c| c.is_ascii_digit() || c == '.');
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        if whole.is_empty() || fraction.is_empty() || fraction.contains('.') {
            let example = if is_time {
                "expecting a number, such as in +10%, +50ms or 2.5s"
            } else {
                "expecting a number, such as in 0.1%"
            };
            return Err(self.error(from, example));
        }
        if whole.len() + fraction.len() > MOST_DIGITS {
            return Err(self.error(from, format!("expecting at most {MOST_DIGITS} digits")));
        }
        text.parse().map_err(|_| self.error(from, "expecting a number"))
    }

    fn word(&mut self) -> (usize, &'t str) {
        self.blanks();
        (self.at, self.while_in(|c| c.is_ascii_alphanumeric() || c == '_'))
    }

    fn while_in(&mut self, is_in: impl Fn(char) -> bool) -> &'t str {
        let rest = &self.text[self.at..];
        let end = rest.find(|c| !is_in(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn blanks(&mut self) {
        self.while_in(char::is_whitespace);
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn takes(&mut self, wanted: char) -> bool {
        self.blanks();
        let is_there = self.peek() == Some(wanted);
        if is_there {
            self.at += wanted.len_utf8();
        }
        is_there
    }

    fn expects(&mut self, wanted: char, expected: &str) -> Result<(), GateError> {
        if self.takes(wanted) {
            return Ok(());
        }
        Err(self.error(self.at, expected))
    }

    fn error(&self, at: usize, fault: impl Into<String>) -> GateError {
        GateError {
            text: visible(self.text),
            column: visible(&self.text[..at]).chars().count(),
            fault: visible(&fault.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::select;

    #[test]
    fn gates_are_read_however_they_are_spaced() {
        for (text, shown) in [
            ("p95(total) > +10%", "p95(total) > +10%"),
            ("p95>+10%", "p95(total) > +10%"),
            ("p95(duration) > +10%", "p95(duration) > +10%"),
            ("  p99 ( total ,warm )> +2500 ms ", "p99(total, warm) > +2500ms"),
            ("p99.9(inference)>2.5s", "p99.9(inference) > 2.5s"),
            ("p50(init,cold)<-5%", "p50(init, cold) < -5%"),
            (
                "p90(billed, init_retried) < 0ms",
                "p90(billed, init_retried) < 0ms",
            ),
            ("inference_share < 90%", "inference_share < 90%"),
            ("inference_share(warm)<90 %", "inference_share(warm) < 90%"),
            ("timeout_rate > 0.1%", "timeout_rate > 0.1%"),
            ("error_rate(cold) > 100%", "error_rate(cold) > 100%"),
            ("cold_rate>2%", "cold_rate > 2%"),
            ("throttle_rate > 0%", "throttle_rate > 0%"),
        ] {
            let gate: Gate = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(gate.to_string(), shown, "{text}");
        }
    }

    #[test]
    fn a_fault_is_pointed_at() {
        for (text, position, fault) in [
            ("", 1, "expecting a quantile such as"),
            ("> 5%", 1, "expecting a quantile such as"),
            ("P95(total) > +10%", 1, "expecting a quantile such as"),
            ("mean(total) > +10%", 1, "expecting a quantile such as"),
            ("p100(total) > +10%", 2, "strictly between 0 and 100"),
            ("p9.(total) > +10%", 2, "not a decimal number"),
            ("p95(totl) > +10%", 5, "expecting one of duration, init"),
            ("p95(total; warm) > +10%", 10, "expecting ) or ,"),
            ("p95(total, hot) > +10%", 12, "expecting a start type: cold, warm"),
            ("p95(total, warm > +10%", 17, "expecting )"),
            ("p95(total) +10%", 12, "expecting > or <"),
            ("p95(total) >= +10%", 13, "expecting a number, such as in +10%"),
            ("p95(total) > 10%", 14, "expecting + or -"),
            ("p95(total) > +10", 17, "expecting %, ms or s"),
            ("p95(total) > 2500", 18, "expecting ms or s"),
            ("p95(total) > 2500us", 18, "expecting ms or s"),
            ("p95(total) > 1.2.3ms", 14, "expecting a number"),
            ("p95(total) > -100%", 15, "cannot fall by all of itself"),
            ("p95(total) > 1234567890123456ms", 14, "at most 15 digits"),
            ("p95(total) > +10% and more", 19, "expecting the end"),
            ("inference_share(total) < 90%", 17, "expecting a start type"),
            ("inference_share < +5%", 19, "without a sign"),
            ("timeout_rate > 0.1", 19, "expecting %"),
            ("timeout_rate > 0.1ms", 19, "expecting %"),
            ("timeout_rate > 101%", 16, "at most 100%"),
            ("cold_rate(warm) > 1%", 10, "of all start types"),
            ("p95(\u{1b}[31m) > +10%", 5, "expecting one of"),
            ("p95(total) > 5日", 15, "expecting ms or s"),
            ("\u{1b}", 1, "expecting a quantile"),
        ] {
            let error = text.parse::<Gate>().expect_err(text);
            assert_eq!(error.position(), position, "{text}: {error}");
            let shown = error.to_string();
            assert!(shown.contains(fault), "{text}: {shown}");
            assert!(!shown.contains('\u{1b}'), "{shown:?}");
            let lines: Vec<&str> = shown.lines().collect();
            assert_eq!(lines.len(), 3, "{shown}");
            assert_eq!(lines[2].len(), position + 2, "{shown}");
        }
    }

    fn gate() -> impl Strategy<Value = Gate> {
        let amount = || (0_u32..1_000_000, 0_i32..4).prop_map(|(n, e)| f64::from(n) / 10_f64.powi(e));
        let unit = || select(vec![TimeUnit::Millis, TimeUnit::Seconds]);
        let percent = (1_u32..1000).prop_map(|k| format!("{}.{}", k / 10, k % 10));
        let time = prop_oneof![
            amount().prop_map(Threshold::Relative),
            (0_u32..1000).prop_map(|tenths| Threshold::Relative(f64::from(tenths) / -10.0)),
            (amount(), unit()).prop_map(|(amount, unit)| Threshold::Difference(amount, unit)),
            (amount(), unit()).prop_map(|(amount, unit)| Threshold::Difference(-amount, unit)),
            (amount(), unit()).prop_map(|(amount, unit)| Threshold::Time(amount, unit)),
        ];
        // Only so many digits are read.
        let time = time.prop_filter("too many digits", |threshold| threshold.to_string().len() < 15);
        let quantile =
            (percent, select(Metric::ALL.to_vec()), time).prop_map(|(percent, metric, threshold)| {
                (
                    Quantity::Quantile(Probability::parse(&percent).unwrap(), metric),
                    threshold,
                )
            });
        let share = (0_u32..=1000).prop_map(|tenths| Threshold::Share(f64::from(tenths) / 10.0));
        let rates = vec![
            Quantity::InferenceShare,
            Quantity::Rate(Rate::Timeout),
            Quantity::Rate(Rate::Error),
            Quantity::Rate(Rate::Throttle),
        ];
        let start = option::of(select(StartType::ALL.to_vec()));
        let operator = select(vec![Operator::Above, Operator::Below]);
        let measured = prop_oneof![quantile, (select(rates), share)];
        (measured, start, operator).prop_map(|((quantity, threshold), start, operator)| Gate {
            quantity,
            start,
            operator,
            threshold,
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(gate in gate()) {
            let text = gate.to_string();
            let again: Gate = text.parse().map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
            prop_assert_eq!(again, gate);
        }

        #[test]
        fn no_text_is_a_crash(text in ".{0,40}") {
            if let Err(error) = text.parse::<Gate>() {
                prop_assert!(error.position() <= visible(&text).chars().count() + 1);
            }
        }
    }
}
