//! Training: what a run does between its plan and its counts.

mod adamw;
mod agreement;
mod ahead;
mod any_learner;
mod arithmetic;
mod checkpoint;
mod device;
mod encoder;
mod evaluation;
mod input;
mod job;
mod learner;
mod library_learner;
mod loss;
mod measure;
mod parameters;
mod predictor;
mod schedule;
mod trainer;
mod workers;

pub use agreement::{Agreement, agreement};
pub use arithmetic::{Arithmetic, arithmetic};
pub use checkpoint::{Best, Progress};
pub use device::{Compute, DeviceError};
pub use encoder::{EncoderFile, EncoderWeights, EncoderWeightsError, encoder_digest};
pub use evaluation::predict;
pub use job::{
    BatchProgress, EpochSummary, Finished, Host, HostError, ImageCounts, Job, MEMORY, Outcome, TrainError,
};
pub use loss::image_losses;
pub use measure::{Measurement, predictions, training_steps};
pub use predictor::Predictor;
pub use schedule::learning_rate;
pub use trainer::train;

#[cfg(test)]
mod tests;
