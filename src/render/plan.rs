//! How many requests a decision needs, as text and as JSON.

use serde::Serialize;

use super::json_shared::document;
use crate::vocab::{grouped, visible};

/// Everything that the output of `latscope plan` shows.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanView {
    /// The quantile, such as `p95`.
    pub quantile: String,
    /// The time that it is of, such as `total`.
    pub metric: &'static str,
    /// The start type that it is of, where it is of one.
    pub start: Option<&'static str>,
    /// The margin, without unit: 0.1 is 10 %.
    pub margin: f64,
    /// What the numbers rest on.
    pub basis: Vec<Basis>,
    /// From how many requests of each side the interval of a quantile has two ends.
    pub requests_finite: u64,
    /// From how many the interval of the ratio is no wider than the margin to each side.
    pub requests_half_width: Option<u64>,
    /// From how many a gate at the margin passes four times in five if nothing changed.
    pub requests_to_pass: Option<u64>,
    /// Requests a second to each side.
    pub rate: Option<f64>,
}

/// What is known of the spread of one side.
#[derive(Debug, Clone, PartialEq)]
pub enum Basis {
    /// Nothing: a lognormal distribution is assumed.
    Assumed {
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// The interval of the quantile in logs.
    Pilot {
        /// What was selected.
        name: String,
        /// How many requests.
        requests: usize,
        /// Its interval in microseconds.
        interval_us: [f64; 2],
    },
    /// Logs with too few requests for an interval, so that a lognormal distribution is assumed.
    TooFew {
        /// What was selected.
        name: String,
        /// How many requests.
        requests: usize,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
}

#[derive(Serialize)]
struct PlanJson<'a> {
    schema: &'static str,
    quantile: &'a str,
    metric: &'static str,
    start: Option<&'static str>,
    margin: f64,
    basis: Vec<BasisJson<'a>>,
    requests_finite: u64,
    requests_half_width: Option<u64>,
    requests_to_pass: Option<u64>,
    rate_per_second: Option<f64>,
    seconds_to_pass: Option<f64>,
}

#[derive(Serialize)]
struct BasisJson<'a> {
    kind: &'static str,
    name: Option<&'a str>,
    requests: Option<usize>,
    ci95_ms: Option<[f64; 2]>,
    sigma: Option<f64>,
}

/// The plan as text.
pub fn plan_text(view: &PlanView) -> String {
    let start = view.start.map_or_else(String::new, |start| format!(", {start}"));
    let what = format!("{}({}{start})", view.quantile, view.metric);
    // As it was written, without what scaling by 100 does to the last digit.
    let margin = (view.margin * 1e8).round() / 1e6;
    let mut text =
        format!("Requests of each side for a decision about {what} with a margin of {margin} %\n\n");
    let time = |requests: u64| {
        let seconds = view.rate.map(|rate| requests as f64 / rate);
        seconds.map_or_else(String::new, |seconds| format!("  {}", lasting(seconds)))
    };
    let rows = [
        (
            Some(view.requests_finite),
            format!("the interval of {what} has two ends"),
        ),
        (
            view.requests_half_width,
            format!("the interval of the ratio reaches {margin} % to each side"),
        ),
        (
            view.requests_to_pass,
            format!("--fail-on '{what} > +{margin}%' passes 4 times in 5 if nothing changed"),
        ),
    ];
    let rows: Vec<(u64, String)> = rows
        .into_iter()
        .filter_map(|(requests, meaning)| Some((requests?, meaning)))
        .collect();
    let shown: Vec<(String, String, String)> = rows
        .into_iter()
        .map(|(requests, meaning)| (grouped(requests), time(requests), meaning))
        .collect();
    let numbers = shown.iter().map(|row| row.0.len()).max().unwrap_or(0);
    let times = shown.iter().map(|row| row.1.chars().count()).max().unwrap_or(0);
    for (requests, time, meaning) in &shown {
        text.push_str(&format!("{requests:>numbers$}{time:<times$}  {meaning}\n"));
    }
    text.push('\n');
    if let Some(rate) = view.rate {
        text.push_str(&format!("at {rate} requests a second to each side\n"));
    }
    for basis in &view.basis {
        text.push_str(&format!("{}\n", visible(&basis_line(basis, &what))));
    }
    text.push_str("assumed: requests are independent and both sides get as many; requests that share slow episodes need more\n");
    text
}

fn basis_line(basis: &Basis, what: &str) -> String {
    match basis {
        Basis::Assumed { sigma } => format!(
            "assumed: times are lognormal with σ = {sigma}, on both sides; --from LOGS takes their real spread"
        ),
        Basis::Pilot {
            name,
            requests,
            interval_us: [low, high],
        } => format!(
            "from {} requests of {name}: {what} lies between {:.0} and {:.0} ms",
            grouped(*requests as u64),
            low / 1000.0,
            high / 1000.0
        ),
        Basis::TooFew {
            name,
            requests,
            sigma,
        } => format!(
            "assumed for {name}: times are lognormal with σ = {sigma}, because {} requests do not bound {what}",
            grouped(*requests as u64)
        ),
    }
}

/// A length of time in its two largest units.
fn lasting(seconds: f64) -> String {
    let seconds = seconds.ceil() as u64;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, ..) => format!("{hours} h {minutes} min"),
        _ => format!("{} d {hours} h", grouped(days)),
    }
}

/// `latscope.plan/v1`, pretty-printed, with a line break at its end.
///
/// # Errors
/// If it cannot be written as JSON, which is a defect of latscope.
pub fn plan_json(view: &PlanView) -> serde_json::Result<String> {
    let basis = |basis| match basis {
        &Basis::Assumed { sigma } => BasisJson {
            kind: "assumed",
            name: None,
            requests: None,
            ci95_ms: None,
            sigma: Some(sigma),
        },
        Basis::Pilot {
            name,
            requests,
            interval_us,
        } => BasisJson {
            kind: "pilot",
            name: Some(name),
            requests: Some(*requests),
            ci95_ms: Some(interval_us.map(|end| end / 1000.0)),
            sigma: None,
        },
        Basis::TooFew {
            name,
            requests,
            sigma,
        } => BasisJson {
            kind: "too-few",
            name: Some(name),
            requests: Some(*requests),
            ci95_ms: None,
            sigma: Some(*sigma),
        },
    };
    let json = PlanJson {
        schema: "latscope.plan/v1",
        quantile: &view.quantile,
        metric: view.metric,
        start: view.start,
        margin: view.margin,
        basis: view.basis.iter().map(basis).collect(),
        requests_finite: view.requests_finite,
        requests_half_width: view.requests_half_width,
        requests_to_pass: view.requests_to_pass,
        rate_per_second: view.rate,
        seconds_to_pass: view
            .rate
            .zip(view.requests_to_pass)
            .map(|(rate, requests)| requests as f64 / rate),
    };
    document(&json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_has_two_units() {
        for (seconds, text) in [
            (0.4, "1 s"),
            (59.0, "59 s"),
            (965.0, "16 min 5 s"),
            (7_260.0, "2 h 1 min"),
            (190_000.0, "2 d 4 h"),
        ] {
            assert_eq!(lasting(seconds), text);
        }
    }
}
