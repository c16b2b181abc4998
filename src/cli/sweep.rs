//! How far all runs of an experiment are together, and when the last of them will be complete.
//!
//! What a run still takes is its epochs left times the seconds of its epochs: as measured in the run itself, else
//! in runs of the same network on the same images, else (roughly) as the convolutions' multiply-accumulates of an
//! epoch relate to those of networks that were measured. The runs that wait are then dealt, in their order, to
//! whichever job is free first.

use super::duration::human;
use crate::executor::{PlanItem, Reason};
use crate::experiment::settings::{DataSettings, ModelSettings};

/// What a forward pass takes of a training step: the backward pass takes about twice as much.
const FORWARD: f64 = 1.0 / 3.0;

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// Nobody works on it.
    Waiting,
    /// Somebody works on it.
    Running,
    /// It is complete.
    Done,
    /// It failed, and nobody works on it.
    Failed,
}

impl Stand {
    /// Where a planned run stands.
    pub(super) fn of(reason: &Reason) -> Self {
        match reason {
            Reason::Done => Self::Done,
            Reason::Busy => Self::Running,
            Reason::Failed { .. } => Self::Failed,
            _ => Self::Waiting,
        }
    }
}

/// One run of a sweep.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    kind: usize,
    epochs: usize,
    /// Where it stands.
    pub stand: Stand,
    /// Epochs that are done, with the finished part of the one under way.
    pub epochs_done: f64,
    /// Seconds of its epochs, where they were measured.
    pub seconds_an_epoch: Option<f64>,
}

/// Runs whose epochs take the same time.
#[derive(Clone, Debug)]
struct Kind {
    network: Option<(ModelSettings, DataSettings, usize)>,
    /// Multiply-accumulates of an epoch; 0 where unknown.
    work: f64,
}

/// How many runs stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub runs: usize,
    pub done: usize,
    pub failed: usize,
    pub running: usize,
    pub waiting: usize,
}

/// When the last run will be complete.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Estimate {
    /// Seconds from now.
    pub seconds: f64,
    /// True if the pace of some runs is only known from that of other networks.
    pub rough: bool,
}

/// All runs of an experiment, or those of them that are to be made.
#[derive(Clone, Debug, Default)]
pub(super) struct Sweep {
    kinds: Vec<Kind>,
    /// The runs, in the order in which they were added.
    pub runs: Vec<Run>,
}

