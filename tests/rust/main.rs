//! The integration tests, one module a room: one binary, so that libtorch is linked once.

mod backbones;
