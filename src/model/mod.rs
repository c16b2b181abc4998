//! Networks, their parameters by name, and weights in and out.

pub mod att_unet;
pub mod block;
pub mod ege_unet;
mod encoder;
pub mod lb_unet;
pub mod malunet;
pub mod mobilenet_v3;
pub mod mobilevit_v2;
mod network;
mod registry;
pub mod sanet;
mod site;
pub(crate) mod state;
pub mod transfuse;
pub mod ucm_net;
pub mod ultralight_vm_unet;
pub mod unet;
pub mod unet_plus_plus;
pub mod unext;
pub mod utnet_v2;
pub mod weights;

pub use encoder::{Encoder, EncoderError, encoder_weights, encoders};
pub use network::{Built, Network, Prediction, SizeError, check_size};
pub use registry::{Card, cards, names};
pub use site::{Names, Role, Site};
pub use state::{NamedTensor, StateDict, StateError};
