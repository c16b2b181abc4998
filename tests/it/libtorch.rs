//! Devices beside the built-in path. What compares numbers is there in builds with libtorch only; what needs a graphics card
//! says by name that it was skipped where there is none.

mod commands;
#[cfg(feature = "libtorch")]
mod cuda;
#[cfg(feature = "libtorch")]
mod parity;
