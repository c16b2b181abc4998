//! Whether a training is the one that a claim is about.

use serde_json::Value;

use crate::experiment::protocol;
use crate::experiment::settings::{Protocol, TrainSettings};

/// In what a training departs from a preset, such as `batch-size 16 instead of 8`; empty where it doesn't.
///
/// The number of epochs is left out: a claim names its own. What the paper's text and its released code do differently
/// ([`Protocol::AsWritten`] and [`Protocol::AsReleased`]) is no departure: nobody knows from which the numbers come.
pub fn departures(train: &TrainSettings, claimed: Protocol) -> Vec<String> {
    let as_value = |settings: &TrainSettings| serde_json::to_value(settings).unwrap_or_default();
    let allowed: Vec<Value> = [claimed, Protocol::AsReleased, Protocol::AsWritten]
        .map(|protocol| as_value(&protocol::train(protocol)))
        .to_vec();
    let mut found = Vec::new();
    compare(&as_value(train), &allowed, &mut Vec::new(), &mut found);
    found
}

/// Descends into tables and tells every value that none of `allowed` has there.
fn compare(value: &Value, allowed: &[Value], path: &mut Vec<String>, found: &mut Vec<String>) {
    if let Value::Object(table) = value
        && allowed.iter().all(|other| table.keys().all(|key| other.get(key).is_some()))
    {
        for (key, value) in table {
            if path.is_empty() && matches!(key.as_str(), "protocol" | "epochs") {
                continue;
            }
            let below: Vec<Value> = allowed.iter().map(|other| other[key].clone()).collect();
            path.push(key.clone());
            compare(value, &below, path, found);
            path.pop();
        }
    } else if !allowed.contains(value) {
        found.push(format!("{} {} instead of {}", path.join("."), plain(value), plain(&allowed[0])));
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::settings::{OptimizerSettings, ScheduleSettings};

    #[test]
    fn departures_are_named_and_both_presets_are_none() {
        let told = |change: &dyn Fn(&mut TrainSettings)| {
            let mut train = protocol::train(Protocol::AsReleased);
            change(&mut train);
            departures(&train, Protocol::AsReleased)
        };
        assert_eq!(told(&|train| train.epochs = 3), Vec::<String>::new());
        assert_eq!(told(&|train| *train = protocol::train(Protocol::AsWritten)), Vec::<String>::new());
        assert_eq!(told(&|train| train.batch_size = 16), ["batch-size 16 instead of 8"]);
        let faster = |train: &mut TrainSettings| {
            let OptimizerSettings::Adamw(adamw) = &mut train.optimizer;
            adamw.learning_rate = 0.01;
            train.loss.side_weights = [0.0; 5];
        };
        assert_eq!(
            told(&faster),
            [
                "loss.side-weights [0.0,0.0,0.0,0.0,0.0] instead of [0.5,0.4,0.3,0.2,0.1]",
                "optimizer.adamw.learning-rate 0.01 instead of 0.001"
            ]
        );
        let constant = told(&|train| train.schedule = ScheduleSettings::Constant);
        assert_eq!(constant.len(), 1, "{constant:?}");
        assert!(constant[0].starts_with("schedule constant instead of "), "{constant:?}");
    }
}
