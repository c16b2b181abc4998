//! Two files of weights, tensor by tensor.

use super::bits::ulps_f32;
use super::comparison::Part;
use crate::model::StateDict;
use crate::model::weights::from_safetensors;

/// How two files of weights differ.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightsDifference {
    /// The first tensor by name in which they differ; none where only other bytes of the files do.
    pub first: Option<TensorDifference>,
    /// Tensors that differ.
    pub tensors: Share,
    /// Values that differ, of the tensors that both have.
    pub values: Share,
    /// Floats between the two values that are furthest apart.
    pub largest_ulps: u64,
    /// The largest difference of two values.
    pub largest: f64,
    /// The first byte of the files that differs, from 0.
    pub byte: usize,
}

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Those that differ.
    pub differing: usize,
    /// All.
    pub all: usize,
}

/// How a tensor differs.
#[derive(Clone, Debug, PartialEq)]
pub enum TensorDifference {
    /// Only one of the files has it.
    Missing {
        /// Its name.
        name: String,
        /// True where the stored run has it.
        stored: bool,
    },
    /// It has another shape.
    Shape {
        /// Its name.
        name: String,
        /// Its shape in the stored run.
        stored: Vec<usize>,
        /// Its shape in the repeat.
        repeated: Vec<usize>,
    },
    /// Some of its values differ.
    Values {
        /// Its name.
        name: String,
        /// How many.
        values: Share,
        /// Position of the first one, row by row.
        at: usize,
        /// It in the stored run.
        stored: f32,
        /// It in the repeat.
        repeated: f32,
        /// Floats between the two values that are furthest apart.
        largest_ulps: u64,
        /// The largest difference of two values.
        largest: f64,
    },
}

/// Compares two safetensors files by their values, and files that hold something else as bytes.
pub fn compare_weights(stored: &[u8], repeated: &[u8]) -> Part<WeightsDifference> {
    let read = |bytes| from_safetensors(bytes).map_or_else(|_| StateDict::default(), |(state, _)| state);
    let (stored_state, repeated_state) = (read(stored), read(repeated));
    if stored == repeated {
        return Part::Same(stored_state.0.values().map(|tensor| tensor.values.len()).sum());
    }
    let byte = stored.iter().zip(repeated).take_while(|(left, right)| left == right).count();
    let mut difference = WeightsDifference {
        first: None,
        tensors: Share::default(),
        values: Share::default(),
        largest_ulps: 0,
        largest: 0.0,
        byte,
    };
    let mut names: Vec<&String> = stored_state.0.keys().chain(repeated_state.0.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        difference.tensors.all += 1;
        let found = tensor(name, &stored_state, &repeated_state, &mut difference);
        difference.tensors.differing += usize::from(found.is_some());
        difference.first = difference.first.take().or(found);
    }
    Part::Different(difference)
}

/// How the tensor differs, if it does; its values are added to those of all.
fn tensor(
    name: &str,
    stored: &StateDict,
    repeated: &StateDict,
    all: &mut WeightsDifference,
) -> Option<TensorDifference> {
    let name = name.to_owned();
    let (left, right) = match (stored.0.get(&name), repeated.0.get(&name)) {
        (Some(left), Some(right)) => (left, right),
        (left, _) => return Some(TensorDifference::Missing { name, stored: left.is_some() }),
    };
    if left.shape != right.shape {
        let (stored, repeated) = (left.shape.clone(), right.shape.clone());
        return Some(TensorDifference::Shape { name, stored, repeated });
    }
    let mut own = Share { differing: 0, all: left.values.len() };
    let (mut first, mut largest_ulps, mut largest) = (None, 0, 0.0_f64);
    for (at, (&stored, &repeated)) in left.values.iter().zip(&right.values).enumerate() {
        if stored.to_bits() != repeated.to_bits() {
            own.differing += 1;
            first = first.or(Some((at, stored, repeated)));
            largest_ulps = largest_ulps.max(ulps_f32(stored, repeated));
            largest = largest.max((f64::from(stored) - f64::from(repeated)).abs());
        }
    }
    all.values.differing += own.differing;
    all.values.all += own.all;
    all.largest_ulps = all.largest_ulps.max(largest_ulps);
    all.largest = all.largest.max(largest);
    let (at, stored, repeated) = first?;
    Some(TensorDifference::Values { name, values: own, at, stored, repeated, largest_ulps, largest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NamedTensor;
    use crate::model::weights::to_safetensors;

    fn file(tensors: &[(&str, &[usize], &[f32])]) -> Vec<u8> {
        let tensor = |(name, shape, values): &(&str, &[usize], &[f32])| {
            ((*name).to_owned(), NamedTensor { shape: shape.to_vec(), values: values.to_vec() })
        };
        to_safetensors(&StateDict(tensors.iter().map(tensor).collect()), None)
    }

    fn different(stored: &[u8], repeated: &[u8]) -> WeightsDifference {
        match compare_weights(stored, repeated) {
            Part::Different(difference) => difference,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_first_tensor_that_differs_is_named() {
        let stored = file(&[("a", &[2], &[1.0, 2.0]), ("b", &[3], &[0.0, 1.0, -4.0]), ("c", &[1], &[5.0])]);
        assert_eq!(compare_weights(&stored, &stored), Part::Same(6));
        let up = 1.0_f32.next_up();
        let other = file(&[("a", &[2], &[1.0, 2.0]), ("b", &[3], &[-0.0, up, -4.0]), ("c", &[1], &[5.5])]);
        let difference = different(&stored, &other);
        let first = TensorDifference::Values {
            name: "b".into(),
            values: Share { differing: 2, all: 3 },
            at: 0,
            stored: 0.0,
            repeated: -0.0,
            largest_ulps: 1,
            largest: f64::from(up) - 1.0,
        };
        assert_eq!(difference.first, Some(first));
        assert_eq!(difference.tensors, Share { differing: 2, all: 3 });
        assert_eq!(difference.values, Share { differing: 3, all: 6 });
        assert_eq!((difference.largest, difference.largest_ulps), (0.5, 1 << 20));
    }

    #[test]
    fn missing_and_misshapen_tensors_are_told() {
        let stored = file(&[("a", &[2], &[1.0, 2.0])]);
        let first = |other: &[u8]| different(&stored, other).first;
        let missing = |name: &str, stored| Some(TensorDifference::Missing { name: name.into(), stored });
        assert_eq!(first(&file(&[])), missing("a", true));
        assert_eq!(first(&file(&[("a", &[2], &[1.0, 2.0]), ("b", &[1], &[0.0])])), missing("b", false));
        let shape = TensorDifference::Shape { name: "a".into(), stored: vec![2], repeated: vec![1, 2] };
        assert_eq!(first(&file(&[("a", &[1, 2], &[1.0, 2.0])])), Some(shape));
    }

    #[test]
    fn what_is_no_weights_file_is_compared_as_bytes() {
        assert_eq!(compare_weights(b"abc", b"abc"), Part::Same(0));
        let difference = different(b"abc", b"abx");
        assert_eq!((difference.first, difference.byte), (None, 2));
    }
}
