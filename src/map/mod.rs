//! From a distance at every location to an anomaly map of the picture's own size, and to a drawing of it.
//!
//! In: distances `[h*w]`. Out: the anomaly map `[H, W]` in Mahalanobis units, and heat maps.
//! A room of its own because it is the way back from the grid of locations to the picture.

pub mod render;
pub mod upsample;
