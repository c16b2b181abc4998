//! In what two meanings differ, part by part.

use serde_json::Value;

/// A part that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Where, as a dotted path such as `settings.train.epochs`.
    pub path: String,
    /// What stood there before; null where nothing did.
    pub before: Value,
    /// What stands there after; null where nothing does.
    pub after: Value,
}

/// The innermost parts that differ: those of `before` in its order, then those that only `after` has.
pub fn differences(before: &Value, after: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    collect("", before, after, &mut found);
    found
}

fn collect(path: &str, before: &Value, after: &Value, found: &mut Vec<Difference>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (key, value) in before {
                collect(&below(key), value, after.get(key).unwrap_or(&Value::Null), found);
            }
            for (key, value) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
                collect(&below(key), &Value::Null, value, found);
            }
        }
        _ if before != after => {
            found.push(Difference { path: path.to_owned(), before: before.clone(), after: after.clone() });
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_innermost_parts_are_told_with_both_values() {
        let before = json!({"train": {"epochs": 2, "lr": 0.1}, "sides": [1, 2], "old": {"x": 1}});
        let after = json!({"train": {"epochs": 3, "lr": 0.1}, "sides": [1, 3], "new": true});
        let told: Vec<_> = differences(&before, &after)
            .into_iter()
            .map(|part| format!("{}: {} -> {}", part.path, part.before, part.after))
            .collect();
        assert_eq!(
            told,
            ["old: {\"x\":1} -> null", "sides: [1,2] -> [1,3]", "train.epochs: 2 -> 3", "new: null -> true",]
        );
        assert_eq!(differences(&after, &after), []);
    }
}
