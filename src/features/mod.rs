//! Pictures to features: a pretrained network turns a normalised picture [N, 3, H, W] into feature maps [N, C, h, w].
//!
//! A room of its own because it is the only one that knows a network's layers and names. Nothing here is trained, and
//! nothing downstream knows which network the numbers come from.
//!
//! [`backbone`] is the door. Behind it: `convolution` (batch norm folded in), `network` (how blocks run),
//! `efficientnet_lite` and `resnet` (which blocks there are, and how weight files name them), `torchscript` (a network
//! of the user's own).

pub mod backbone;

mod convolution;
mod efficientnet_lite;
mod network;
mod resnet;
mod torchscript;
