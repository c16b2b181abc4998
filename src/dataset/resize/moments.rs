//! The shrinking triangle in whole numbers: each pixel is added twice, however wide the triangle.
//!
//! Triangles overlap so that each rises where the one before falls: between two neighbouring centres every weight is a
//! linear function of the position. So all that is needed of such a segment is its sum and its first moment, in each
//! direction, and a result is a quotient of whole numbers. The definition (`triangle::Weighed`) rounds a sum of floating-
//! point numbers that differs from this quotient by less than 1e-9: where the quotient is nearer than [`NEAR`] to the
//! middle between two grey levels, the definition is asked.

use std::ops::AddAssign;

use super::triangle::Weighed;

/// How near to the middle of two grey levels a quotient doesn't decide; far above the error of either side.
const NEAR: f64 = 1e-7;

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
    plain: i64,
    slope: i64,
}

/// One direction: `from` positions to `to`, which are no more.
struct Axis {
    segments: Vec<Segment>,
    /// For each output its rising part, in the segment of the same number, and its falling part, in the next.
    parts: Vec<[Part; 2]>,
    /// The sum of each output's weights.
    totals: Vec<i64>,
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
        let parts: Vec<[Part; 2]> = (0..m)
            .map(|k| {
                let (rising, falling) = (segments[k as usize], segments[k as usize + 1]);
                [
                    Part { plain: 2 * n - centre(k) + end(rising), slope: -2 * m },
                    Part { plain: 2 * n + centre(k) - end(falling), slope: 2 * m },
                ]
            })
            .collect();
        let totals = parts
            .iter()
            .zip(segments.windows(2))
            .map(|(parts, segments)| {
                let of = |(part, segment): (&Part, &Segment)| {
                    let len = segment.len as i64;
                    part.plain * len + part.slope * (len * (len + 1) / 2)
                };
                parts.iter().zip(segments).map(of).sum()
            })
            .collect();
        Self { segments, parts, totals }
    }

    fn longest(&self) -> usize {
        self.segments.iter().map(|segment| segment.len).max().unwrap_or(0)
    }
}

/// Shrinks `[height, width, C]` to `[size, size, C]`, neither side being smaller than `size`.
pub(super) fn shrink<const C: usize>(
    pixels: &[u8],
    [height, width]: [usize; 2],
    size: usize,
    definition: &Weighed<'_>,
) -> Vec<u8> {
    let (rows, columns) = (Axis::new(height, size), Axis::new(width, size));
    let running = |len: usize| len as u64 * (len as u64 + 1) / 2;
    let down = 255 * running(rows.longest());
    let fits_narrow = down <= u64::from(u16::MAX) && down * running(columns.longest()) <= u64::from(u32::MAX);
    let shrink = if fits_narrow { shrink_in::<u16, u32, C> } else { shrink_in::<u32, u64, C> };
    shrink(pixels, width, &rows, &columns, definition)
}

/// Sum and running sum down, each summed and running summed across, of one channel.
type Moments = [i64; 4];

/// `D` holds sums down a segment, `A` those of them across a segment.
fn shrink_in<D, A, const C: usize>(
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
    let mut sums = vec![D::default(); stride];
    let mut running = vec![D::default(); stride];
    let mut before: Vec<[Moments; C]> = vec![[[0; 4]; C]; columns.segments.len()];
    let mut here = before.clone();
    let mut resized = Vec::with_capacity(size * size * C);
    for (number, segment) in rows.segments.iter().enumerate() {
        std::mem::swap(&mut before, &mut here);
        down(&pixels[segment.start * stride..][..segment.len * stride], &mut sums, &mut running);
        across::<D, A, C>(&sums, &running, &columns.segments, &mut here);
        // The segment in which the first output rises has none before it.
        let Some(row) = number.checked_sub(1) else { continue };
        let [rise, fall] = rows.parts[row];
        // What the row's two segments give, still in moments across.
        let joined: Vec<[[i64; 2]; C]> = before
            .iter()
            .zip(&here)
            .map(|(above, below)| {
                let mut joined = [[0; 2]; C];
                for (out, (above, below)) in joined.iter_mut().zip(above.iter().zip(below)) {
                    for (i, out) in out.iter_mut().enumerate() {
                        *out = rise.plain * above[i]
                            + rise.slope * above[i + 2]
                            + fall.plain * below[i]
                            + fall.slope * below[i + 2];
                    }
                }
                joined
            })
            .collect();
        for (column, (pair, [rise, fall])) in joined.windows(2).zip(&columns.parts).enumerate() {
            let share = 1.0 / (rows.totals[row] * columns.totals[column]) as f64;
            for (channel, (left, right)) in pair[0].iter().zip(&pair[1]).enumerate() {
                let weighed = rise.plain * left[0]
                    + rise.slope * left[1]
                    + fall.plain * right[0]
                    + fall.slope * right[1];
                let value = weighed as f64 * share;
                let below = value as u8;
                let above_middle = value - f64::from(below) - 0.5;
                resized.push(if above_middle.abs() < NEAR {
                    definition.one(row, column, channel)
                } else {
                    below + u8::from(above_middle > 0.0)
                });
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
fn across<D, A, const C: usize>(sums: &[D], running: &[D], segments: &[Segment], moments: &mut [[Moments; C]])
where
    D: Copy,
    A: Copy + Default + AddAssign + From<D> + Into<u64>,
{
    for (segment, moments) in segments.iter().zip(moments) {
        let range = segment.start * C..(segment.start + segment.len) * C;
        let mut found = [[A::default(); 4]; C];
        for (sums, running) in sums[range.clone()].chunks_exact(C).zip(running[range].chunks_exact(C)) {
            for (channel, found) in found.iter_mut().enumerate() {
                found[0] += A::from(sums[channel]);
                found[1] += found[0];
                found[2] += A::from(running[channel]);
                found[3] += found[2];
            }
        }
        *moments = found.map(|channel| channel.map(|value| value.into() as i64));
    }
}
