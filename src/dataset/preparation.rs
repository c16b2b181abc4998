//! How images are brought to the network's input.

use crate::experiment::settings::{Resize, is_size};

use super::DatasetError;

/// The size of prepared images, and the kernel that brought them to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Preparation {
    /// Height and width in pixels.
    pub size: usize,
    /// The kernel.
    pub resize: Resize,
}

impl From<usize> for Preparation {
    /// The size, by the paper's kernel.
    fn from(size: usize) -> Self {
        Self { size, resize: Resize::default() }
    }
}

impl Preparation {
    /// The size and, unless it goes without saying, the kernel, such as `256` and `256-area`.
    pub fn name(self) -> String {
        let Self { size, resize } = self;
        if resize.is_default() { size.to_string() } else { format!("{size}-{}", resize.name()) }
    }

    /// The options by which a command is told of it, each with a space before; none where all is the default.
    pub fn options(self) -> String {
        let Self { size, resize } = self;
        let size = if size == super::DEFAULT_SIZE { String::new() } else { format!(" --size {size}") };
        let resize = if resize.is_default() { String::new() } else { format!(" --resize {}", resize.name()) };
        size + &resize
    }

    /// Refuses a size that no network takes.
    pub(super) fn require(self) -> Result<(), DatasetError> {
        if is_size(self.size) { Ok(()) } else { Err(DatasetError::Size { size: self.size }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_without_saying_is_not_said() {
        let of = |size, resize| Preparation { size, resize };
        for (preparation, name, options) in [
            (of(256, Resize::BilinearAntialias), "256", ""),
            (of(128, Resize::BilinearAntialias), "128", " --size 128"),
            (of(256, Resize::Area), "256-area", " --resize area"),
            (of(64, Resize::PilBilinear), "64-pil-bilinear", " --size 64 --resize pil-bilinear"),
        ] {
            assert_eq!((preparation.name().as_str(), preparation.options().as_str()), (name, options));
        }
    }
}
