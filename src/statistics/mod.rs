//! What is normal: a Gaussian at every location, features themselves, or the subspace that they lie in.
//!
//! In: adapted features, one row for every location. Out: the distance of every location of a new picture.
//! A room of its own because it knows vectors only: no pictures, no networks, no files.

pub mod bank;
pub mod builder;
pub mod coreset;
pub mod dual;
pub mod gaussian;
pub mod k_centre;
pub mod mahalanobis;
pub mod nearest;
pub mod neighbours;
mod scatter;
mod spectrum;
pub mod spread;
mod streamed;
mod subspace;
pub mod variance;
pub mod vicinity;

pub use bank::{Bank, Likeness};
pub use builder::{Fitted, GaussianBuilder};
pub use coreset::Coreset;
pub use gaussian::{Factors, LowRankGaussian};
pub use spread::Spread;
pub use subspace::{Moments, Subspace};
pub use variance::WithinVariance;
pub use vicinity::Vicinity;
