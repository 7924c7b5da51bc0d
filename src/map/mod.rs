//! TBD.

pub mod render;
