//! The shrinking triangle in whole numbers: each pixel is added twice, however wide the triangle.
//!
//! Triangles overlap so that each rises where the one before falls: between two neighbouring centres every weight is a
//! linear function of the position, and the two weights of a pixel have one sum. So all that is needed of such a segment
//! is its sum and its first moment: rows first, in whole numbers, then columns, in whole numbers that 64-bit floating point
//! joins with an error below 1e-12. The definition (`triangle::Weighed`), a sum of floating-point numbers, has an error no
//! larger than 1e-10: where a result is nearer than [`NEAR`] to the middle between two grey levels, the definition is asked.

use std::ops::AddAssign;

use super::triangle::Weighed;
use super::whole::{self, Exact, Whole};

/// How near to the middle of two grey levels a result doesn't decide; far above the error of either side.
const NEAR: f64 = 1e-7;

/// The largest number of 32 bits with a sign.
const MOST: u64 = i32::MAX as u64;

/// Columns whose sums are taken together, a line of the processor's cache.
const TOGETHER: usize = 64;

/// Positions between two neighbouring centres, or between one and the border.
#[derive(Clone, Copy)]
struct Segment {
    start: usize,
    len: usize,
    /// What the segment adds to the output that rises in it, is `plain * sum + slope * running`.
    plain: i64,
}

/// One direction: `from` positions to `to`, which are no more.
///
/// In units of half an output's share of a pixel, pixel x lies at `(2x + 1) to`, the centre of output k at `(2k + 1) from`,
/// and a triangle reaches `2 from` to each side, to the centres of its neighbours.
struct Axis {
    /// Output k rises in segment k and falls in the next.
    segments: Vec<Segment>,
    slope: i64,
    /// The sum of both weights of a pixel: what it doesn't add to the output that rises, it adds to the one that falls.
    whole: i64,
    /// One by the sum of each output's weights.
    shares: Vec<f64>,
    /// The largest sum of an output's weights.
    heaviest: u64,
}

impl Axis {
    fn new(from: usize, to: usize) -> Self {
        let (n, m) = (from as i64, to as i64);
        let centre = |k: i64| (2 * k + 1) * n;
        // The first pixel at or behind the centre of output s - 1.
        let start = |s: i64| match s {
            0 => 0,
            s if s > m => n,
            s => (centre(s - 1) - m + 2 * m - 1).div_euclid(2 * m),
        };
        let segment = |s: i64| {
            let (start, end) = (start(s), start(s + 1));
            // The sum of positions times values is `(2 end + 1) m * sum - 2 m * running`.
            let plain = 2 * n - centre(s) + (2 * end + 1) * m;
            Segment { start: start as usize, len: (end - start) as usize, plain }
        };
        let segments: Vec<Segment> = (0..=m).map(segment).collect();
        let (slope, whole) = (-2 * m, 2 * n);
        let rising = |segment: &Segment| {
            let len = segment.len as i64;
            segment.plain * len + slope * (len * (len + 1) / 2)
        };
        let weight = |pair: &[Segment]| rising(&pair[0]) + whole * pair[1].len as i64 - rising(&pair[1]);
        let weights: Vec<i64> = segments.windows(2).map(weight).collect();
        let shares = weights.iter().map(|&weight| 1.0 / weight as f64).collect();
        Self { segments, slope, whole, shares, heaviest: weights.into_iter().max().unwrap_or(0) as u64 }
    }

    fn longest(&self) -> u64 {
        self.segments.iter().map(|segment| segment.len).max().unwrap_or(0) as u64
    }
}

/// Shrinks `[height, width, C]` to `[size, size, C]`, neither side being smaller than `size`.
///
/// So many lanes are summed together: four for the three channels of an image, since that is what processors add at
/// once; what stands in the last is of the next pixel, and isn't looked at.
pub(super) fn shrink<const C: usize, const LANES: usize>(
    pixels: &[u8],
    [height, width]: [usize; 2],
    size: usize,
    definition: &Weighed<'_>,
) -> Vec<u8> {
    let (rows, columns) = (Axis::new(height, size), Axis::new(width, size));
    let running = |len: u64| len * (len + 1) / 2;
    let down = 255 * running(rows.longest());
    let weighed = 255 * rows.heaviest;
    let across = weighed * running(columns.longest());
    // The largest product of a weight with a sum down a segment.
    let product = (2 * height + size) as u64 * 255 * rows.longest();
    let shrink = Shrink::<C, LANES> { pixels, width, rows: &rows, columns: &columns, definition };
    let narrow = u16::try_from(down).is_ok();
    let (single, double) = (weighed <= MOST, across <= MOST);
    if narrow && product < whole::SINGLE && double {
        shrink.run::<u16, f32, i32>()
    } else if narrow && single {
        shrink.run::<u16, i32, i64>()
    } else if single {
        shrink.run::<u32, i32, i64>()
    } else {
        shrink.run::<u32, i64, i64>()
    }
}

struct Shrink<'a, const C: usize, const LANES: usize> {
    pixels: &'a [u8],
    width: usize,
    rows: &'a Axis,
    columns: &'a Axis,
    definition: &'a Weighed<'a>,
}

