//! How far all runs of an experiment are, looked at as often as wanted.

use serde_json::{Value, json};

use super::standing::{Standing, TITLES};
use crate::cli::failure::Failure;
use crate::cli::sweep::{Counts, Estimate, Stand, Sweep};
use crate::cli::table::Table;
use crate::executor::{PlanItem, Trainer};
use crate::store::Results;

/// How far all runs of an experiment are.
pub(super) struct Survey<'a> {
    name: &'a str,
    results: &'a Results,
    trainer: &'a dyn Trainer,
    runs: Vec<Standing>,
    /// Made when the time left is first asked for: it may have to count what networks cost.
    sweep: Sweep,
    weighed: bool,
}

impl<'a> Survey<'a> {
    /// A survey of planned runs; nothing is seen before the first look.
    pub(super) fn new(
        name: &'a str,
        items: Vec<PlanItem>,
        results: &'a Results,
        trainer: &'a dyn Trainer,
    ) -> Self {
        let sweep = Sweep::of(&items, |_, _| 0);
        let runs = items.into_iter().map(Standing::new).collect();
        Self { name, results, trainer, runs, sweep, weighed: false }
    }

    /// Looks at every run again and returns the positions of those that changed.
    ///
    /// # Errors
    /// When a run's folder can't be read.
    pub(super) fn look(&mut self) -> Result<Vec<usize>, Failure> {
        let mut changed = Vec::new();
        for (position, standing) in self.runs.iter_mut().enumerate() {
            if standing.look(self.results)? {
                changed.push(position);
            }
        }
        self.weigh();
        for (run, standing) in self.sweep.runs.iter_mut().zip(&self.runs) {
            run.stand = Stand::of(&standing.item().reason);
            run.epochs_done = standing.epochs_done() as f64;
            run.seconds_an_epoch = standing.seconds_an_epoch();
        }
        Ok(changed)
    }

    /// Counts the networks' work once it serves to foretell something: while somebody works.
    fn weigh(&mut self) {
        let works = |standing: &Standing| Stand::of(&standing.item().reason) == Stand::Running;
        if !self.weighed && self.runs.iter().any(works) {
            let items = self.runs.iter().map(Standing::item);
            self.sweep = Sweep::of(items, |model, size| self.trainer.cost(model, size).conv_macs);
            self.weighed = true;
        }
    }

    /// The runs, in the plan's order.
    pub(super) fn runs(&self) -> &[Standing] {
        &self.runs
    }

    /// How many runs stand where.
    pub(super) fn counts(&self) -> Counts {
        self.sweep.counts()
    }

    /// True once every run is complete or has failed, which none is tried again by itself.
    pub(super) fn is_done(&self) -> bool {
        let counts = self.counts();
        counts.done + counts.failed == counts.runs
    }

    /// When all runs will be complete if as many as now are worked on at once; unknown where none is.
    fn left(&self) -> Option<Estimate> {
        self.sweep.left(self.counts().running)
    }

    /// All runs in a line.
    pub(super) fn line(&self) -> String {
        self.sweep.line(self.counts().running)
    }

    /// All runs as a table.
    pub(super) fn table(&self) -> Table {
        let mut table = Table::new(TITLES);
        for standing in &self.runs {
            table.row(standing.row());
        }
        table
    }

    /// All runs for machines.
    pub(super) fn json(&self) -> Value {
        self.json_of(&self.runs.iter().collect::<Vec<_>>())
    }

    /// The experiment and some of its runs for machines.
    pub(super) fn json_of(&self, runs: &[&Standing]) -> Value {
        let Counts { runs: all, done, failed, running, waiting } = self.counts();
        let left = self.left();
        json!({
            "experiment": self.name,
            "sweep": {
                "runs": all,
                "done": done,
                "failed": failed,
                "running": running,
                "waiting": waiting,
                "seconds_left": left.map(|left| left.seconds),
                "rough": left.is_some_and(|left| left.rough),
            },
            "runs": runs.iter().map(|standing| standing.json()).collect::<Vec<_>>(),
        })
    }

    /// The experiment's name.
    pub(super) fn name(&self) -> &str {
        self.name
    }
}
