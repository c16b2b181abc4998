//! The training loop.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::ahead::ahead;
use super::any_learner::AnyLearner;
use super::checkpoint::{Best, Checkpoint, Progress};
use super::evaluation::{Evaluation, Place, Purpose, evaluate, load, named};
use super::input::{Input, Made};
use super::schedule::learning_rate;
use super::{BatchProgress, Compute, EpochSummary, Finished, Host, Job, Outcome, TrainError};
use crate::dataset::Batches;
use crate::experiment::settings::{Precision, Selection, TrainSettings};
use crate::metric::Counts;
use crate::model::weights::to_safetensors;
use crate::model::{Built, Role};

/// Trains, from the host's last checkpoint if there is one, until the end or until the host asks to stop.
///
/// The same job gives the same bits, however often it was interrupted.
///
/// # Errors
/// When the loss is no finite number, a checkpoint doesn't fit, the device's memory doesn't suffice, or the host fails.
///
/// # Panics
/// When an id of the split isn't among the images; whoever makes a job has checked that.
pub fn train(job: &Job, compute: Compute, host: &mut dyn Host) -> Result<Outcome, TrainError> {
    compute.within_memory(|| run(job, compute, host))?
}

fn run(job: &Job, compute: Compute, host: &mut dyn Host) -> Result<Outcome, TrainError> {
    let mut training = Training::start(job, compute, host)?;
    while training.progress.epochs_done < training.settings.epochs {
        if !training.epoch(host)? {
            training.save(host)?;
            return Ok(Outcome::Interrupted { epochs_done: training.progress.epochs_done });
        }
    }
    training.finish(host)
}

struct Training<'a> {
    job: &'a Job<'a>,
    settings: &'a TrainSettings,
    batches: Arc<Batches<'a>>,
    select: Vec<usize>,
    report: Vec<usize>,
    learner: AnyLearner,
    input: Input,
    progress: Progress,
    /// When this session's part of the training began that `progress.seconds` doesn't hold yet.
    since: Instant,
}

impl<'a> Training<'a> {
    fn start(job: &'a Job<'a>, compute: Compute, host: &mut dyn Host) -> Result<Self, TrainError> {
        let settings = &job.settings.train;
        if settings.precision == Precision::Bf16 && !compute.has_bf16() {
            return Err(TrainError::Precision { device: compute.to_string() });
        }
        let positions = job.images.index();
        let indices = |ids: &[String]| ids.iter().map(|id| positions[id.as_str()]).collect::<Vec<usize>>();
        let mut built = Built::new(&job.settings.model, job.seed, &compute.training_device());
        let mut moments = None;
        let mut progress = Progress::default();
        if let Some(bytes) = host.load_checkpoint()? {
            let checkpoint = Checkpoint::decode(&bytes)?;
            built = built
                .with_state(&checkpoint.weights)
                .map_err(|error| TrainError::Weights(error.to_string()))?;
            let trained = built.names_of(Role::Trained);
            if let Some(name) = trained.iter().find(|name| !checkpoint.optimizer.first.0.contains_key(*name))
            {
                let message = format!("the checkpoint is damaged: `{name}` lacks its moments");
                return Err(TrainError::Weights(message));
            }
            moments = Some(checkpoint.optimizer);
            progress = checkpoint.progress;
        } else {
            built = job.encoder.start(built).map_err(|error| TrainError::Weights(error.to_string()))?;
        }
        let batches = Arc::new(Batches::new(job.images, indices(&job.split.train), settings, job.seed));
        Ok(Self {
            job,
            settings,
            input: Input::of(compute, &batches),
            batches,
            select: indices(&job.split.select),
            report: indices(&job.split.report),
            learner: AnyLearner::new(built, moments.as_ref(), compute, settings.precision),
            progress,
            since: Instant::now(),
        })
    }

