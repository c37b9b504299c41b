//! The middle of some numbers.

/// The ordinary median, in which type 8 and all other types agree; the middle of both middle values
/// if their number is even. `None` if there are none. Reorders them.
pub(crate) fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let (middle, even) = (values.len() / 2, values.len().is_multiple_of(2));
    let (below, above, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let below = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Some(if even { 0.5 * (below + *above) } else { *above })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_and_even() {
        assert_eq!(median(&mut []), None);
        assert_eq!(median(&mut [3.0]), Some(3.0));
        assert_eq!(median(&mut [5.0, -1.0]), Some(2.0));
        assert_eq!(median(&mut [9.0, 1.0, 4.0]), Some(4.0));
        assert_eq!(median(&mut [9.0, 1.0, 4.0, 3.0]), Some(3.5));
    }
}
