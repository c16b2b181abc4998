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
        let flipped = |index: usize| {
            let (row, column) = (index / self.width, index % self.width);
            let row = if draws.vertical { self.height - 1 - row } else { row };
            let column = if draws.horizontal { self.width - 1 - column } else { column };
            row * self.width + column
        };
        let Some(angle) = draws.angle else {
            (0..self.height * self.width).for_each(|target| place(target, Some(flipped(target))));
            return;
        };
        let own;
        let sources = match &self.shared {
            Some((shared, sources)) if *shared == angle => sources,
            _ => {
                own = rotate::sources(self.height, self.width, angle);
                &own
            }
        };
        for (target, &source) in sources.iter().enumerate() {
            place(target, (source != OUTSIDE).then(|| flipped(source as usize)));
        }
    }
}