impl<const C: usize, const LANES: usize> Shrink<'_, C, LANES> {
    /// `D` holds sums down a segment, `V` weighed ones of two segments, `A` sums of those across a segment.
    fn run<D, V, A>(&self) -> Vec<u8>
    where
        D: Copy + Default + AddAssign + From<u8>,
        V: Whole<D>,
        A: Whole<V> + Exact,
    {
        let stride = self.width * C;
        let size = self.rows.shares.len();
        let mut rising = vec![V::default(); stride];
        let mut weighed = vec![V::default(); stride + LANES];
        let mut values = vec![[0.0; LANES]; size];
        let mut resized = Vec::with_capacity(size * size * C);
        for (number, segment) in self.rows.segments.iter().enumerate() {
            let rows = &self.pixels[segment.start * stride..][..segment.len * stride];
            let weights = [segment.plain, self.rows.slope, self.rows.whole].map(V::cut);
            let (rising, falling) = (&mut rising[..], &mut weighed[..stride]);
            let (rising, rising_rest) = rising.as_chunks_mut::<TOGETHER>();
            let (falling, falling_rest) = falling.as_chunks_mut::<TOGETHER>();
            let rest = TOGETHER * rising.len();
            for (chunk, (rising, weighed)) in rising.iter_mut().zip(falling).enumerate() {
                down::<D, V, TOGETHER>(rows, stride, TOGETHER * chunk, weights, rising, weighed);
            }
            let each = rising_rest.as_chunks_mut::<1>().0.iter_mut().zip(falling_rest.as_chunks_mut::<1>().0);
            for (at, (rising, weighed)) in each.enumerate() {
                down::<D, V, 1>(rows, stride, rest + at, weights, rising, weighed);
            }
            // In the first segment an output rises, and none falls.
            if let Some(row) = number.checked_sub(1) {
                self.across::<V, A>(&weighed, row, &mut values, &mut resized);
            }
        }
        resized
    }

    /// One row of the result, of the weighed sums of its rows.
    fn across<V: Copy, A: Whole<V> + Exact>(
        &self,
        weighed: &[V],
        row: usize,
        values: &mut [[f64; LANES]],
        resized: &mut Vec<u8>,
    ) {
        let (slope, whole) = (self.columns.slope as f64, self.columns.whole as f64);
        let mut rising = [0.0; LANES];
        for (number, segment) in self.columns.segments.iter().enumerate() {
            let (mut sum, mut running) = ([A::default(); LANES], [A::default(); LANES]);
            let pixels = &weighed[segment.start * C..(segment.start + segment.len) * C + LANES - C];
            for x in 0..segment.len {
                let pixel = &pixels[x * C..x * C + LANES];
                for lane in 0..LANES {
                    sum[lane] = sum[lane].plus(A::of(pixel[lane]));
                    running[lane] = running[lane].plus(sum[lane]);
                }
            }
            let plain = segment.plain as f64;
            let mut value = [0.0; LANES];
            for lane in 0..LANES {
                let (sum, running) = (sum[lane].exact(), running[lane].exact());
                let rises = plain * sum + slope * running;
                value[lane] = rising[lane] + (whole * sum - rises);
                rising[lane] = rises;
            }
            let Some(column) = number.checked_sub(1) else { continue };
            let share = self.rows.shares[row] * self.columns.shares[column];
            values[column] = value.map(|value| share * value);
        }
        self.round(values, row, resized);
    }

    /// The grey levels of one row of the result.
    fn round(&self, values: &[[f64; LANES]], row: usize, resized: &mut Vec<u8>) {
        let mut doubtful = false;
        for value in values {
            let rounded = value.map(|value| value + whole::LARGE);
            for channel in 0..C {
                doubtful |= (rounded[channel] - whole::LARGE - value[channel]).abs() > 0.5 - NEAR;
            }
            let bytes = rounded.map(|rounded| rounded.to_bits() as u8);
            resized.extend_from_slice(&bytes[..C]);
        }
        if !doubtful {
            return;
        }
        let row_start = resized.len() - C * values.len();
        for (column, value) in values.iter().enumerate() {
            for channel in 0..C {
                let value = value[channel];
                if (value.round_ties_even() - value).abs() > 0.5 - NEAR {
                    resized[row_start + C * column + channel] = self.definition.one(row, column, channel);
                }
            }
        }
    }
}

/// Goes down the columns of `rows` from byte `start` of each on: `weighed` becomes what the output that falls in the segment
/// has of both of its segments, and `rising` what the next one has of this.
fn down<D, V, const N: usize>(
    rows: &[u8],
    stride: usize,
    start: usize,
    [plain, slope, whole]: [V; 3],
    rising: &mut [V; N],
    weighed: &mut [V; N],
) where
    D: Copy + Default + AddAssign + From<u8>,
    V: Whole<D>,
{
    let (mut sums, mut running) = ([D::default(); N], [D::default(); N]);
    for row in rows.chunks_exact(stride) {
        let row = &row[start..start + N];
        for column in 0..N {
            sums[column] += D::from(row[column]);
            running[column] += sums[column];
        }
    }
    for column in 0..N {
        let (sum, running) = (V::of(sums[column]), V::of(running[column]));
        let rises = plain.times(sum).plus(slope.times(running));
        weighed[column] = rising[column].plus(whole.times(sum)).minus(rises);
        rising[column] = rises;
    }
}
