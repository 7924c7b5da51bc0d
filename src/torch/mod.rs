//! The only door to what tch lacks or leaves unsafe; with `ffi` the only place of `unsafe` code.

pub mod archive;
pub mod cuda;
pub mod driver;
pub mod entry;
pub mod grid;
pub mod lanes;
pub mod shared;
pub mod version;
