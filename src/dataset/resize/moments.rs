//! The shrinking triangle in whole numbers: each pixel is added twice, however wide the triangle.
//!
//! Triangles overlap so that each rises where the one before falls: between two neighbouring centres every weight is a
//! linear function of the position. So all that is needed of such a segment is its sum and its first moment, in each
//! direction: whole numbers, which 64-bit floating point then joins with an error below 1e-12. The definition
//! (`triangle::Weighed`), a sum of floating-point numbers, has an error no larger than 1e-10: where a result is nearer
//! than [`NEAR`] to the middle between two grey levels, the definition is asked.

use std::ops::AddAssign;

use super::triangle::Weighed;

/// How near to the middle of two grey levels a result doesn't decide; far above the error of either side.
const NEAR: f64 = 1e-7;

/// Added to a number below 256, it leaves no bits behind the point: the lowest byte of the sum's bits is the nearest whole
/// number.
const WHOLE: f64 = 4_503_599_627_370_496.0;

/// Bytes of a row that are added up together: their sums stay in the fastest cache.
const TILE: usize = 4096;

/// A sum and the sum of its running sums, that is each value weighed by how many values are left from it on.
#[derive(Clone, Copy)]
struct Segment {
    start: usize,
    len: usize,
}

/// What a segment adds to a result: `sum * plain + running * slope`, in units of the common denominator.
#[derive(Clone, Copy)]
struct Part {
    plain: f64,
    slope: f64,
}

/// One direction: `from` positions to `to`, which are no more.
struct Axis {
    segments: Vec<Segment>,
    /// For each output its rising part, in the segment of the same number, and its falling part, in the next.
    parts: Vec<[Part; 2]>,
    /// One by the sum of each output's weights.
    shares: Vec<f64>,
}

impl Axis {
    /// In units of half an output's share of a pixel, pixel x lies at `(2x + 1) to`, the centre of output k at
    /// `(2k + 1) from`, and a triangle reaches `2 from` to each side, to the centres of its neighbours.
    fn new(from: usize, to: usize) -> Self {
        let (n, m) = (from as i64, to as i64);
        let centre = |k: i64| (2 * k + 1) * n;
        // The first pixel at or behind the centre of output s - 1.
        let start = |s: i64| match s {
            0 => 0,
            s if s > m => n,
            s => (centre(s - 1) - m + 2 * m - 1).div_euclid(2 * m),
        };
        let segments: Vec<Segment> = (0..=m)
            .map(|s| Segment { start: start(s) as usize, len: (start(s + 1) - start(s)) as usize })
            .collect();
        // The sum of positions times values is `end * sum - 2 m * running`.
        let end = |segment: Segment| (2 * (segment.start + segment.len) as i64 + 1) * m;
        let part = |plain: i64, slope: i64| Part { plain: plain as f64, slope: slope as f64 };
        let parts: Vec<[Part; 2]> = (0..m)
            .map(|k| {
                let (rising, falling) = (segments[k as usize], segments[k as usize + 1]);
                [part(2 * n - centre(k) + end(rising), -2 * m), part(2 * n + centre(k) - end(falling), 2 * m)]
            })
            .collect();
        let shares = parts
            .iter()
            .zip(segments.windows(2))
            .map(|(parts, segments)| {
                let of = |(part, segment): (&Part, &Segment)| {
                    let len = segment.len as f64;
                    part.plain * len + part.slope * (len * (len + 1.0) / 2.0)
                };
                1.0 / parts.iter().zip(segments).map(of).sum::<f64>()
            })
            .collect();
        Self { segments, parts, shares }
    }

