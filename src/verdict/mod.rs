//! From an anomaly map to good or defect.
//!
//! In: the anomaly map and a mask, and what the frame is like. Out: score, verdict, defect regions, whether the picture is
//! one to judge and whether good parts drift; and, from normal images, the thresholds.
//! A room of its own because it decides: pure arithmetic on numbers, with no tensors and no files.

pub mod calibrate;
pub mod drift;
mod finding;
pub mod health;
pub mod judge;
mod limits;
mod log_scores;
mod possible;
pub mod region;
mod separate;
mod tail;

pub use calibrate::{Calibrated, Calibration, Method};
pub use drift::Drift;
pub use finding::Finding;
pub use health::Health;
pub use judge::{ScoreRule, Verdict};
pub use limits::Limits;
pub use log_scores::LogScores;
pub use region::{Region, Run};
pub use separate::{Mistakes, Separation};
pub use tail::{Pareto, ParetoTail};
