//! Numbers as a paper prints them.

use toml::Spanned;

use super::fault::Fault;

/// A printed number.
pub(super) struct Printed {
    pub value: f64,
    pub spread: Option<f64>,
    /// Decimal places.
    pub digits: usize,
}

/// `79.81` or `79.81 ± 0.10`.
pub(super) fn printed(text: &Spanned<String>) -> Result<Printed, Fault> {
    let fault = || {
        let message = format!(
            "`{}` is no printed number; write it as in the paper, such as \"79.81\" or \"79.81 ± 0.10\"",
            text.get_ref()
        );
        Fault::at(text, message)
    };
    let number = |text: &str| {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        plain.then(|| text.parse::<f64>().ok()).flatten().ok_or_else(fault)
    };
    let (value, spread) = match text.get_ref().split_once('±') {
        Some((value, spread)) => (value.trim_end(), Some(number(spread.trim_start())?)),
        None => (text.get_ref().as_str(), None),
    };
    let digits = value.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    Ok(Printed { value: number(value)?, spread, digits })
}
