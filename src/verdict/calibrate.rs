//! A threshold from the scores of normal images alone, at a stated false-alarm rate.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::error::{Error, ErrorKind, Result};
use crate::verdict::log_scores::{LEAST_SPREAD, LogScores};

/// A threshold further above the highest score than this is a guess into the blue, under which any defect passes.
const FURTHEST: f32 = 10.0;

/// This many scores must lie above a threshold that is read off the scores, which leaves it uncertain by about a fifth of
/// the rate; with fewer it is extrapolated.
const SCORES_ABOVE: f64 = 20.0;

/// Scores of normal images that were not part of what they were compared with, and the rate to calibrate at.
#[derive(Clone, Copy, Debug)]
pub struct Calibration<'a> {
    /// One score for each normal image, left out or held out, 0 or more.
    pub scores: &'a [f32],
    /// Share of good parts that may be called defective, above 0 and at most 0.5.
    pub false_alarm_rate: f64,
}

impl Calibration<'_> {
    /// The threshold that a good part's score reaches with the stated probability.
    ///
    /// With many scores it is their order statistic of rank `ceil((n + 1) (1 - rate))`, which holds for any distribution
    /// (the conformal bound). With few, the upper prediction bound of a log-normal distribution,
    /// `exp(m + t s sqrt(1 + 1/n))`, t the quantile of Student's distribution of n - 1 degrees of freedom: the fewer the
    /// images, the further it stays away. Scores far below the others are those of near copies and take no part in it.
    ///
    /// Errors: `TooFewImages` for fewer than two scores, or so few for the rate that the bound lies beyond ten times the
    /// highest; `Numeric` for a score that is negative or not finite.
    ///
    /// # Example
    /// ```
    /// use twinspect::verdict::Calibration;
    /// let scores: Vec<f32> = (1..=2999).map(|score| score as f32).collect();
    /// let threshold = Calibration { scores: &scores, false_alarm_rate: 0.01 }.threshold()?;
    /// assert_eq!(threshold, 2970.0);
    /// # Ok::<(), twinspect::Error>(())
    /// ```
    pub fn threshold(&self) -> Result<f32> {
        let n = self.scores.len();
        if n < 2 {
            let message =
                format!("{n} scores of normal images are too few for a threshold; it needs 2");
            return Err(Error::new(ErrorKind::TooFewImages, message));
        }
        if let Some(bad) = self
            .scores
            .iter()
            .find(|score| !score.is_finite() || **score < 0.0)
        {
            return Err(Error::new(
                ErrorKind::Numeric,
                format!("the score {bad} of a normal image is no distance"),
            ));
        }
        let quantile = 1.0 - self.false_alarm_rate;
        if n as f64 * self.false_alarm_rate >= SCORES_ABOVE {
            let mut sorted = self.scores.to_vec();
            sorted.sort_by(f32::total_cmp);
            let rank = ((n + 1) as f64 * quantile).ceil() as usize;
            return Ok(sorted[rank.clamp(1, n) - 1]);
        }
        self.prediction_bound(quantile)
    }

    fn prediction_bound(&self, quantile: f64) -> Result<f32> {
        let logarithms = LogScores::of(self.scores).without_near_copies();
        let n = logarithms.len() as f64;
        let mean = logarithms.iter().sum::<f64>() / n;
        let variance = logarithms
            .iter()
            .map(|log| (log - mean).powi(2))
            .sum::<f64>()
            / (n - 1.0);
        let spread = variance.sqrt().max(LEAST_SPREAD);
        let student = StudentsT::new(0.0, 1.0, n - 1.0)
            .map_err(|error| Error::new(ErrorKind::Numeric, error.to_string()))?;
        let bound =
            (mean + student.inverse_cdf(quantile) * spread * (1.0 + 1.0 / n).sqrt()).exp() as f32;
        let highest = self.scores.iter().copied().fold(0.0, f32::max);
        if highest > 0.0 && bound > FURTHEST * highest {
            let rate = self.false_alarm_rate;
            let message = format!(
                "{} good parts are too few for a false-alarm rate of {rate}",
                self.scores.len()
            );
            return Err(Error::new(ErrorKind::TooFewImages, message)
                .at("verdict.false_alarm_rate")
                .hint("Give more good parts, or allow a higher rate."));
        }
        Ok(bound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threshold(scores: &[f32], false_alarm_rate: f64) -> f32 {
        Calibration {
            scores,
            false_alarm_rate,
        }
        .threshold()
        .unwrap()
    }

    #[test]
    fn few_scores_give_the_prediction_bound() {
        // Logarithms 1, 1.5, 2: mean 1.5, deviation 0.5; Student's 95 % quantile at 2 degrees of freedom is 2.919986 (any
        // table).
        let scores = [1.0f32.exp(), 1.5f32.exp(), 2.0f32.exp()];
        let expected = (1.5 + 0.5 * 2.919_986 * (4.0f64 / 3.0).sqrt()).exp();
        let found = f64::from(threshold(&scores, 0.05));
        assert!(
            (found / expected - 1.0).abs() < 1e-5,
            "{found}, expected {expected}"
        );
    }

    #[test]
    fn equal_scores_leave_room_above_them() {
        assert!(threshold(&[3.0; 20], 0.01) > 3.0 * 1.04);
    }

    #[test]
    fn fewer_images_stay_further_away() {
        let scores: Vec<f32> = (0..40).map(|i| 10.0 + (i % 5) as f32).collect();
        assert!(threshold(&scores[..5], 0.01) > threshold(&scores[..10], 0.01));
        assert!(threshold(&scores[..10], 0.01) > threshold(&scores, 0.01));
    }

    #[test]
    fn one_score_and_wrong_scores_are_errors() {
        let of = |scores: &[f32]| {
            Calibration {
                scores,
                false_alarm_rate: 0.01,
            }
            .threshold()
            .unwrap_err()
            .kind()
        };
        assert_eq!(of(&[1.0]), ErrorKind::TooFewImages);
        assert_eq!(of(&[1.0, f32::NAN]), ErrorKind::Numeric);
        assert_eq!(of(&[1.0, -1.0]), ErrorKind::Numeric);
    }

    #[test]
    fn low_score_of_a_near_copy_does_not_raise_the_threshold() {
        let scores: Vec<f32> = (0..12).map(|i| 50.0 + i as f32).collect();
        let with_copies = [&scores[..], &[3.0, 4.0]].concat();
        assert!(threshold(&with_copies, 0.02) <= threshold(&scores, 0.02));
    }

    #[test]
    fn too_few_scores_for_a_strict_rate_give_no_threshold() {
        let strict = Calibration {
            scores: &[300.0, 297.0],
            false_alarm_rate: 1e-6,
        };
        assert_eq!(
            strict.threshold().unwrap_err().kind(),
            ErrorKind::TooFewImages
        );
    }

    #[test]
    fn zero_scores_are_finite() {
        assert!(threshold(&[0.0, 0.0, 0.0], 0.01).is_finite());
    }
}
