//! `synthetic-lesions`: generated images that look like dermoscopy, with exact masks, for trying things out.
//!
//! Every image follows from its id alone, at any size. Only additions, multiplications, divisions and square
//! roots of 64-bit numbers are used, which all machines compute alike, so the bytes are the same everywhere.

mod canvas;
mod color;
mod hair;
mod images;
mod lesion;
mod noise;
mod optics;
mod outline;
mod ruler;
mod scene;
mod skin;

pub use images::{SyntheticImages, generate, split};
