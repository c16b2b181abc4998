//! Correction of p values for many tests.

/// The p values adjusted by Holm's step-down method (Holm 1979), in the order given, each at most 1.
///
/// Rejecting where an adjusted value is at most α keeps the chance of any false rejection at most α, whatever depends
/// on what. None of them may be NaN.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut adjusted = vec![0.0; p.len()];
    let mut least = 0.0_f64;
    for (rank, &index) in order.iter().enumerate() {
        least = least.max((p.len() - rank) as f64 * p[index]).min(1.0);
        adjusted[index] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adjusted_by_hand() {
        let check = |p: &[f64], expect: &[f64]| assert_eq!(holm(p), expect);
        check(&[], &[]);
        check(&[0.25], &[0.25]);
        check(&[0.5, 0.125, 0.25], &[0.5, 0.375, 0.5]);
        check(&[0.75, 0.75], &[1.0, 1.0]);
    }
}
