//! What is normal at every location: a Gaussian over the normal images of one group, or over those nearest to a picture.
//!
//! In: adapted features, one row for every location. Out: the Mahalanobis distance of every location of a new picture.
//! A room of its own because it knows vectors only: no pictures, no networks, no files.

pub mod bank;
pub mod builder;
pub mod dual;
pub mod gaussian;
pub mod mahalanobis;
pub mod neighbours;
mod spectrum;
pub mod spread;
pub mod variance;

pub use bank::{Bank, Likeness};
pub use builder::{Fitted, GaussianBuilder};
pub use gaussian::LowRankGaussian;
pub use spread::Spread;
pub use variance::WithinVariance;
