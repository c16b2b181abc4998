//! What keeps a number from being taken for a real one.

/// The variant's name, and in brackets what its numbers are not.
pub(super) fn label(variant: &str, fake: bool, synthetic: bool) -> String {
    let labels: Vec<&str> =
        [fake.then_some("fake trainer"), synthetic.then_some("synthetic")].into_iter().flatten().collect();
    if labels.is_empty() { variant.to_owned() } else { format!("{variant} ({})", labels.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn real_numbers_go_without_a_label() {
        assert_eq!(label("once", false, false), "once");
        assert_eq!(label("once", false, true), "once (synthetic)");
        assert_eq!(label("once", true, true), "once (fake trainer, synthetic)");
    }
}