    fn longest(&self) -> usize {
        self.segments.iter().map(|segment| segment.len).max().unwrap_or(0)
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
    let running = |len: usize| len as u64 * (len as u64 + 1) / 2;
    let down = 255 * running(rows.longest());
    let across = down * running(columns.longest());
    let fits_narrow = u16::try_from(down).is_ok() && u32::try_from(across).is_ok();
    let shrink = if fits_narrow { shrink_in::<u16, u32, C, LANES> } else { shrink_in::<u32, u64, C, LANES> };
    shrink(pixels, width, &rows, &columns, definition)
}

/// Sum and running sum down, each summed and running summed across, of all channels.
type Moments<const LANES: usize> = [[f64; LANES]; 4];

/// `D` holds sums down a segment, `A` those of them across a segment.
fn shrink_in<D, A, const C: usize, const LANES: usize>(
    pixels: &[u8],
    width: usize,
    rows: &Axis,
    columns: &Axis,
    definition: &Weighed<'_>,
) -> Vec<u8>
where
    D: Copy + Default + AddAssign + From<u8>,
    A: Copy + Default + AddAssign + From<D> + Into<u64>,
{
    let stride = width * C;
    let size = rows.parts.len();
    let (mut sums, mut running) = (vec![D::default(); stride + LANES], vec![D::default(); stride + LANES]);
    let mut before: Vec<Moments<LANES>> = vec![[[0.0; LANES]; 4]; columns.segments.len()];
    let mut here = before.clone();
    let mut joined = vec![[[0.0; LANES]; 2]; columns.segments.len()];
    let mut resized = Vec::with_capacity(size * size * C);
    for (number, segment) in rows.segments.iter().enumerate() {
        std::mem::swap(&mut before, &mut here);
        let rows_of_segment = &pixels[segment.start * stride..][..segment.len * stride];
        down(rows_of_segment, &mut sums[..stride], &mut running[..stride]);
        across::<D, A, C, LANES>(&sums, &running, &columns.segments, &mut here);
        // The segment in which the first output rises has none before it.
        let Some(row) = number.checked_sub(1) else { continue };
        let [rise, fall] = rows.parts[row];
        // What the row's two segments give, still in moments across.
        for (joined, (above, below)) in joined.iter_mut().zip(before.iter().zip(&here)) {
            for (i, joined) in joined.iter_mut().enumerate() {
                for (lane, joined) in joined.iter_mut().enumerate() {
                    *joined = rise.plain * above[i][lane]
                        + rise.slope * above[i + 2][lane]
                        + fall.plain * below[i][lane]
                        + fall.slope * below[i + 2][lane];
                }
            }
        }
        for (column, (pair, [rise, fall])) in joined.windows(2).zip(&columns.parts).enumerate() {
            let share = rows.shares[row] * columns.shares[column];
            let mut values = [0.0; LANES];
            for (lane, value) in values.iter_mut().enumerate() {
                let [[left, left_running], [right, right_running]] =
                    [pair[0].map(|moment| moment[lane]), pair[1].map(|moment| moment[lane])];
                *value = share
                    * (rise.plain * left
                        + rise.slope * left_running
                        + fall.plain * right
                        + fall.slope * right_running);
            }
            let rounded = values.map(|value| value + WHOLE);
            let bytes = rounded.map(|value| value.to_bits() as u8);
            let from = resized.len();
            resized.extend_from_slice(&bytes[..C]);
            for channel in 0..C {
                if (rounded[channel] - WHOLE - values[channel]).abs() > 0.5 - NEAR {
                    resized[from + channel] = definition.one(row, column, channel);
                }
            }
        }
    }
    resized
}

/// Sums and running sums of `rows` down each column.
fn down<D: Copy + Default + AddAssign + From<u8>>(rows: &[u8], sums: &mut [D], running: &mut [D]) {
    let stride = sums.len();
    for (tile, (sums, running)) in sums.chunks_mut(TILE).zip(running.chunks_mut(TILE)).enumerate() {
        sums.fill(D::default());
        running.fill(D::default());
        for row in rows.chunks_exact(stride) {
            let row = &row[tile * TILE..][..sums.len()];
            for ((sum, running), &byte) in sums.iter_mut().zip(running.iter_mut()).zip(row) {
                *sum += D::from(byte);
                *running += *sum;
            }
        }
    }
}

/// Sums and running sums across each segment, of the sums and of the running sums down.
fn across<D, A, const C: usize, const LANES: usize>(
    sums: &[D],
    running: &[D],
    segments: &[Segment],
    moments: &mut [Moments<LANES>],
) where
    D: Copy,
    A: Copy + Default + AddAssign + From<D> + Into<u64>,
{
    for (segment, moments) in segments.iter().zip(moments) {
        let mut found = [[A::default(); LANES]; 4];
        for x in segment.start..segment.start + segment.len {
            for (from, pair) in [sums, running].into_iter().zip(found.as_chunks_mut::<2>().0) {
                let values = &from[x * C..x * C + LANES];
                for lane in 0..LANES {
                    pair[0][lane] += A::from(values[lane]);
                    pair[1][lane] += pair[0][lane];
                }
            }
        }
        *moments = found.map(|moment| moment.map(|value| value.into() as f64));
    }
}
