//! Grids: every combination of some settings' alternatives.

use super::diagnostic::Diagnostic;
use super::document::{Entry, Node, Table, Value};
use super::merge;
use super::problems::Problems;

/// Points of one grid beyond which it is taken for a mistake.
const MOST_POINTS: usize = 1000;

/// One combination.
#[derive(Debug)]
pub struct Point {
    /// What the combination changes, such as `dilations=[1,1,1,1] tensor-init=random`.
    pub label: String,
    /// The combination as a layer over the base.
    pub layer: Node,
}

struct Axis<'a> {
    /// Keys from the top down to the setting.
    path: Vec<&'a Entry>,
    alternatives: &'a [Node],
}

/// All combinations of the alternatives in `grid`; the last setting varies fastest.
pub fn points(grid: &Node, problems: &Problems) -> Vec<Point> {
    let before = problems.count();
    let mut axes = Vec::new();
    if let Some(table) = grid.table() {
        collect_axes(table, &mut Vec::new(), &mut axes, problems);
    }
    if problems.count() > before {
        return Vec::new();
    }
    let refuse = |message: String| {
        problems.push(Diagnostic::new(message).at(grid.origin.clone()).hint(
            "give a setting an array of alternatives, such as model.ege-unet.tensor-init = [\"ones\", \"random\"]",
        ));
        Vec::new()
    };
    if axes.is_empty() {
        return refuse("[[grid]] varies nothing".to_owned());
    }
    let total = axes.iter().try_fold(1_usize, |total, axis| total.checked_mul(axis.alternatives.len()));
    match total {
        Some(total) if total <= MOST_POINTS => (0..total).map(|number| point(grid, &axes, number)).collect(),
        _ => refuse(format!("[[grid]] has more than {MOST_POINTS} combinations")),
    }
}

fn collect_axes<'a>(
    table: &'a Table,
    path: &mut Vec<&'a Entry>,
    axes: &mut Vec<Axis<'a>>,
    problems: &Problems,
) {
    for entry in &table.entries {
        path.push(entry);
        match &entry.node.value {
            Value::Table(inner) => collect_axes(inner, path, axes, problems),
            Value::Array(alternatives) if !alternatives.is_empty() => {
                axes.push(Axis { path: path.clone(), alternatives });
            }
            _ => {
                let name = dotted(path);
                let written = entry.node.origin.text();
                let hint = match entry.node.array() {
                    Some(_) => "name at least one alternative, or remove the key".to_owned(),
                    None => format!("for one alternative write {} = [{written}]", entry.key),
                };
                problems.push(
                    Diagnostic::new(format!("`{name}` in a [[grid]] must be an array of alternatives"))
                        .at(entry.node.origin.clone())
                        .hint(hint),
                );
            }
        }
        path.pop();
    }
}

fn point(grid: &Node, axes: &[Axis<'_>], number: usize) -> Point {
    let empty = || Node { origin: grid.origin.clone(), value: Value::Table(Table::default()) };
    let mut chosen = Vec::new();
    let mut rest = number;
    for axis in axes.iter().rev() {
        chosen.push((axis, &axis.alternatives[rest % axis.alternatives.len()]));
        rest /= axis.alternatives.len();
    }
    chosen.reverse();
    let mut layer = empty();
    let mut label = Vec::new();
    for (axis, alternative) in chosen {
        let mut node = alternative.clone();
        for entry in axis.path.iter().rev() {
            let origin = entry.node.origin.clone();
            let entry = Entry { key: entry.key.clone(), key_origin: entry.key_origin.clone(), node };
            node = Node { origin, value: Value::Table(Table { entries: vec![entry] }) };
        }
        merge::merge(&mut layer, &node);
        if axis.alternatives.len() > 1 {
            label.push(format!("{}={}", axis_name(axis, axes), compact(alternative)));
        }
    }
    Point { label: label.join(" "), layer }
}

fn dotted(path: &[&Entry]) -> String {
    path.iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>().join(".")
}

/// The setting's key alone where no other axis has the same.
fn axis_name(axis: &Axis<'_>, axes: &[Axis<'_>]) -> String {
    let last = |axis: &Axis<'_>| axis.path.last().map(|entry| entry.key.clone()).unwrap_or_default();
    let key = last(axis);
    if axes.iter().filter(|other| last(other) == key).count() > 1 { dotted(&axis.path) } else { key }
}

/// A value without spaces and quotes, numbers as they are typed.
fn compact(node: &Node) -> String {
    match &node.value {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(compact).collect::<Vec<_>>().join(",")),
        Value::Table(table) => table.entries.iter().map(compact_entry).collect::<Vec<_>>().join(","),
        _ => node.origin.text().to_owned(),
    }
}

fn compact_entry(entry: &Entry) -> String {
    match entry.node.table() {
        Some(inner) if inner.entries.is_empty() => entry.key.clone(),
        Some(_) => format!("{}({})", entry.key, compact(&entry.node)),
        None => format!("{}={}", entry.key, compact(&entry.node)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::experiment::{document, source::Source};

    fn labels(text: &str) -> Result<Vec<String>, Vec<String>> {
        let grid = document::parse(&Arc::new(Source { name: "grid".into(), text: text.into() })).unwrap();
        let problems = Problems::default();
        let labels = points(&grid, &problems).into_iter().map(|point| point.label).collect();
        problems.finish(Some(labels)).map_err(|error| error.messages())
    }

    #[test]
    fn every_combination_is_named_by_what_changes() {
        let check = |text: &str, expect: &[&str]| assert_eq!(labels(text).unwrap(), expect, "{text}");
        check(
            "model.a.groups = [1, 2]\ntrain.last-batch = [\"keep\", \"drop\"]\n",
            &[
                "groups=1 last-batch=keep",
                "groups=1 last-batch=drop",
                "groups=2 last-batch=keep",
                "groups=2 last-batch=drop",
            ],
        );
        check("model.a.widths = [[1, 1], [2,\n 2]]", &["widths=[1,1]", "widths=[2,2]"]);
        check("train.epochs = [3]\ntrain.batch-size = [4, 8]", &["batch-size=4", "batch-size=8"]);
        check("a.x = [1, 2]\nb.x = [3]", &["a.x=1", "a.x=2"]);
        check("optimizer.adamw.learning-rate = [1e-3, 0.01]", &["learning-rate=1e-3", "learning-rate=0.01"]);
        check(
            "schedule = [{ constant = {} }, { cosine = { t-max = 5 } }]",
            &["schedule=constant", "schedule=cosine(t-max=5)"],
        );
    }

    #[test]
    fn a_grid_that_is_none_is_refused() {
        let check = |text: &str, expect: &str| assert_eq!(labels(text).unwrap_err(), [expect], "{text}");
        check("", "[[grid]] varies nothing");
        check("train.epochs = 3", "`train.epochs` in a [[grid]] must be an array of alternatives");
        check("train.epochs = []", "`train.epochs` in a [[grid]] must be an array of alternatives");
        let axis = |key: char| format!("a.{key} = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]\n");
        check(&['a', 'b', 'c'].map(axis).concat(), "[[grid]] has more than 1000 combinations");
    }
}
