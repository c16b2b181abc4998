//! The exact mean of the area that a result covers: `area`.
//!
//! A pixel that is covered in part counts in part, as the weights of `OpenCV`'s `INTER_AREA` have it (which sums them in
//! 32-bit floating point); `torch.nn.functional.interpolate(mode="area")` takes such pixels as a whole, and is the same
//! where the sizes divide. Whole numbers throughout, rounded half to even.

/// Resizes `[height, width, channels]` to `[size, size, channels]`.
pub(super) fn resize(pixels: &[u8], [height, width, channels]: [usize; 3], size: usize) -> Vec<u8> {
    let stride = width * channels;
    let columns = covers(width, size);
    let whole = height as u64 * width as u64;
    // A column of weighed bytes: at most 255 times the height.
    let mut sums = vec![0_u32; stride];
    let mut resized = Vec::with_capacity(size * size * channels);
    for Cover { start, weights } in covers(height, size) {
        sums.fill(0);
        for (row, &weight) in pixels[start * stride..].chunks_exact(stride).zip(&weights) {
            for (sum, &byte) in sums.iter_mut().zip(row) {
                *sum += weight * u32::from(byte);
            }
        }
        for Cover { start, weights } in &columns {
            for channel in 0..channels {
                let values = sums[start * channels + channel..].iter().step_by(channels);
                let sum: u64 = weights.iter().zip(values).map(|(&w, &v)| u64::from(w) * u64::from(v)).sum();
                resized.push(quotient(sum, whole));
            }
        }
    }
    resized
}

/// Pixels from `start` on, with how many parts of `to` of each are covered.
struct Cover {
    start: usize,
    weights: Vec<u32>,
}

/// What each of `to` results covers of `from` pixels; each covers `from` parts.
fn covers(from: usize, to: usize) -> Vec<Cover> {
    (0..to)
        .map(|k| {
            let (begin, end) = (k * from, (k + 1) * from);
            let start = begin / to;
            let covered = |x: usize| (((x + 1) * to).min(end) - (x * to).max(begin)) as u32;
            Cover { start, weights: (start..end.div_ceil(to)).map(covered).collect() }
        })
        .collect()
}

/// The quotient to the nearest whole number, half to even.
fn quotient(sum: u64, whole: u64) -> u8 {
    let (down, rest) = (sum / whole, sum % whole);
    let up = 2 * rest > whole || (2 * rest == whole && down % 2 == 1);
    (down + u64::from(up)) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_pixels_count_in_part() {
        // Three pixels to two: 10 and half of 20; half of 20 and 60.
        let pixels = [10, 20, 60].repeat(3);
        assert_eq!(resize(&pixels, [3, 3, 1], 2), [13, 47, 13, 47]);
    }

    #[test]
    fn halves_go_to_the_even_neighbour() {
        assert_eq!([quotient(1, 2), quotient(3, 2), quotient(5, 2), quotient(7, 4)], [0, 2, 2, 2]);
    }
}