    /// Trains and judges one epoch, or the rest of one; false if the host asked to stop before its end.
    fn epoch(&mut self, host: &mut dyn Host) -> Result<bool, TrainError> {
        let began = Instant::now();
        let epoch = self.progress.epochs_done + 1;
        let rate = learning_rate(self.settings, epoch);
        let order = self.batches.order(epoch as u64);
        let mut images = 0;
        let mut input = Duration::ZERO;
        let batches = Arc::clone(&self.batches);
        let part = self.learner.part(self.settings.batch_size);
        let gathers = self.input.gathers();
        let compute = self.learner.compute();
        let make = |indices: &[usize]| Made::new(compute, gathers, &batches, (epoch as u64, part), indices);
        let done = self.progress.batches_done;
        let whole = ahead::<_, TrainError>(&order[done..], make, |index, made, waited| {
            input += waited;
            if host.stop_requested() {
                self.hear(epoch, &order, rate, host)?;
                return Ok(false);
            }
            let parts = self.input.parts(made, self.learner.device());
            self.learner.step(parts, &self.settings.loss, self.settings.optimizer, rate);
            let index = done + index;
            images += order[index].len();
            if self.learner.has_news() || index + 1 == order.len() {
                self.hear(epoch, &order, rate, host)?;
            }
            Ok(true)
        })?;
        if !whole {
            return Ok(false);
        }
        let trained = began.elapsed().as_secs_f64();

        let judged = evaluate(
            &self.learner.built(),
            &self.batches,
            &self.select,
            Purpose::Selection(&self.settings.loss),
            &Place { compute: self.learner.compute(), input: &self.input },
        );
        if let Some(error) = self.not_finite(epoch, order.len(), &judged) {
            host.keep_diverged(&self.checkpoint().encode())?;
            return Err(error);
        }
        let best = self.select(epoch, &judged);
        if best {
            host.save_best(&to_safetensors(&self.learner.state(), None))?;
        }
        host.epoch(EpochSummary {
            epoch,
            learning_rate: rate,
            train_loss: self.progress.loss_sum / order.len().max(1) as f64,
            selection_loss: judged.mean_loss(),
            selection: judged.total(),
            best,
            seconds: began.elapsed().as_secs_f64(),
            input_seconds: (input + judged.input).as_secs_f64(),
            images_per_second: images as f64 / trained.max(f64::MIN_POSITIVE),
        })?;
        self.progress.epochs_done = epoch;
        self.progress.batches_done = 0;
        self.progress.loss_sum = 0.0;
        self.save(host)?;
        Ok(true)
    }

    /// Takes the losses of the batches since it did so last, and tells the host of them.
    fn hear(
        &mut self,
        epoch: usize,
        order: &[Vec<usize>],
        rate: f64,
        host: &mut dyn Host,
    ) -> Result<(), TrainError> {
        for loss in self.learner.take_losses() {
            let images = &order[self.progress.batches_done];
            let batch = self.progress.batches_done + 1;
            if !loss.is_finite() {
                // No step was taken, so these are the parameters that the loss came of; running moments of batch norms may
                // hold some forwards more.
                host.keep_diverged(&self.checkpoint().encode())?;
                let ids = self.job.images.ids();
                let images = images.iter().map(|&index| ids[index].clone()).collect();
                return Err(TrainError::Diverged { epoch, batch, loss, images });
            }
            self.progress.loss_sum += loss;
            self.progress.batches_done = batch;
            host.batch(BatchProgress {
                epoch,
                epochs: self.settings.epochs,
                batch,
                batches: order.len(),
                images: images.len(),
                loss: self.progress.loss_sum / batch as f64,
                learning_rate: rate,
            });
        }
        Ok(())
    }

    /// An error that names the selection images whose loss is no finite number, if there are any.
    fn not_finite(&self, epoch: usize, batch: usize, judged: &Evaluation) -> Option<TrainError> {
        let ids = self.job.images.ids();
        let mut images = Vec::new();
        let mut loss = judged.mean_loss();
        for (&index, &own) in self.select.iter().zip(&judged.losses) {
            if !own.is_finite() {
                images.push(ids[index].clone());
                loss = own;
            }
        }
        (!loss.is_finite()).then_some(TrainError::Diverged { epoch, batch, loss, images })
    }

    /// True if this epoch is the best so far.
    fn select(&mut self, epoch: usize, judged: &Evaluation) -> bool {
        let score = match self.settings.selection {
            Selection::LowestLoss => judged.mean_loss(),
            Selection::HighestIou => -pooled_iou(judged.total()),
            Selection::Last => -(epoch as f64),
        };
        let better = self.progress.best.is_none_or(|best| score < best.score);
        if better {
            self.progress.best = Some(Best { epoch, score });
        }
        better
    }

    fn save(&mut self, host: &mut dyn Host) -> Result<(), TrainError> {
        self.progress.seconds += self.since.elapsed().as_secs_f64();
        self.since = Instant::now();
        Ok(host.save_checkpoint(&self.checkpoint().encode())?)
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            progress: self.progress.clone(),
            weights: self.learner.state(),
            optimizer: self.learner.moments(),
        }
    }

    /// Counts the reported images under the best and the last weights.
    fn finish(self, host: &mut dyn Host) -> Result<Outcome, TrainError> {
        let place = Place { compute: self.learner.compute(), input: &self.input };
        let best = load(self.job.settings, &host.load_best()?, &place.compute.device())?;
        let count = |built: &Built| {
            let evaluation = evaluate(built, &self.batches, &self.report, Purpose::Report, &place);
            named(self.job.images, &self.report, evaluation.scores)
        };
        let (best, last) = (count(&best), count(&self.learner.built()));
        Ok(Outcome::Done(Finished {
            best_epoch: self.progress.best.map_or(self.progress.epochs_done, |best| best.epoch),
            seconds: self.progress.seconds + self.since.elapsed().as_secs_f64(),
            best,
            last,
        }))
    }
}

/// Foreground IoU, 1 where neither truth nor prediction has a lesion.
fn pooled_iou(counts: Counts) -> f64 {
    let union = counts.tp + counts.fp + counts.fn_;
    if union == 0 { 1.0 } else { counts.tp as f64 / union as f64 }
}
