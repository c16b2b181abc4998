//! Laying one document over another: what comes later wins, leaf by leaf.

use super::document::{Node, Table, Value};
use super::file::CHOICES;

/// Lays `layer` over `base`: tables merge, every other value replaces, and each keeps its own place.
/// A merged table keeps the base's place, where a reader looks for what it lacks.
///
/// Another choice replaces the old one with all its settings (`[schedule.constant]` over
/// `[schedule.cosine]`), and so does a step between real and generated images.
pub fn overlay(base: &mut Node, layer: &Node) {
    if let (Value::Table(base), Value::Table(layer)) = (&mut base.value, &layer.value) {
        drop_replaced_choices(base, layer);
        drop_replaced_images(base, layer);
    }
    merge(base, layer);
}

/// Merges tables and replaces every other value, without the rules for choices: what contradicts itself stays
/// and is refused later.
pub fn merge(base: &mut Node, layer: &Node) {
    match (&mut base.value, &layer.value) {
        (Value::Table(below), Value::Table(above)) => {
            for entry in &above.entries {
                match below.get_mut(&entry.key) {
                    Some(existing) => {
                        if existing.node.table().is_none() {
                            existing.key_origin = entry.key_origin.clone();
                        }
                        merge(&mut existing.node, &entry.node);
                    }
                    None => below.entries.push(entry.clone()),
                }
            }
        }
        _ => *base = layer.clone(),
    }
}

fn drop_replaced_choices(base: &mut Table, layer: &Table) {
    for choice in CHOICES {
        let Some(above) = layer.get(choice).and_then(|entry| entry.node.table()) else { continue };
        let Some(below) = base.get_mut(choice) else { continue };
        if let Value::Table(below) = &mut below.node.value
            && above.entries.iter().any(|entry| below.get(&entry.key).is_none())
        {
            below.entries.clear();
        }
    }
}

/// The dataset that is generated, and not prepared from files.
pub const SYNTHETIC: &str = "synthetic-lesions";

fn drop_replaced_images(base: &mut Table, layer: &Table) {
    #[derive(PartialEq)]
    enum Kind {
        Prepared,
        Synthetic,
        Folder,
    }
    let kind = |table: &Table| {
        if table.get("dataset").is_some() {
            return Some(Kind::Folder);
        }
        let dataset = table.get("data")?.node.table()?.get("dataset")?.node.string()?;
        Some(if dataset == SYNTHETIC { Kind::Synthetic } else { Kind::Prepared })
    };
    let (Some(before), Some(after)) = (kind(base), kind(layer)) else { return };
    if before == after {
        return;
    }
    if let Some(Value::Table(data)) = base.get_mut("data").map(|entry| &mut entry.node.value) {
        for key in ["split", "train-images", "validation-images", "resize"] {
            data.remove(key);
        }
        if after == Kind::Folder {
            data.remove("dataset");
        }
    }
    if after != Kind::Folder {
        base.remove("dataset");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::experiment::{document, source::Source};

    fn node(name: &str, text: &str) -> Node {
        document::parse(&Arc::new(Source { name: name.into(), text: text.into() })).unwrap()
    }

    /// Paths of all leaves with the text that they stand in.
    fn leaves(node: &Node, path: &str, into: &mut Vec<String>) {
        match node.table() {
            Some(table) => {
                for entry in &table.entries {
                    leaves(&entry.node, &format!("{path}.{}", entry.key), into);
                }
            }
            None => into.push(format!(
                "{}={}@{}",
                &path[1..],
                node.origin.text(),
                node.origin.source().name.display()
            )),
        }
    }

    fn check(base: &str, layer: &str, expect: &[&str]) {
        let mut merged = node("base", base);
        overlay(&mut merged, &node("layer", layer));
        let mut found = Vec::new();
        leaves(&merged, "", &mut found);
        assert_eq!(found, expect);
    }

    #[test]
    fn leaves_replace_and_keep_their_place() {
        check(
            "[train]\nepochs = 3\nseeds = [1, 2]\n",
            "[train]\nseeds = [7]\nbatch-size = 4\n",
            &["train.epochs=3@base", "train.seeds=[7]@layer", "train.batch-size=4@layer"],
        );
    }

    #[test]
    fn another_choice_drops_the_old_one() {
        check(
            "[schedule.cosine]\nt-max = 50\n",
            "[schedule.constant]\nx = 1\n",
            &["schedule.constant.x=1@layer"],
        );
        check(
            "[schedule.cosine]\nt-max = 50\n",
            "[schedule.cosine]\nx = 1\n",
            &["schedule.cosine.t-max=50@base", "schedule.cosine.x=1@layer"],
        );
    }

    #[test]
    fn generated_images_drop_what_belongs_to_real_ones() {
        check(
            "[data]\ndataset = \"isic2017\"\nsplit = \"paper\"\nsize = 64\n",
            "[data]\ndataset = \"synthetic-lesions\"\n",
            &["data.dataset=\"synthetic-lesions\"@layer", "data.size=64@base"],
        );
        check(
            "[data]\ndataset = \"isic2017\"\nsplit = \"paper\"\nsize = 64\n",
            "[dataset.folder]\npath = \"a\"\n",
            &["data.size=64@base", "dataset.folder.path=\"a\"@layer"],
        );
        check(
            "[dataset.folder]\npath = \"a\"\n",
            "[data]\ndataset = \"isic2017\"\n",
            &["data.dataset=\"isic2017\"@layer"],
        );
        check(
            "[data]\ndataset = \"isic2017\"\nsplit = \"paper\"\n",
            "[data]\ndataset = \"isic2018\"\n",
            &["data.dataset=\"isic2018\"@layer", "data.split=\"paper\"@base"],
        );
    }
}
