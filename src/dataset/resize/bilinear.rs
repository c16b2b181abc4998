//! Bilinear without antialias: `bilinear`, as `torch.nn.functional.interpolate` with `align_corners=False`.
//!
//! Each result is read off between the four pixels around its place, however many there are between two results; this
//! is also what torchvision's `antialias=False` and `OpenCV`'s `INTER_LINEAR` mean. 64-bit, rounded half to even.

/// Resizes `[height, width, channels]` to `[size, size, channels]`.
pub(super) fn resize(pixels: &[u8], [height, width, channels]: [usize; 3], size: usize) -> Vec<u8> {
    let columns = places(width, size);
    let mut resized = Vec::with_capacity(size * size * channels);
    for [top, bottom] in places(height, size) {
        for [left, right] in &columns {
            for channel in 0..channels {
                let byte = |y: usize, x: usize| f64::from(pixels[(y * width + x) * channels + channel]);
                let between =
                    |y| left.weight * byte(y, left.position) + right.weight * byte(y, right.position);
                let value = top.weight * between(top.position) + bottom.weight * between(bottom.position);
                resized.push(value.round_ties_even().clamp(0.0, 255.0) as u8);
            }
        }
    }
    resized
}

/// A pixel's part in a result.
struct Share {
    position: usize,
    weight: f64,
}

/// The two neighbours of each of `to` places among `from` pixels.
fn places(from: usize, to: usize) -> Vec<[Share; 2]> {
    let scale = from as f64 / to as f64;
    (0..to)
        .map(|position| {
            let place = (scale * (position as f64 + 0.5) - 0.5).max(0.0);
            let first = (place as usize).min(from - 1);
            let weight = (place - first as f64).min(1.0);
            [
                Share { position: first, weight: 1.0 - weight },
                Share { position: (first + 1).min(from - 1), weight },
            ]
        })
        .collect()
}
