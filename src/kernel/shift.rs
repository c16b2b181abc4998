//! Shifts of feature maps, which let a layer over single pixels see their neighbours.

use burn::tensor::Tensor;

use super::trace;

/// The channels in `chunks` of the same length, but for a shorter last one, each moved along the axis by a distance
/// of its own: the middle chunk stays, those after it move towards the end, those before it towards the start, each
/// by a pixel more than its neighbour. Zeros come in.
///
/// # Shapes
/// - `x` and output: `[batch, channels, height, width]`
/// - `axis`: 2 or 3
pub fn shift_chunks(x: Tensor<4>, chunks: usize, axis: usize) -> Tensor<4> {
    let length = x.dims()[1].div_ceil(chunks);
    let parts = x.split(length, 1).into_iter().enumerate();
    let parts = parts.map(|(chunk, part)| shift(part, chunk as isize - (chunks / 2) as isize, axis));
    let output = Tensor::cat(parts.collect(), 1);
    trace::note_each("shift", &output.dims(), 0);
    output
}

/// The map moved along the axis towards its end, or its start where `distance` is negative.
fn shift(x: Tensor<4>, distance: isize, axis: usize) -> Tensor<4> {
    let mut shape = x.dims();
    let length = shape[axis];
    let gone = distance.unsigned_abs().min(length);
    if gone == 0 {
        return x;
    }
    shape[axis] = gone;
    let zeros = Tensor::zeros(shape, (&x.device(), x.dtype()));
    if gone == length {
        return zeros;
    }
    let start = if distance > 0 { 0 } else { gone };
    let kept = x.narrow(axis, start, length - gone);
    Tensor::cat(if distance > 0 { vec![zeros, kept] } else { vec![kept, zeros] }, axis)
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;

    #[test]
    fn chunks_move_apart() {
        let column = [1.0_f32, 2.0, 3.0].repeat(5);
        let x = Tensor::<4>::from_data(TensorData::new(column, [1, 5, 3, 1]), &Device::flex());
        let rows: Vec<f32> = shift_chunks(x.clone(), 5, 2).into_data().try_into_vec().expect("f32");
        let expect = [[3.0, 0.0, 0.0], [2.0, 3.0, 0.0], [1.0, 2.0, 3.0], [0.0, 1.0, 2.0], [0.0, 0.0, 1.0]];
        assert_eq!(rows.chunks(3).collect::<Vec<_>>(), expect);
        // Along an axis of one pixel nothing but the middle chunk is left.
        let columns: Vec<f32> = shift_chunks(x, 5, 3).into_data().try_into_vec().expect("f32");
        let expect = [[0.0; 3], [0.0; 3], [1.0, 2.0, 3.0], [0.0; 3], [0.0; 3]];
        assert_eq!(columns.chunks(3).collect::<Vec<_>>(), expect);
    }
}
