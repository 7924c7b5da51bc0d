//! From an anomaly map to good or defect.
//!
//! In: the anomaly map and a mask. Out: score, verdict, defect regions; and, from normal images, the thresholds.
//! A room of its own because it decides: pure arithmetic on numbers, with no tensors and no files.

pub mod calibrate;
pub mod judge;
mod log_scores;
pub mod region;

pub use calibrate::Calibration;
pub use judge::{ScoreRule, Verdict};
pub use log_scores::LogScores;
pub use region::{Region, Run};
