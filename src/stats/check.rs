//! The three answers of a check on whether two samples can be compared.

/// What a check found, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// Nothing stands against the comparison.
    Ok,
    /// The comparison is weakened, or could not be shown to be fair.
    Warn,
    /// Something else differs between the samples and may be the reason of what is seen.
    Confounded,
}

impl Check {
    /// The word for it in output: `ok`, `warn`, `confounded`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Confounded => "confounded",
        }
    }

    /// Of a quantity that is fine below `ok_below` and confounds above `confounded_above`; what is
    /// not a number confounds.
    pub(crate) fn of_larger_is_worse(value: f64, ok_below: f64, confounded_above: f64) -> Self {
        if value < ok_below {
            Self::Ok
        } else if value <= confounded_above {
            Self::Warn
        } else {
            Self::Confounded
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_is_the_largest() {
        let checks = [Check::Ok, Check::Warn, Check::Confounded];
        assert!(checks.is_sorted());
        assert_eq!(checks.map(Check::as_str), ["ok", "warn", "confounded"]);
        let of = |value| Check::of_larger_is_worse(value, 1.0, 2.0);
        assert_eq!(
            [0.5, 1.0, 2.0, 2.5].map(of),
            [Check::Ok, Check::Warn, Check::Warn, Check::Confounded]
        );
        assert_eq!(of(f64::NAN), Check::Confounded);
    }
}
