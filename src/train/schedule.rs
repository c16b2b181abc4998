//! The learning rate of each epoch.

use crate::experiment::settings::{OptimizerSettings, ScheduleSettings, TrainSettings};

/// The learning rate of `epoch`, counted from 1; it changes between epochs only.
///
/// The cosine is PyTorch's `CosineAnnealingLR` in closed form and goes on past its half-period, so that the
/// authors' rate is lowest in epochs 51, 151 and 251 and back at its start in 101 and 201 (deviation 8).
pub fn learning_rate(settings: &TrainSettings, epoch: usize) -> f64 {
    let OptimizerSettings::Adamw(optimizer) = settings.optimizer;
    let start = optimizer.learning_rate;
    match settings.schedule {
        ScheduleSettings::Constant => start,
        ScheduleSettings::Cosine { t_max, min_learning_rate } => {
            let phase = std::f64::consts::PI * (epoch - 1) as f64 / t_max as f64;
            min_learning_rate + (start - min_learning_rate) * (1.0 + phase.cos()) / 2.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::settings::AdamWSettings;
    use crate::train::tests::settings;

    /// `tests/parity/training.py`: `torch.optim.lr_scheduler.CosineAnnealingLR` of the authors' settings.
    #[test]
    fn the_wave_equals_pytorch() {
        let expected = [
            (1, 0.001),
            (2, 0.000_999_023_230_571_994_4),
            (3, 0.000_996_096_777_150_666_4),
            (4, 0.000_991_232_189_110_700_7),
            (5, 0.000_984_448_664_758_672_1),
            (6, 0.000_975_772_975_566_100_9),
            (7, 0.000_965_239_360_514_684_2),
            (8, 0.000_952_889_390_970_679_5),
            (9, 0.000_938_771_806_621_712_2),
            (10, 0.000_922_942_323_123_497_2),
            (51, 1e-5),
            (101, 0.001),
            (151, 1e-5),
            (201, 0.001),
            (300, 0.000_999_023_230_571_994),
        ];
        let settings = settings();
        for (epoch, rate) in expected {
            let ours = learning_rate(&settings, epoch);
            // PyTorch's recursion rounds once an epoch, the closed form doesn't.
            assert!((ours / rate - 1.0).abs() < 1e-12, "epoch {epoch}: {ours}, not {rate}");
        }
    }

    #[test]
    fn constant_is_the_optimizers_rate() {
        let optimizer = AdamWSettings { learning_rate: 0.02, ..AdamWSettings::default() };
        let settings = TrainSettings {
            schedule: ScheduleSettings::Constant,
            optimizer: OptimizerSettings::Adamw(optimizer),
            ..settings()
        };
        assert_eq!([1, 77, 300].map(|epoch| learning_rate(&settings, epoch)), [0.02; 3]);
    }
}
