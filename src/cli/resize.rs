//! The kernels that resize, as they are typed.

use clap::builder::PossibleValue;

use crate::experiment::settings::Resize;

/// A kernel, as an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ResizeOption(pub Resize);

impl clap::ValueEnum for ResizeOption {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [ResizeOption; 4] = [
            ResizeOption(Resize::BilinearAntialias),
            ResizeOption(Resize::Bilinear),
            ResizeOption(Resize::Area),
            ResizeOption(Resize::PilBilinear),
        ];
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self.0 {
            Resize::BilinearAntialias => "as torchvision resizes, and the paper",
            Resize::Bilinear => "as torchvision with antialias=False",
            Resize::Area => "the mean of the covered area, as OpenCV's INTER_AREA",
            Resize::PilBilinear => "as Pillow resizes bytes with BILINEAR",
        };
        Some(PossibleValue::new(self.0.name()).help(help))
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_kernel_can_be_typed() {
        assert_eq!(ResizeOption::value_variants(), Resize::ALL.map(ResizeOption));
    }
}
