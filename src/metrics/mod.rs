//! How well scores and anomaly maps tell good from defective, where the truth is known.
//!
//! In: scores or maps of pictures, and what is really defective. Out: AUROC, average precision, best F1, PRO, their curves,
//! and the interval around a counted rate. A room of its own because it judges the inspection instead of being part of it:
//! the rooms of the inspection never see the truth. Plain numbers and arrays, no tensors and no files; the same input gives
//! the same bits on every machine.

mod interval;
mod pixels;
mod pro;
mod ranking;

pub use interval::{Interval, clopper_pearson};
pub use pixels::PixelCounts;
pub use ranking::{BestF1, Point, Ranking};
