//! What keeps numbers of made-up images or of the fake trainer from being taken for real ones.

use crate::executor::{FakeTrainer, PlanItem};

/// The variant's name with the labels of its runs.
pub(super) fn labelled(variant: &str, fake: bool, synthetic: bool) -> String {
    let labels = [(fake, "fake trainer"), (synthetic, "synthetic")];
    let labels: Vec<&str> = labels.iter().filter(|(holds, _)| *holds).map(|(_, label)| *label).collect();
    if labels.is_empty() { variant.to_owned() } else { format!("{variant} ({})", labels.join(", ")) }
}

/// The name of a planned run's variant with the run's labels.
pub(super) fn of_item(item: &PlanItem) -> String {
    let fake = item.meaning["device"] == FakeTrainer::DEVICE;
    labelled(&item.run.variant, fake, item.run.settings.data.source.is_synthetic())
}

#[cfg(test)]
mod tests {
    use super::labelled;

    #[test]
    fn labels_stand_behind_the_name() {
        for (fake, synthetic, expect) in [
            (false, false, "net"),
            (false, true, "net (synthetic)"),
            (true, false, "net (fake trainer)"),
            (true, true, "net (fake trainer, synthetic)"),
        ] {
            assert_eq!(labelled("net", fake, synthetic), expect);
        }
    }
}
