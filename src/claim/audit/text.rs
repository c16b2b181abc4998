//! Numbers in findings.

/// `mIoU (%) 76.98, DSC (%) 86.99`.
pub(super) fn percent_list<'a>(values: impl Iterator<Item = (&'a str, f64, usize)>) -> String {
    values
        .map(|(heading, value, digits)| format!("{heading} {value:.digits$}"))
        .collect::<Vec<_>>()
        .join(", ")
}
