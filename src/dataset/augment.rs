//! Random flips and rotations: what is drawn for a sample, and which pixel then stands where.
//!
//! The order follows the authors' `configs/config_setting.py`: left-right flip, upside-down flip, rotation
//! (nearest neighbour, 0 outside). Their generator's state runs through all samples; here each sample has a
//! stream of its own, so that threads and interruptions change nothing.

use super::rotate::{self, OUTSIDE};
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

/// Where each pixel of an augmented image comes from.
pub(super) struct Geometry {
    height: usize,
    width: usize,
    /// The sources of one angle that many samples share.
    shared: Option<(f64, Vec<u32>)>,
}

impl Geometry {
    /// The geometry of images of one size.
    pub fn new(height: usize, width: usize) -> Self {
        Self { height, width, shared: None }
    }

    /// Keeps the sources of `angle`, which many samples will ask for.
    pub fn share(mut self, angle: f64) -> Self {
        self.shared = Some((angle, rotate::sources(self.height, self.width, angle)));
        self
    }

    /// Calls `place(target, source)` for each pixel of the augmented image in order; the source is none
    /// where a rotation leaves nothing.
    pub fn each(&self, draws: Draws, mut place: impl FnMut(usize, Option<usize>)) {
        let width = self.width as u32;
        let pixels = (self.height * self.width) as u32;
        let mirrored = |index: u32| index + width - 1 - 2 * (index % width);
        let flipped = |index: u32| match (draws.horizontal, draws.vertical) {
            (false, false) => index,
            (true, false) => mirrored(index),
            (false, true) => mirrored(pixels - 1 - index),
            (true, true) => pixels - 1 - index,
        };
        let Some(angle) = draws.angle else {
            (0..pixels).for_each(|target| place(target as usize, Some(flipped(target) as usize)));
            return;
        };
        let own;
        let sources = match &self.shared {
            Some((shared, sources)) if shared.to_bits() == angle.to_bits() => sources,
            _ => {
                own = rotate::sources(self.height, self.width, angle);
                &own
            }
        };
        for (target, &source) in sources.iter().enumerate() {
            place(target, (source != OUTSIDE).then(|| flipped(source) as usize));
        }
    }
}
