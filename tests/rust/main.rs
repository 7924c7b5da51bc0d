//! The integration tests of the crate, one module a room; one binary, so that libtorch is linked once.

mod backbones;
mod image;
mod render;
mod weights;
