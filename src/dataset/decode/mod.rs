//! From the bytes of a file to pixels, with every doubt spoken out.
//!
//! JPEG leaves the rounding of the inverse transform and of colours to the decoder: on the ISIC 2017 copy at
//! 256x256 this one differs from Pillow's by at most 5 grey levels: by 0.13 in the mean, and brighter by 0.06.
//! `tests/parity/decode.py` makes files of every kind that is handled or refused here.

mod header;
mod jpeg;
mod mask;
mod pixels;
mod png;
#[cfg(test)]
mod tests;

pub(super) use header::{Header, header};
pub(super) use mask::{MaskValues, mask};
pub(super) use pixels::{Pixels, image};
