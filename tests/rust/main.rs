//! The integration tests, one module a room, in one program: libtorch is linked once.

mod weights;
