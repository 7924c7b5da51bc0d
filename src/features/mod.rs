//! From the network's input to one feature vector for every location.
//!
//! In: a normalised float tensor. Out: the adapted features, and the stage maps that a matcher may use.
//! A room of its own because the pretrained network is the one part that is not ours: its architecture, its weights, and
//! what is made of its outputs stay together and away from pictures and statistics.

pub mod adaptor;
pub mod arithmetic;
pub mod backbone;
pub(crate) mod convolution;
mod efficientnet_lite;
pub mod embedding;
mod network;
mod open_nsfw;
pub mod pretrained;
mod resnet;
pub mod smooth;
pub(crate) mod tensor_reader;
pub mod tiles;
mod torchscript;
pub(crate) mod vit;
pub mod weights;
