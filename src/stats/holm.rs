//! Several tests at once.

/// The p-values adjusted by Holm (1979), in the order given: rejecting what stays at most α errs in
/// one or more of all tests with probability at most α. Not a number counts as 1.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let p = |at: usize| if p_values[at].is_nan() { 1.0 } else { p_values[at] };
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p(a).total_cmp(&p(b)));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut largest: f64 = 0.0;
    for (rank, &at) in order.iter().enumerate() {
        largest = largest.max(p(at) * (p_values.len() - rank) as f64).min(1.0);
        adjusted[at] = largest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[test]
    fn none_and_one_stay() {
        assert!(holm(&[]).is_empty());
        assert_eq!(holm(&[0.2]), [0.2]);
        assert_eq!(holm(&[f64::NAN, 0.01]), [1.0, 0.02]);
    }

    proptest! {
        #[test]
        fn the_order_stays(p in vec(0.0_f64..1.0, 1..20)) {
            let adjusted = holm(&p);
            for (a, adjusted_a) in p.iter().zip(&adjusted) {
                prop_assert!(adjusted_a >= a && *adjusted_a <= (a * p.len() as f64).max(*adjusted_a).min(1.0));
                for (b, adjusted_b) in p.iter().zip(&adjusted) {
                    prop_assert!(a >= b || adjusted_a <= adjusted_b);
                }
            }
        }
    }
}
