//! Random flips and rotations: what is drawn for a sample, and which pixel then stands where.
//!
//! The order follows the authors' `configs/config_setting.py`: left-right flip, upside-down flip, rotation
//! (nearest neighbour, 0 outside). Their generator's state runs through all samples; here each sample has a
//! stream of its own, so that threads and interruptions change nothing.

use std::borrow::Cow;

use super::rotate::{self, OUTSIDE, Turn};
use crate::experiment::settings::{AugmentSettings, Rotation};
use crate::random;

/// What is done to one sample.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Draws {
    /// Flip left and right, first.
    pub horizontal: bool,
    /// Flip top and bottom, second.
    pub vertical: bool,
    /// Rotate counter-clockwise by this many degrees, last.
    pub angle: Option<f64>,
}

impl Draws {
    /// The draws of the sample `id` in `epoch`.
    ///
    /// Four numbers are drawn whatever the settings are, so that switching one augmentation off leaves the
    /// others as they were.
    pub fn of(settings: &AugmentSettings, seed: u64, epoch: u64, id: &str) -> Self {
        let mut stream = random::stream(seed, "augment", epoch, id);
        let horizontal = stream.chance(settings.horizontal_flip);
        let vertical = stream.chance(settings.vertical_flip);
        let rotated = stream.chance(settings.rotation_probability);
        let own_angle = stream.range(0.0, 360.0);
        let angle = match settings.rotation {
            Rotation::Once => common_angle(seed),
            Rotation::PerSample => own_angle,
        };
        Self { horizontal, vertical, angle: rotated.then_some(angle) }
    }
}

/// The angle in degrees by which every rotated sample of a run turns under [`Rotation::Once`].
pub fn common_angle(seed: u64) -> f64 {
    random::stream(seed, "rotation-angle", 0, "").range(0.0, 360.0)
}

/// What comes where in an augmented image.
#[derive(Clone, Debug, PartialEq)]
pub enum Arranged {
    /// One of [`Batches::kept_sources`](super::Batches::kept_sources), by its index.
    Kept(usize),
    /// Flipped left and right or not, top and bottom or not, and then rotated.
    Turned([bool; 2], Turn),
}

/// Where each pixel of an augmented image comes from.
pub(super) struct Geometry {
    height: usize,
    width: usize,
    /// The sources of images that are not rotated, by [`flip`].
    upright: [Vec<u32>; 4],
    /// The sources of one angle that many samples share, by [`flip`].
    shared: Option<(f64, [Vec<u32>; 4])>,
}

/// Which of the four combinations of flips.
fn flip(draws: Draws) -> usize {
    usize::from(draws.horizontal) + 2 * usize::from(draws.vertical)
}

impl Geometry {
    /// The geometry of images of one size.
    pub fn new(height: usize, width: usize) -> Self {
        let sources: Vec<u32> = (0..(height * width) as u32).collect();
        let upright = [0, 1, 2, 3].map(|flip| flipped(&sources, height, width, flip));
        Self { height, width, upright, shared: None }
    }

    /// Keeps the sources of `angle`, which many samples will ask for.
    pub fn share(mut self, angle: f64) -> Self {
        let sources = rotate::sources(self.height, self.width, angle);
        let flips = [0, 1, 2, 3].map(|flip| flipped(&sources, self.height, self.width, flip));
        self.shared = Some((angle, flips));
        self
    }

    /// Sources that samples have again and again: of an upright image and of one rotated by the shared angle, for each flip.
    pub fn kept_sources(&self) -> Vec<&[u32]> {
        let shared = self.shared.iter().flat_map(|(_, flips)| flips);
        self.upright.iter().chain(shared).map(Vec::as_slice).collect()
    }

    /// What comes where by the draws.
    pub fn arranged(&self, draws: Draws) -> Arranged {
        match (draws.angle, &self.shared) {
            (None, _) => Arranged::Kept(flip(draws)),
            (Some(angle), Some((shared, flips))) if shared.to_bits() == angle.to_bits() => {
                Arranged::Kept(flips.len() + flip(draws))
            }
            (Some(angle), _) => Arranged::Turned(
                [draws.horizontal, draws.vertical],
                Turn::new(self.height, self.width, angle),
            ),
        }
    }

    /// The source of each pixel of the augmented image, in order; [`OUTSIDE`] where a rotation leaves nothing.
    pub fn sources(&self, draws: Draws) -> Cow<'_, [u32]> {
        let flip = flip(draws);
        match (draws.angle, &self.shared) {
            (None, _) => Cow::Borrowed(&self.upright[flip]),
            (Some(angle), Some((shared, flips))) if shared.to_bits() == angle.to_bits() => {
                Cow::Borrowed(&flips[flip])
            }
            (Some(angle), _) => {
                let sources = rotate::sources(self.height, self.width, angle);
                Cow::Owned(flipped(&sources, self.height, self.width, flip))
            }
        }
    }
}

/// The sources in the image before it was flipped.
fn flipped(sources: &[u32], height: usize, width: usize, flip: usize) -> Vec<u32> {
    let (width, pixels) = (width as u32, (height * width) as u32);
    let mirrored = |index: u32| index + width - 1 - 2 * (index % width);
    let before = |index: u32| match flip {
        0 => index,
        1 => mirrored(index),
        2 => mirrored(pixels - 1 - index),
        _ => pixels - 1 - index,
    };
    sources.iter().map(|&source| if source == OUTSIDE { OUTSIDE } else { before(source) }).collect()
}
