//! What keeps numbers of made-up images or of the fake trainer from being taken for real ones.

use crate::executor::{FakeTrainer, PlanItem};

/// What is to be known of numbers before they are compared.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Labels {
    /// No network was trained.
    pub fake: bool,
    /// The images were made up.
    pub synthetic: bool,
    /// That encoders started from scratch, where the original's start from trained weights.
    pub start: Option<&'static str>,
}

impl Labels {
    /// The labels of a planned run.
    pub(super) fn of(item: &PlanItem) -> Self {
        let settings = &item.run.settings;
        Self {
            fake: item.meaning["device"].as_str().is_some_and(FakeTrainer::is_fake),
            synthetic: settings.data.source.is_synthetic(),
            start: settings.model.start_label(item.run.encoder_weights.len()),
        }
    }

    /// The variant's name with the labels behind it.
    pub(super) fn behind(self, variant: &str) -> String {
        let labels = [self.fake.then_some("fake trainer"), self.synthetic.then_some("synthetic"), self.start];
        let labels: Vec<&str> = labels.into_iter().flatten().collect();
        if labels.is_empty() { variant.to_owned() } else { format!("{variant} ({})", labels.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::Labels;

    #[test]
    fn labels_stand_behind_the_name() {
        for (fake, synthetic, start, expect) in [
            (false, false, None, "net"),
            (false, true, None, "net (synthetic)"),
            (true, false, None, "net (fake trainer)"),
            (false, false, Some("from scratch"), "net (from scratch)"),
            (true, true, Some("from scratch"), "net (fake trainer, synthetic, from scratch)"),
        ] {
            assert_eq!(Labels { fake, synthetic, start }.behind("net"), expect);
        }
    }
}
