//! The integration tests of the crate, one module a room; one binary, so that libtorch is linked once.

mod image;
mod render;
