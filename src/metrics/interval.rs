//! How far a counted rate may lie from the true one.

use statrs::distribution::{Beta, ContinuousCDF};

/// A range of rates, both ends included, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower end, 0 or more.
    pub low: f64,
    /// Upper end, at most 1.
    pub high: f64,
}

/// The exact interval of Clopper and Pearson for the rate behind `events` in `trials`.
///
/// The true rate lies inside with a probability of at least `confidence`, whatever it is. With `alpha = 1 - confidence`:
/// `low` is the `alpha / 2` quantile of `Beta(events, trials - events + 1)`, 0 without events; `high` is the `1 - alpha / 2`
/// quantile of `Beta(events + 1, trials - events)`, 1 if every trial is an event.
///
/// Ranges: `events` up to `trials`, `trials` 1 or more, `confidence` above 0 and below 1; `None` for anything else.
/// Source: Clopper and Pearson, The use of confidence or fiducial limits, Biometrika 26, 1934.
///
/// # Example
/// ```
/// // No false alarm among 100 good parts: at most 1 - 0.025^(1/100) = 3.6 % of all, at 95 %.
/// let rate = twinspect::metrics::clopper_pearson(0, 100, 0.95).unwrap();
/// assert_eq!(rate.low, 0.0);
/// assert!((rate.high - (1.0 - 0.025f64.powf(0.01))).abs() < 1e-12);
/// ```
pub fn clopper_pearson(events: u64, trials: u64, confidence: f64) -> Option<Interval> {
    let is_known = trials > 0 && events <= trials && confidence > 0.0 && confidence < 1.0;
    if !is_known {
        return None;
    }
    let tail = (1.0 - confidence) / 2.0;
    let (hits, misses) = (events as f64, (trials - events) as f64);
    let low = match events {
        0 => 0.0,
        _ => quantile(hits, misses + 1.0, tail)?,
    };
    let high = match trials - events {
        0 => 1.0,
        _ => quantile(hits + 1.0, misses, 1.0 - tail)?,
    };
    Some(Interval { low, high })
}

fn quantile(a: f64, b: f64, probability: f64) -> Option<f64> {
    Beta::new(a, b).ok()?.try_inverse_cdf(probability).ok()
}
