//! What is known of an unfinished cache: a line of JSON that says what it is to become, and one for each pair in it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::pair::Checked;
use super::write::Order;
use crate::dataset::cache::Record;
use crate::dataset::digest;
use crate::dataset::entry::Pair;

/// Version of the journal's format.
const FORMAT: u32 = 1;

/// What an unfinished cache is to become. Of another order nothing is taken over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Plan {
    format: u32,
    /// The build that began it: another one may decode otherwise.
    build: String,
    dataset: String,
    preparation: String,
    background: Vec<u8>,
    lesion: Vec<u8>,
    pub pairs: usize,
    /// SHA-256 of the ids and the names of the files.
    files: String,
}

impl Plan {
    pub fn new(order: &Order<'_>, pairs: &[Pair]) -> Self {
        let names: Vec<&str> =
            pairs.iter().flat_map(|pair| [&*pair.id, pair.image.name(), pair.mask.name()]).collect();
        Self {
            format: FORMAT,
            build: format!(
                "{} {} {}",
                env!("CARGO_PKG_VERSION"),
                env!("EGE_BENCH_COMMIT"),
                env!("EGE_BENCH_DIRTY")
            ),
            dataset: order.dataset.to_owned(),
            preparation: order.preparation.name(),
            background: order.masks.background.clone(),
            lesion: order.masks.lesion.clone(),
            pairs: pairs.len(),
            files: digest::sha256(names.join("\n").as_bytes()),
        }
    }
}

/// A pair that stands in the unfinished cache.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Line {
    pub record: Record,
    pub checked: Checked,
}

/// Pairs of a journal that is of this plan, by id, and how many of its bytes are whole lines; nothing of any other, or of
/// one that can't be read.
pub(super) fn read(text: &[u8], plan: &Plan) -> (HashMap<String, Line>, usize) {
    let mut lines = text.split_inclusive(|&byte| byte == b'\n').take_while(|line| line.ends_with(b"\n"));
    let Some(first) = lines.next() else { return (HashMap::new(), 0) };
    if !serde_json::from_slice::<Plan>(first).is_ok_and(|found| found == *plan) {
        return (HashMap::new(), 0);
    }
    let (mut pairs, mut whole) = (HashMap::new(), first.len());
    for line in lines {
        let Ok(pair) = serde_json::from_slice::<Line>(line) else { break };
        pairs.insert(pair.record.id.clone(), pair);
        whole += line.len();
    }
    (pairs, whole)
}

/// How many pairs an unfinished cache is to have and has, as far as its journal tells.
pub(super) fn progress(text: &[u8]) -> Option<(usize, usize)> {
    let first = text.split_inclusive(|&byte| byte == b'\n').next()?;
    let plan: Plan = serde_json::from_slice(first).ok()?;
    let (pairs, _) = read(text, &plan);
    Some((pairs.len(), plan.pairs))
}

/// The value as a line.
pub(super) fn line(value: &impl Serialize) -> std::io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        Plan {
            format: FORMAT,
            build: "b".into(),
            dataset: "d".into(),
            preparation: "32".into(),
            background: vec![0],
            lesion: vec![255],
            pairs: 3,
            files: "f".into(),
        }
    }

    fn pair(id: &str) -> Line {
        let record = Record { id: id.into(), image_sha256: "1".into(), mask_sha256: "2".into() };
        let checked =
            Checked { image_sha256: "3".into(), mask_sha256: "4".into(), stored: (5, 6), orientation: 1 };
        Line { record, checked }
    }

    #[test]
    fn a_torn_line_and_what_follows_are_not_taken() {
        let text = [line(&plan()).unwrap(), line(&pair("a")).unwrap(), line(&pair("b")).unwrap()].concat();
        assert_eq!(read(&text, &plan()).0.len(), 2);
        for cut in 0..text.len() {
            let (pairs, whole) = read(&text[..cut], &plan());
            assert!(whole <= cut && (whole == 0 || text[whole - 1] == b'\n'));
            let lines = text[..cut].split(|&byte| byte == b'\n').count() - 1;
            assert_eq!(pairs.len(), lines.saturating_sub(1));
        }
        let torn = [&text[..text.len() - 9], b"\n", &line(&pair("c")).unwrap()].concat();
        assert_eq!(read(&torn, &plan()).0.into_keys().collect::<Vec<_>>(), ["a"]);
        assert_eq!(progress(&text), Some((2, 3)));
    }

    #[test]
    fn another_plan_takes_nothing_over() {
        let text = [line(&plan()).unwrap(), line(&pair("a")).unwrap()].concat();
        for other in [
            Plan { preparation: "32-area".into(), ..plan() },
            Plan { build: "c".into(), ..plan() },
            Plan { files: "g".into(), ..plan() },
            Plan { lesion: vec![1], ..plan() },
        ] {
            assert_eq!(read(&text, &other), (HashMap::new(), 0));
        }
    }
}
