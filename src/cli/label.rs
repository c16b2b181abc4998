//! What keeps numbers of made-up images or of the fake trainer from being taken for real ones.

use crate::executor::{FakeTrainer, PlanItem};

/// What is to be known of numbers before they are compared.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Labels {
    /// No network was trained.
    pub fake: bool,
    /// The images were made up.
    pub synthetic: bool,
    /// The network's encoder started from scratch, where the original's starts from trained weights.
    pub from_scratch: bool,
}

impl Labels {
    /// The labels of a planned run.
    pub(super) fn of(item: &PlanItem) -> Self {
        let settings = &item.run.settings;
        Self {
            fake: item.meaning["device"] == FakeTrainer::DEVICE,
            synthetic: settings.data.source.is_synthetic(),
            from_scratch: settings.model.has_pretrained_encoder() && item.encoder.files().is_empty(),
        }
    }

    /// The variant's name with the labels behind it.
    pub(super) fn behind(self, variant: &str) -> String {
        let labels =
            [(self.fake, "fake trainer"), (self.synthetic, "synthetic"), (self.from_scratch, "from scratch")];
        let labels: Vec<&str> =
            labels.into_iter().filter(|(holds, _)| *holds).map(|(_, label)| label).collect();
        if labels.is_empty() { variant.to_owned() } else { format!("{variant} ({})", labels.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::Labels;

    #[test]
    fn labels_stand_behind_the_name() {
        for (fake, synthetic, from_scratch, expect) in [
            (false, false, false, "net"),
            (false, true, false, "net (synthetic)"),
            (true, false, false, "net (fake trainer)"),
            (false, false, true, "net (from scratch)"),
            (true, true, true, "net (fake trainer, synthetic, from scratch)"),
        ] {
            assert_eq!(Labels { fake, synthetic, from_scratch }.behind("net"), expect);
        }
    }
}
