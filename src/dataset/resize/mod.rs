//! Images brought to the size of the network's input, by one of four kernels.
//!
//! Masks are resized by the kernel of their images, to grey values: so do the authors, whose `myResize` takes both.
//! `tests/parity/resize.py` holds each kernel against the implementation that it is named after.

mod area;
mod bilinear;
mod kernel;
mod moments;
mod pillow;
mod triangle;
mod whole;

pub(super) use kernel::{resize, resized};
