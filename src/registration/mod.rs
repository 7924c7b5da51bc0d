//! Where the part lies: the motion that brings one picture onto another, and pictures and maps moved by it.
//!
//! In: pairs of points that show the same spot of the part in two pictures, most of them or at least some right; pictures
//! and anomaly maps. Out: a transform with its inliers, or none; the picture in the other frame, the map in its own again.
//! In reading order: `pairs`, `motion`, `ransac`, `rounds` (match, warp, match again), `align` (gray values), `warp`; `part` tells
//! the part from the ground once pictures lie alike.
//! A room of its own because it is pure geometry: it knows neither how points were matched nor what is compared afterwards.

pub mod align;
pub mod motion;
pub mod pairs;
pub mod part;
pub mod ransac;
pub mod rounds;
pub mod transform;
pub mod warp;

pub use align::Template;
pub use motion::{Motion, Pair};
pub use pairs::{Points, pairs};
pub use part::PartFinder;
pub use ransac::{Ransac, Registered};
pub use rounds::register;
pub use transform::Transform;
pub use warp::{Warped, warp, warp_map};
