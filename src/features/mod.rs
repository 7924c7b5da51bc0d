//! TBD.
pub mod backbone;
pub mod weights;
