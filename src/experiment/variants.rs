//! The variants of an experiment before they are checked: the base with what each of them changes.

use super::diagnostic::Diagnostic;
use super::document::{Entry, Node, Table, Value};
use super::file::{RawGrid, RawVariant, SECTIONS};
use super::grid;
use super::merge;
use super::problems::Problems;
use super::read::read;
use super::source::Origin;

/// A variant: a complete set of sections, not yet checked.
#[derive(Debug)]
pub struct Draft {
    /// The variant's name; empty where it goes by the name of its model.
    pub name: String,
    /// Where the variant gets its name.
    pub origin: Origin,
    /// The sections, merged from the base, the variant's changes and `--set`.
    pub sections: Node,
    /// True for a point of a grid.
    pub from_grid: bool,
}

/// The variants of `experiment` in the order of the file: every `[[variant]]`, then every point of every
/// `[[grid]]`; without either, the base alone.
pub fn drafts(experiment: &Node, sets: &[Node], problems: &Problems) -> Vec<Draft> {
    let base = sections_of(experiment);
    let variants = tables(experiment, "variant", problems);
    let grids = tables(experiment, "grid", problems);
    if experiment.find("variant").is_none() && experiment.find("grid").is_none() {
        let origin = experiment.origin.clone();
        return vec![Draft { name: String::new(), origin, sections: base, from_grid: false }];
    }
    let changed = |layer: &Node| {
        let mut sections = base.clone();
        merge::overlay(&mut sections, &sections_of(layer));
        for set in sets {
            merge::overlay(&mut sections, &sections_of(set));
        }
        sections
    };
    let mut drafts = Vec::new();
    for node in variants {
        let Some(raw) = read::<RawVariant>(node, "variant", problems) else { continue };
        let origin = node.find("name").map_or(&node.origin, |name| &name.origin).clone();
        drafts.push(Draft { name: raw.name, origin, sections: changed(node), from_grid: false });
    }
    for node in grids {
        let Some(raw) = read::<RawGrid>(node, "grid", problems) else { continue };
        let origin = node.find("name").map_or(&node.origin, |name| &name.origin).clone();
        for point in grid::points(&sections_of(node), problems) {
            let sections = changed(&point.layer);
            let base_name = raw.name.clone().unwrap_or_else(|| model_name(&sections));
            let name = [base_name, point.label].join(" ").trim().to_owned();
            drafts.push(Draft { name, origin: origin.clone(), sections, from_grid: true });
        }
    }
    drafts
}

/// The elements of an array of tables; what isn't one is a problem.
fn tables<'a>(experiment: &'a Node, key: &str, problems: &Problems) -> Vec<&'a Node> {
    let Some(node) = experiment.find(key) else { return Vec::new() };
    let items = node.array().unwrap_or_default();
    if items.is_empty() || items.iter().any(|item| item.table().is_none()) {
        let message = format!("`{key}` must be a list of tables");
        let found = match (node.array(), node.table()) {
            (Some([]), _) => "found none",
            (Some(_), _) => "found other values",
            (None, Some(_)) => "found one table",
            (None, None) => "found one value",
        };
        problems.push(
            Diagnostic::new(message)
                .at(node.origin.clone())
                .label(found)
                .hint(format!("write [[{key}]] with two brackets")),
        );
        return Vec::new();
    }
    items.iter().collect()
}

/// A copy of `node` with nothing but the tables that hold settings.
fn sections_of(node: &Node) -> Node {
    let entries: Vec<Entry> = node
        .table()
        .map(|table| table.entries.as_slice())
        .unwrap_or_default()
        .iter()
        .filter(|entry| SECTIONS.contains(&entry.key.as_str()))
        .cloned()
        .collect();
    Node { origin: node.origin.clone(), value: Value::Table(Table { entries }) }
}

/// The chosen model's name as typed; empty where none is chosen.
fn model_name(sections: &Node) -> String {
    let first = sections.find("model").and_then(Node::table).and_then(|model| model.entries.first());
    first.map(|entry| entry.key.clone()).unwrap_or_default()
}