impl Sweep {
    /// The sweep of these runs; `macs` tells the multiply-accumulates of a network for one image of a size in
    /// pixels. It is asked once for each network, and only where there are several: counting takes a moment.
    pub(super) fn of<'a>(
        items: impl IntoIterator<Item = &'a PlanItem>,
        macs: impl Fn(&ModelSettings, usize) -> u64,
    ) -> Self {
        let mut sweep = Self::default();
        let mut images = Vec::new();
        for item in items {
            sweep.add(item);
            let split = &item.data.split;
            if sweep.kinds.len() > images.len() {
                images.push(split.train.len() as f64 + FORWARD * split.select.len() as f64);
            }
        }
        if sweep.kinds.len() > 1 {
            let mut known: Vec<(ModelSettings, usize, u64)> = Vec::new();
            for (kind, images) in sweep.kinds.iter_mut().zip(images) {
                let Some((model, data, _)) = &kind.network else { continue };
                let counted = known.iter().find(|(other, size, _)| other == model && *size == data.size);
                let macs = counted.map_or_else(|| macs(model, data.size), |(.., macs)| *macs);
                known.push((model.clone(), data.size, macs));
                kind.work = macs as f64 * images;
            }
        }
        sweep
    }

    /// Adds a run that wasn't expected and returns its position.
    pub(super) fn add(&mut self, item: &PlanItem) -> usize {
        let settings = &item.run.settings;
        let network = (settings.model.clone(), settings.data.clone(), settings.train.batch_size);
        let known = self.kinds.iter().position(|kind| kind.network.as_ref() == Some(&network));
        let kind = known.unwrap_or_else(|| {
            self.kinds.push(Kind { network: Some(network), work: 0.0 });
            self.kinds.len() - 1
        });
        let epochs_done = match item.reason {
            Reason::Interrupted { epochs_done } => epochs_done as f64,
            _ => 0.0,
        };
        self.runs.push(Run {
            kind,
            epochs: settings.train.epochs,
            stand: Stand::of(&item.reason),
            epochs_done,
            seconds_an_epoch: None,
        });
        self.runs.len() - 1
    }

    /// How many runs stand where.
    pub(super) fn counts(&self) -> Counts {
        let count = |stand: Stand| self.runs.iter().filter(|run| run.stand == stand).count();
        Counts {
            runs: self.runs.len(),
            done: count(Stand::Done),
            failed: count(Stand::Failed),
            running: count(Stand::Running),
            waiting: count(Stand::Waiting),
        }
    }

    /// When `jobs` at once will have completed all that waits or runs; unknown before anything was measured, and
    /// where nobody works.
    pub(super) fn left(&self, jobs: usize) -> Option<Estimate> {
        if jobs == 0 {
            return None;
        }
        let paces = self.paces()?;
        let mut rough = false;
        let mut seconds = |stand: Stand| -> Vec<f64> {
            let of_stand = self.runs.iter().filter(|run| run.stand == stand);
            let left = of_stand.map(|run| {
                let left = (run.epochs as f64 - run.epochs_done).max(0.0);
                let (pace, measured) = paces[run.kind];
                rough |= run.seconds_an_epoch.is_none() && !measured && left > 0.0;
                left * run.seconds_an_epoch.unwrap_or(pace)
            });
            left.collect()
        };
        let (running, waiting) = (seconds(Stand::Running), seconds(Stand::Waiting));
        Some(Estimate { seconds: last_end(running, &waiting, jobs), rough })
    }

    /// Seconds of an epoch of each kind, and whether they were measured; unknown where nothing was.
    fn paces(&self) -> Option<Vec<(f64, bool)>> {
        let mut measured = vec![(0.0, 0_u32); self.kinds.len()];
        for run in &self.runs {
            if let Some(seconds) = run.seconds_an_epoch {
                let (sum, count) = &mut measured[run.kind];
                *sum += seconds;
                *count += 1;
            }
        }
        let mean = |(sum, count): (f64, u32)| (count > 0).then(|| sum / f64::from(count));
        let means: Vec<Option<f64>> = measured.into_iter().map(mean).collect();
        let known: Vec<(f64, f64)> =
            means.iter().zip(&self.kinds).filter_map(|(mean, kind)| Some(((*mean)?, kind.work))).collect();
        if known.is_empty() {
            return None;
        }
        let seconds: f64 = known.iter().map(|(seconds, _)| seconds).sum();
        let work: f64 = known.iter().map(|(_, work)| work).sum();
        let average = seconds / known.len() as f64;
        let related = |kind: &Kind| {
            if kind.work > 0.0 && work > 0.0 { seconds / work * kind.work } else { average }
        };
        let pace =
            |(mean, kind): (Option<f64>, &Kind)| mean.map_or_else(|| (related(kind), false), |s| (s, true));
        Some(means.into_iter().zip(&self.kinds).map(pace).collect())
    }

    /// Where all runs stand, in one line: `3 of 25 runs done, 1 failed, 2 running, 19 waiting; 2 d 03 h left`;
    /// without a time where there are no jobs.
    pub(super) fn line(&self, jobs: usize) -> String {
        let counts = self.counts();
        let plural = if counts.runs == 1 { "run" } else { "runs" };
        let mut parts = vec![format!("{} of {} {plural} done", counts.done, counts.runs)];
        let others = [(counts.failed, "failed"), (counts.running, "running"), (counts.waiting, "waiting")];
        let others = others.into_iter().filter(|(count, _)| *count > 0);
        parts.extend(others.map(|(count, word)| format!("{count} {word}")));
        let line = parts.join(", ");
        if jobs > 0 && counts.running + counts.waiting > 0 {
            format!("{line}; {} left", said(self.left(jobs)))
        } else {
            line
        }
    }
}

/// `2 h 07 min`, `roughly 2 h 07 min`, or `?`.
pub(super) fn said(estimate: Option<Estimate>) -> String {
    match estimate {
        None => "?".to_owned(),
        Some(Estimate { seconds, rough }) => {
            format!("{}{}", if rough { "roughly " } else { "" }, human(seconds))
        }
    }
}

