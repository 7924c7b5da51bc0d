//! The order of calls of HALCON's variation model, for programs that come from there.
//!
//! In: pictures of one gray channel and one size, which show the part in the same place. Out: where they are outside of the
//! limits that good parts set. `pixels` compares gray values by HALCON's formulas and needs no network; `features` puts the
//! same formula on anomaly maps; [`Variation`] is either or both, and `shadow` writes down where the two differ.

mod compare;
mod engine;
mod features;
mod file;
mod pixels;
mod record;
pub mod shadow;
mod tolerance;
mod variation;

pub use compare::{Comparison, Sides};
pub use engine::Engine;
pub use pixels::{GrayType, Learning, MOST_IMAGES, Statistics};
pub use tolerance::Tolerance;
pub use variation::{Compared, Variation};
