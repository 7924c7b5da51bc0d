//! From an anomaly map to good or defect.
//!
//! In: the anomaly map and a mask, and what the frame is like. Out: score, verdict, defect regions, whether the picture is
//! one to judge and whether good parts drift; and, from normal images, the thresholds.
//! A room of its own because it decides: pure arithmetic on numbers, with no tensors and no files.

pub mod calibrate;
pub mod drift;
pub mod health;
pub mod judge;
mod log_scores;
mod possible;
pub mod region;
mod separate;
mod tail;

pub use calibrate::{Calibrated, Calibration, Method};
pub use drift::Drift;
pub use health::{Finding, Health, Limits};
pub use judge::{ScoreRule, Verdict};
pub use log_scores::LogScores;
pub use region::{Region, Run};
pub use separate::{Mistakes, Separation};
pub use tail::{Pareto, ParetoTail};
