//! How exact numbers of figures are, and how long names.

/// The most characters of a name that a figure keeps: more than it can show.
const LONGEST_NAME: usize = 400;

/// A number with seven significant digits. Its shortest decimal form is read as the same number again.
pub(super) fn rounded(number: f64) -> f64 {
    if number == 0.0 {
        return 0.0;
    }
    format!("{number:.6e}").parse().unwrap_or(number)
}

/// Microseconds as rounded milliseconds.
pub(super) fn millis(micros: f64) -> f64 {
    rounded(micros / 1000.0)
}

/// A name, without its middle if it is absurdly long.
pub(super) fn bounded(name: &str) -> String {
    let count = name.chars().count();
    if count <= LONGEST_NAME {
        return name.to_owned();
    }
    let half = LONGEST_NAME / 2;
    let (head, tail) = (name.chars().take(half), name.chars().skip(count - half + 1));
    head.chain(['…']).chain(tail).collect()
}

/// The positions of `kept` of `count` things at equal distances, ascending: all of them if there are no more.
pub(super) fn evenly(count: usize, kept: usize) -> impl Iterator<Item = usize> {
    let kept = kept.min(count);
    (0..kept).map(move |at| (2 * at + 1) * count / (2 * kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_digits_are_left() {
        for (number, shown) in [
            (0.0, 0.0),
            (-0.0, 0.0),
            (123_456_789.0, 123_456_800.0),
            (0.001_234_567_89, 0.001_234_568),
            (-98_765.432_1, -98_765.43),
            (9_999_999.6, 10_000_000.0),
            // Of whole microseconds nothing is lost below ten seconds.
            (9_999.999, 9_999.999),
        ] {
            assert!(rounded(number) == shown, "{number}");
            assert!(rounded(rounded(number)) == rounded(number), "{number}");
        }
        assert_eq!(rounded(-0.0).to_bits(), 0);
    }

    #[test]
    fn json_keeps_a_rounded_number() {
        for exponent in -12..18 {
            for mantissa in [1.0, 1.0 / 3.0, 7.654_321, 9.999_95] {
                let number = rounded(mantissa * 10_f64.powi(exponent));
                let text = serde_json::to_string(&number).unwrap();
                assert_eq!(serde_json::from_str::<f64>(&text).unwrap(), number, "{text}");
                assert!(text.len() <= 14 || exponent > 8, "{text}");
            }
        }
    }

    #[test]
    fn a_long_name_keeps_both_ends() {
        let name = format!("a{}z", "模".repeat(1_000_000));
        let short = bounded(&name);
        assert_eq!(short.chars().count(), LONGEST_NAME);
        assert!(short.starts_with("a模") && short.ends_with("模z"));
        assert_eq!(bounded("haiku"), "haiku");
    }

    #[test]
    fn what_is_kept_is_evenly_spaced() {
        assert_eq!(evenly(4, 10).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!(evenly(100, 4).collect::<Vec<_>>(), [12, 37, 62, 87]);
        assert_eq!(evenly(0, 4).count(), 0);
    }
}
