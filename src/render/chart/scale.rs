//! Axes: which values get a tick, and what it says.

use super::text;
use crate::comparison::drawn::TimeScale;

/// A mark on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    /// In milliseconds, or whatever the axis shows.
    pub(super) value: f64,
    pub(super) label: String,
}

/// A step of 1, 2 or 5 times a power of ten that divides `span` into at most `parts`.
pub(super) fn step(span: f64, parts: f64) -> f64 {
    let raw = (span / parts).max(1e-6);
    let exponent = raw.log10().floor() as i32;
    let unit = power_of_ten(exponent);
    [1.0, 2.0, 5.0]
        .into_iter()
        .map(|mantissa| mantissa * unit)
        .find(|step| *step >= raw * (1.0 - 1e-9))
        .unwrap_or_else(|| power_of_ten(exponent + 1))
}

/// Exact for the exponents that occur, unlike `powf`.
fn power_of_ten(exponent: i32) -> f64 {
    let power = 10_f64.powi(exponent.abs());
    if exponent < 0 { 1.0 / power } else { power }
}

/// The multiples of a step of 1, 2 or 5 within `low` to `high` milliseconds, and the unit of
/// their labels.
pub(super) fn linear(low: f64, high: f64, parts: f64) -> (Vec<Tick>, &'static str) {
    let step = step(high - low, parts);
    let (unit, per_unit) = if high >= 20_000.0 {
        ("s", 1000.0)
    } else {
        ("ms", 1.0)
    };
    let decimals = (-(step / per_unit).log10() - 1e-9).ceil().clamp(0.0, 6.0) as usize;
    let (first, last) = ((low / step - 1e-6).ceil(), (high / step + 1e-6).floor());
    let ticks = (0..=parts.ceil() as u32 + 1)
        .map(|at| first + f64::from(at))
        .take_while(|multiple| *multiple <= last)
        .map(|multiple| {
            let value = multiple * step;
            let shown = value / per_unit;
            let label = if decimals == 0 {
                text::whole(shown)
            } else {
                format!("{shown:.decimals$}")
            };
            Tick { value, label }
        })
        .collect();
    (ticks, unit)
}

/// The ticks of an axis of times, with units; a linear one in about so many parts.
pub(super) fn of(scale: &TimeScale, parts: f64) -> Vec<Tick> {
    if scale.is_logarithmic {
        return logarithmic(scale.low_ms, scale.high_ms);
    }
    let (mut ticks, unit) = linear(scale.low_ms, scale.high_ms, parts);
    for tick in &mut ticks {
        tick.label = format!("{} {unit}", tick.label);
    }
    ticks
}

/// Powers of ten within `low` to `high` milliseconds, and their double and fivefold if these are
/// few.
pub(super) fn logarithmic(low: f64, high: f64) -> Vec<Tick> {
    // Data that were read may hold anything.
    let (low, high) = (low.max(1e-9), high.min(1e15));
    let mantissas: &[f64] = if (high / low).log10() > 3.0 {
        &[1.0]
    } else {
        &[1.0, 2.0, 5.0]
    };
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    (first..=last)
        .flat_map(|exponent| mantissas.iter().map(move |mantissa| (exponent, mantissa)))
        .map(|(exponent, mantissa)| mantissa * power_of_ten(exponent))
        .filter(|value| (low..=high).contains(value))
        .map(|value| Tick {
            value,
            label: plain(value),
        })
        .collect()
}

/// A round duration: `0.01 ms`, `500 ms`, `2 s`.
fn plain(ms: f64) -> String {
    if ms >= 999.0 {
        format!("{} s", text::whole(ms / 1000.0))
    } else if ms >= 0.99 {
        format!("{ms:.0} ms")
    } else {
        let decimals = (-ms.log10() - 1e-9).ceil().clamp(1.0, 6.0) as usize;
        format!("{ms:.decimals$} ms")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round() {
        let (ticks, unit) = linear(0.0, 5_600.0, 6.0);
        assert_eq!(labels(&ticks), ["0", "1,000", "2,000", "3,000", "4,000", "5,000"]);
        assert_eq!(unit, "ms");
        let (ticks, unit) = linear(0.0, 900_000.0, 5.0);
        assert_eq!(labels(&ticks), ["0", "200", "400", "600", "800"]);
        assert_eq!(unit, "s");
        let (ticks, _) = linear(0.0, 0.05, 5.0);
        assert_eq!(labels(&ticks), ["0.00", "0.01", "0.02", "0.03", "0.04", "0.05"]);
        let (ticks, _) = linear(970.0, 1030.0, 6.0);
        assert_eq!(
            labels(&ticks),
            ["970", "980", "990", "1,000", "1,010", "1,020", "1,030"]
        );
    }

    #[test]
    fn logarithmic_ticks_are_powers_of_ten() {
        assert_eq!(
            labels(&logarithmic(0.05, 900_000.0)),
            ["0.1 ms", "1 ms", "10 ms", "100 ms", "1 s", "10 s", "100 s"]
        );
        assert_eq!(
            labels(&logarithmic(150.0, 6_000.0)),
            ["200 ms", "500 ms", "1 s", "2 s", "5 s"]
        );
        assert_eq!(labels(&logarithmic(0.002, 0.3))[..2], ["0.002 ms", "0.005 ms"]);
        assert!(logarithmic(0.0, f64::MAX).len() < 30);
        assert!(logarithmic(5.0, -5.0).is_empty());
    }
}
