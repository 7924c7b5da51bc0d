//! The only door to what tch lacks: everything that needs `unsafe` because of libtorch stands here, behind safe
//! functions.
//!
//! [`shared`]: a tensor that several threads read at once.

pub mod shared;
