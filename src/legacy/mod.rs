//! The order of calls and the gray comparison of HALCON's variation model, for programs that come from there.
//!
//! In: pictures of one gray channel and one size, which show the part in the same place. Out: what is brighter or darker
//! than the limits that good parts set. A room of its own because it learns gray values and no features: it needs no
//! network and no libtorch, and beside the rules of files it shares nothing with `model` but the form of what it finds.

mod compare;
mod engine;
mod file;
mod gray;
mod limits;
mod pixels;
mod record;
mod variation;

pub use compare::{Comparison, Sides};
pub use engine::check_engine;
pub use gray::GrayType;
pub use limits::Tolerance;
pub use pixels::Statistics;
pub use variation::{Learning, MOST_IMAGES, Variation};
