//! Presets: what a setting is where the file leaves it open.

use super::settings::{
    AdamWSettings, AugmentSettings, EgeUnetSettings, LastBatch, LossSettings, Normalization,
    OptimizerSettings, Precision, Protocol, Rotation, ScheduleSettings, Selection, TensorInit, TrainSettings,
};

/// The seed of the authors' code.
pub const SEED: u64 = 42;

/// Height and width of the network's input in the paper, in pixels.
pub const SIZE: usize = 256;

/// Training and validation images of `synthetic-lesions`: enough for a first look, few enough for a minute.
pub const SYNTHETIC_IMAGES: (usize, usize) = (96, 32);

/// Epochs between the highest and the lowest learning rate of the authors' schedule.
pub const COSINE_T_MAX: usize = 50;

/// The lowest learning rate of the authors' schedule.
pub const COSINE_MIN_LEARNING_RATE: f64 = 1e-5;

/// How a protocol trains.
pub fn train(protocol: Protocol) -> TrainSettings {
    let rotation = match protocol {
        Protocol::AsReleased => Rotation::Once,
        Protocol::AsWritten => Rotation::PerSample,
    };
    TrainSettings {
        protocol,
        epochs: 300,
        batch_size: 8,
        last_batch: LastBatch::Keep,
        optimizer: OptimizerSettings::Adamw(AdamWSettings::default()),
        schedule: ScheduleSettings::Cosine {
            t_max: COSINE_T_MAX,
            min_learning_rate: COSINE_MIN_LEARNING_RATE,
        },
        loss: LossSettings::default(),
        normalization: Normalization::MinMax,
        augment: AugmentSettings { rotation, ..AugmentSettings::default() },
        selection: Selection::LowestLoss,
        precision: Precision::F32,
    }
}

/// The EGE-UNet of a protocol.
pub fn ege_unet(protocol: Protocol) -> EgeUnetSettings {
    let tensor_init = match protocol {
        Protocol::AsReleased => TensorInit::Ones,
        Protocol::AsWritten => TensorInit::Random,
    };
    EgeUnetSettings { tensor_init, ..EgeUnetSettings::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_protocols_differ_in_rotation_and_tensors_only() {
        let (released, written) = (train(Protocol::AsReleased), train(Protocol::AsWritten));
        assert_eq!(written.augment.rotation, Rotation::PerSample);
        let mut same = written;
        same.protocol = Protocol::AsReleased;
        same.augment.rotation = Rotation::Once;
        assert_eq!(same, released);
        assert_eq!(ege_unet(Protocol::AsReleased), EgeUnetSettings::default());
        assert_eq!(ege_unet(Protocol::AsWritten).tensor_init, TensorInit::Random);
    }
}
