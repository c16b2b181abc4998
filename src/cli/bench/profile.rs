//! What each kernel of a step takes, beside what it would take at least on this core.

use serde_json::{Value, json};

use super::command::median;
use crate::cli::table::Table;
use crate::kernel::cpu::simd::{copy_gigabytes, gigaflops};
use crate::kernel::profile::{Direction, KernelRuns};

/// Kernels shown by themselves; the others are summed.
const SHOWN: usize = 30;

/// The kernels of a step, and what this core can do.
pub(super) struct Profile {
    gigaflops: f64,
    gigabytes: f64,
    /// The median step.
    step: f64,
    lines: Vec<Line>,
}

/// A kernel's share of one step.
struct Line {
    kernel: String,
    shape: Vec<usize>,
    direction: &'static str,
    /// How often it runs.
    runs: usize,
    milliseconds: f64,
    floor: f64,
    gigaflop: f64,
    megabytes: f64,
}

impl Profile {
    /// The profile of `steps` steps, of whom the median took `step` milliseconds.
    pub(super) fn new(kernels: Vec<KernelRuns>, steps: usize, step: f64) -> Self {
        let (gigaflops, gigabytes) = (gigaflops(), copy_gigabytes());
        let mut lines: Vec<Line> = kernels
            .into_iter()
            .map(|mut kernel| {
                let runs = kernel.milliseconds.len() / steps;
                kernel.milliseconds.sort_by(f64::total_cmp);
                Line {
                    direction: match kernel.direction {
                        Direction::Forward => "forward",
                        Direction::Backward => "backward",
                    },
                    milliseconds: runs as f64 * median(&kernel.milliseconds),
                    floor: runs as f64 * kernel.floor(gigaflops, gigabytes),
                    gigaflop: runs as f64 * 2e-9 * kernel.multiply_adds as f64,
                    megabytes: runs as f64 * 1e-6 * kernel.bytes as f64,
                    kernel: kernel.kernel,
                    shape: kernel.shape,
                    runs,
                }
            })
            .collect();
        lines.sort_by(|a, b| b.milliseconds.total_cmp(&a.milliseconds));
        Self { gigaflops, gigabytes, step, lines }
    }

    fn sum(lines: &[Line], of: impl Fn(&Line) -> f64) -> f64 {
        lines.iter().map(of).sum()
    }

    /// What is left of the step: the graph, the optimizer, the batch.
    fn rest(&self) -> f64 {
        (self.step - Self::sum(&self.lines, |line| line.milliseconds)).max(0.0)
    }

    pub(super) fn json(&self) -> Value {
        let kernels: Vec<Value> = self
            .lines
            .iter()
            .map(|line| {
                json!({
                    "kernel": line.kernel,
                    "input": line.shape,
                    "direction": line.direction,
                    "runs": line.runs,
                    "ms": line.milliseconds,
                    "floor_ms": line.floor,
                    "gflop": line.gigaflop,
                    "mb": line.megabytes,
                })
            })
            .collect();
        json!({
            "gigaflops": self.gigaflops,
            "copy_gigabytes": self.gigabytes,
            "kernels": kernels,
            "kernels_ms": Self::sum(&self.lines, |line| line.milliseconds),
            "floor_ms": Self::sum(&self.lines, |line| line.floor),
            "rest_ms": self.rest(),
        })
    }

    /// The table, and the sums below it.
    pub(super) fn text(&self) -> String {
        let titles =
            ["KERNEL", "INPUT", "DIRECTION", "RUNS", "MS", "OF STEP", "GFLOP", "MB", "FLOOR MS", "REACHED"];
        let mut table = Table::new(titles);
        let (shown, others) = self.lines.split_at(self.lines.len().min(SHOWN));
        let mut row = |name: [String; 4], lines: &[Line]| {
            let [time, floor, gigaflop, megabytes] = [
                Self::sum(lines, |line| line.milliseconds),
                Self::sum(lines, |line| line.floor),
                Self::sum(lines, |line| line.gigaflop),
                Self::sum(lines, |line| line.megabytes),
            ];
            let [kernel, shape, direction, runs] = name;
            table.row([
                kernel,
                shape,
                direction,
                runs,
                format!("{time:.2}"),
                format!("{:.1} %", 100.0 * time / self.step),
                format!("{gigaflop:.3}"),
                format!("{megabytes:.1}"),
                format!("{floor:.2}"),
                format!("{:.0} %", 100.0 * floor / time),
            ]);
        };
        for line in shown {
            let name = [
                line.kernel.clone(),
                format!("{:?}", line.shape),
                line.direction.into(),
                line.runs.to_string(),
            ];
            row(name, std::slice::from_ref(line));
        }
        if !others.is_empty() {
            let runs: usize = others.iter().map(|line| line.runs).sum();
            row([format!("{} others", others.len()), String::new(), String::new(), runs.to_string()], others);
        }
        let runs: usize = self.lines.iter().map(|line| line.runs).sum();
        row(["all kernels".into(), String::new(), String::new(), runs.to_string()], &self.lines);
        format!(
            "{table}\n\nthe rest of the step (graph, optimizer, batch): {:.2} ms, {:.1} %\n\
             one core: {:.1} GFLOP/s of multiply-adds, {:.1} GB/s of copy; a kernel's floor is the longer of its \
             multiply-adds and its arrays read or written once",
            self.rest(),
            100.0 * self.rest() / self.step,
            self.gigaflops,
            self.gigabytes,
        )
    }
}
