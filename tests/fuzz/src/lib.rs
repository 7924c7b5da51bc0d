//! What the fuzz targets do with a byte string; `tests/rust/fuzzed.rs` replays seeds and findings through the same functions.
//!
//! A function that returns has found nothing. One that panics has found a defect: of twinspect, or of what is claimed here.

pub mod calls;
pub mod claims;
pub mod data;
pub mod edits;
pub mod framed;
pub mod model;
pub mod parts;
pub mod picture;
pub mod variation;
pub mod weights;

/// A target's name and its function.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: &[Target] = &[
    ("picture", picture::run),
    ("weights", weights::run),
    ("variation", variation::run),
    ("model", model::run),
    ("calls", calls::run),
];