/// When the last job ends, where each of `running` has a job and `waiting` get the first that is free.
fn last_end(running: Vec<f64>, waiting: &[f64], jobs: usize) -> f64 {
    let mut ends = running;
    ends.resize(ends.len().max(jobs), 0.0);
    for seconds in waiting {
        if let Some(first) = ends.iter_mut().min_by(|a, b| a.total_cmp(b)) {
            *first += seconds;
        }
    }
    ends.into_iter().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sweep(works: &[f64], runs: &[(usize, Stand, f64, Option<f64>)]) -> Sweep {
        let run = |&(kind, stand, epochs_done, seconds_an_epoch): &(usize, Stand, f64, Option<f64>)| Run {
            kind,
            epochs: 10,
            stand,
            epochs_done,
            seconds_an_epoch,
        };
        Sweep {
            kinds: works.iter().map(|&work| Kind { network: None, work }).collect(),
            runs: runs.iter().map(run).collect(),
        }
    }

    #[test]
    fn the_last_job_ends_the_sweep() {
        for (running, waiting, jobs, expect) in [
            (&[][..], &[][..], 1, 0.0),
            (&[5.0], &[], 1, 5.0),
            (&[5.0], &[1.0, 2.0], 1, 8.0),
            // The second job takes both that wait.
            (&[5.0], &[1.0, 2.0], 2, 5.0),
            (&[5.0, 1.0], &[10.0, 1.0], 2, 11.0),
            (&[], &[3.0; 5], 2, 9.0),
            // More at work than jobs are told of: another process has the rest.
            (&[4.0, 6.0], &[1.0], 1, 6.0),
        ] {
            let end = last_end(running.to_vec(), waiting, jobs);
            assert!((end - expect).abs() < 1e-9, "{running:?} {waiting:?} {jobs}: {end}");
        }
    }

    #[test]
    fn the_time_left_comes_from_the_run_its_kind_or_its_work() {
        use Stand::{Done, Failed, Running, Waiting};
        let check = |sweep: &Sweep, jobs: usize, expect: Option<(f64, bool)>| {
            let left = sweep.left(jobs).map(|estimate| (estimate.seconds, estimate.rough));
            assert_eq!(left, expect, "{sweep:?}");
        };
        // Nothing was measured.
        check(&sweep(&[1.0], &[(0, Running, 0.5, None), (0, Waiting, 0.0, None)]), 1, None);
        // Half of the running run's ten epochs are left, and all of the waiting one's.
        let same = [(0, Running, 5.0, Some(2.0)), (0, Waiting, 0.0, None)];
        check(&sweep(&[1.0], &same), 1, Some((30.0, false)));
        check(&sweep(&[1.0], &same), 2, Some((20.0, false)));
        // What goes on from a checkpoint counts what is left.
        let resumed = [(0, Running, 5.0, Some(2.0)), (0, Waiting, 9.0, None)];
        check(&sweep(&[1.0], &resumed), 1, Some((12.0, false)));
        // Another network, with a hundred times the work.
        let other = [(0, Running, 5.0, Some(2.0)), (1, Waiting, 0.0, None)];
        check(&sweep(&[1.0, 100.0], &other), 1, Some((2010.0, true)));
        // Nobody counted the work: as if it were the same.
        check(&sweep(&[0.0, 0.0], &other), 1, Some((30.0, true)));
        // The mean of its kind, and only of its kind.
        let kinds = [
            (0, Done, 10.0, Some(1.0)),
            (0, Failed, 4.0, Some(3.0)),
            (1, Done, 10.0, Some(50.0)),
            (0, Waiting, 0.0, None),
        ];
        check(&sweep(&[1.0, 1.0], &kinds), 1, Some((20.0, false)));
        // Nothing is left.
        check(&sweep(&[1.0], &[(0, Done, 10.0, Some(1.0))]), 1, Some((0.0, false)));
    }

    #[test]
    fn a_sweep_is_told_in_a_line() {
        use Stand::{Done, Failed, Running, Waiting};
        let runs = [(0, Done, 10.0, Some(6.0)), (0, Running, 5.0, None), (0, Waiting, 0.0, None)];
        assert_eq!(sweep(&[1.0], &runs).line(1), "1 of 3 runs done, 1 running, 1 waiting; 1 min 30 s left");
        assert_eq!(sweep(&[1.0], &runs[1..]).line(1), "0 of 2 runs done, 1 running, 1 waiting; ? left");
        let ended = [(0, Done, 10.0, Some(6.0)), (0, Failed, 5.0, None)];
        assert_eq!(sweep(&[1.0], &ended).line(1), "1 of 2 runs done, 1 failed");
        assert_eq!(sweep(&[1.0], &runs[2..]).line(0), "0 of 1 run done, 1 waiting");
    }
}
