//! libtorch as a device: its operations, what a training keeps on it, and what is known of it.
//!
//! Nothing outside of this folder knows libtorch or the crates that bind it, nor whether this build has it: without the
//! feature `libtorch` the same names stand for a device that nobody can open.

#![cfg_attr(
    feature = "libtorch",
    expect(
        deprecated,
        reason = "burn 0.22 is the last one with this backend, which is why it stands by itself"
    )
)]

mod name;
mod rates;
mod stock;

#[cfg(not(feature = "libtorch"))]
mod absent;

#[cfg(feature = "libtorch")]
mod aten;
#[cfg(feature = "libtorch")]
mod device;
#[cfg(feature = "libtorch")]
mod learning;
#[cfg(feature = "libtorch")]
mod loss;
#[cfg(feature = "libtorch")]
mod mode;
#[cfg(feature = "libtorch")]
mod resident;
#[cfg(feature = "libtorch")]
mod scan;
#[cfg(feature = "libtorch")]
mod shim;
#[cfg(feature = "libtorch")]
mod tally;
#[cfg(feature = "libtorch")]
mod tensors;
#[cfg(feature = "libtorch")]
mod upload;

pub use name::Place;
pub use rates::AdamWRates;
pub use stock::{Arrangement, Sample, Stock, Turned};

#[cfg(not(feature = "libtorch"))]
pub use absent::{
    Learning, Libtorch, Resident, ResidentBatch, SentBatch, Tally, Upload, built_with_cuda, is_awaited,
    learns, versions,
};
#[cfg(not(feature = "libtorch"))]
pub(in crate::kernel) use absent::{compute, has};

#[cfg(feature = "libtorch")]
pub(in crate::kernel) use aten::compute;
#[cfg(feature = "libtorch")]
pub(in crate::kernel) use device::has;
#[cfg(feature = "libtorch")]
pub use device::{Libtorch, is_awaited};
#[cfg(feature = "libtorch")]
pub use learning::Learning;
#[cfg(feature = "libtorch")]
pub use mode::learns;
#[cfg(feature = "libtorch")]
pub use resident::{Resident, ResidentBatch};
#[cfg(feature = "libtorch")]
pub use shim::{built_with_cuda, versions};
#[cfg(feature = "libtorch")]
pub use tally::Tally;
#[cfg(feature = "libtorch")]
pub use upload::{SentBatch, Upload};
