//! A threshold from the scores of normal images alone, at a stated false-alarm rate.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ChiSquared, ContinuousCDF, Normal, StudentsT};

use crate::error::{Error, ErrorKind, Result};
use crate::verdict::log_scores::{LEAST_SPREAD, LogScores};
use crate::verdict::possible::{Possible, share_above};
use crate::verdict::tail::ParetoTail;

/// A threshold further above the highest score than this is a guess into the blue, under which any defect passes.
const FURTHEST: f32 = 10.0;

/// This many scores must lie above a threshold that is read off the scores, which leaves it uncertain by about a fifth of
/// the rate; with fewer it is extrapolated.
const SCORES_ABOVE: f64 = 20.0;

/// With fewer scores nothing is known of their tail.
const FEWEST_FOR_TAIL: usize = 5;

/// The tail begins at this share of the scores, but
const TAIL_SHARE: f64 = 0.25;

/// has this many or half of them all: what is known of its scale must not hang on two or three.
const TAIL_COUNT: usize = 10;

/// Scores of normal images that were not part of what they were compared with, and the rate to calibrate at.
#[derive(Clone, Copy, Debug)]
pub struct Calibration<'a> {
    /// One score for each normal image, left out or held out, 0 or more.
    pub scores: &'a [f32],
    /// Share of good parts that may be called defective, above 0 and at most 0.5.
    pub false_alarm_rate: f64,
}

/// A threshold, and how far it can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibrated {
    /// Scores from here on are defects.
    pub threshold: f32,
    /// How it was found.
    pub method: Method,
    /// The rate of false alarms that was asked for.
    pub false_alarm_rate: f64,
    /// The rate that the threshold will in fact have lies between these, with a chance of 90 %.
    ///
    /// It is an interval for the rate and not for the threshold, because the threshold is what will be used: what is
    /// uncertain about it is what it does.
    pub interval: (f64, f64),
    /// How many scores it was found from.
    pub scores: usize,
    /// How many images it takes to count this rate off their scores: 20 / rate, so that 20 lie above the threshold.
    pub images_needed: u64,
}

/// How a threshold was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Method {
    /// Read off the scores: as many lie above it as the rate says. Nothing is assumed of them.
    Counted,
    /// Extrapolated from the highest scores.
    Tail,
    /// Two to four scores: as if their logarithms were normal.
    LogNormal,
}

impl Calibrated {
    /// Below this many images, 1 / rate, not even one is expected above the threshold, and it is a guess.
    pub fn images_for_more_than_a_guess(&self) -> u64 {
        at_least(1.0 / self.false_alarm_rate)
    }
}

impl Calibration<'_> {
    /// The threshold that a good part's score reaches with the stated probability.
    ///
    /// With many scores it is their order statistic of rank `ceil((n + 1) (1 - rate))`, which holds for any distribution
    /// (the conformal bound): where 20 scores lie above it, or it lies below the tail. With 5 and more, it is extrapolated
    /// from the logarithms of the highest quarter of the scores, 10 at least, by [`ParetoTail`], so that
    /// `k / (n + 1) * P(excess > t)` is the rate. With fewer, it is the upper prediction bound of a log-normal distribution,
    /// `exp(m + t s sqrt(1 + 1/n))`, t the quantile of Student's distribution of n - 1 degrees of freedom. Each is what the
    /// next score exceeds at the rate on average over all that the scores leave possible: the fewer the images, the further
    /// it stays away. Scores far below the others are those of near copies and take no part in what is extrapolated.
    ///
    /// Errors: `TooFewImages` for fewer than two scores, or so few for the rate that the bound lies beyond ten times the
    /// highest; `Numeric` for a score that is negative or not finite.
    ///
    /// # Example
    /// ```
    /// use twinspect::verdict::{Calibration, Method};
    /// let scores: Vec<f32> = (1..=2999).map(|score| score as f32).collect();
    /// let found = Calibration { scores: &scores, false_alarm_rate: 0.01 }.calibrated()?;
    /// assert_eq!((found.threshold, found.method, found.images_needed), (2970.0, Method::Counted, 2000));
    /// # Ok::<(), twinspect::Error>(())
    /// ```
    pub fn calibrated(&self) -> Result<Calibrated> {
        self.check()?;
        let rate = self.false_alarm_rate;
        let logarithms = LogScores::of(self.scores).without_near_copies();
        let in_tail = tail_count(logarithms.len());
        let is_tail = rate < in_tail as f64 / (logarithms.len() + 1) as f64;
        if self.scores.len() as f64 * rate >= SCORES_ABOVE {
            return Ok(self.counted());
        }
        if logarithms.len() < FEWEST_FOR_TAIL {
            return self.log_normal(&logarithms);
        }
        if is_tail {
            return self.extrapolated(logarithms, in_tail);
        }
        Ok(self.counted())
    }

    /// The threshold alone, of [`Calibration::calibrated`].
    pub fn threshold(&self) -> Result<f32> {
        Ok(self.calibrated()?.threshold)
    }

    fn check(&self) -> Result<()> {
        let n = self.scores.len();
        if n < 2 {
            let message =
                format!("{n} scores of normal images are too few for a threshold; it needs 2");
            return Err(Error::new(ErrorKind::TooFewImages, message));
        }
        let is_wrong = |score: &&f32| !score.is_finite() || **score < 0.0;
        if let Some(bad) = self.scores.iter().find(is_wrong) {
            let message = format!("the score {bad} of a normal image is no distance");
            return Err(Error::new(ErrorKind::Numeric, message));
        }
        Ok(())
    }

    fn counted(&self) -> Calibrated {
        let n = self.scores.len();
        let mut sorted = self.scores.to_vec();
        sorted.sort_by(f32::total_cmp);
        let rank = ((n + 1) as f64 * (1.0 - self.false_alarm_rate)).ceil() as usize;
        let rank = rank.clamp(1, n);
        let rate = |probability| share_above(n + 1 - rank, n, probability);
        self.with(sorted[rank - 1], Method::Counted, (rate(0.05), rate(0.95)))
    }

    /// From the logarithms of the `in_tail` highest scores.
    fn extrapolated(&self, mut logarithms: Vec<f64>, in_tail: usize) -> Result<Calibrated> {
        logarithms.sort_by(f64::total_cmp);
        let n = logarithms.len();
        let (below, above) = logarithms.split_at(n - in_tail);
        let begin = below.last().copied().unwrap_or_default();
        let mut excesses: Vec<f64> = above.iter().map(|log| log - begin).collect();
        let mean = excesses.iter().sum::<f64>() / in_tail as f64;
        // Where the scores are all but equal, the threshold must not sit on them.
        let lacking = (LEAST_SPREAD - mean).max(0.0);
        for excess in &mut excesses {
            *excess += lacking;
        }
        let tail = ParetoTail::fit(&excesses)
            .ok_or_else(|| Error::new(ErrorKind::Numeric, "the scores have no tail"))?;
        let in_tail_rate = in_tail as f64 / (n + 1) as f64;
        let excess = tail.quantile(self.false_alarm_rate / in_tail_rate);
        let threshold = self.within_reach((begin + excess).exp() as f32)?;
        let rate = tail
            .shares_above(excess)
            .with(&Possible::share_above(in_tail, n), |above, in_tail| {
                above * in_tail
            });
        Ok(self.with(threshold, Method::Tail, rate.interval()))
    }

    fn log_normal(&self, logarithms: &[f64]) -> Result<Calibrated> {
        let n = logarithms.len() as f64;
        let mean = logarithms.iter().sum::<f64>() / n;
        let squares = logarithms.iter().map(|log| (log - mean).powi(2));
        let spread = (squares.sum::<f64>() / (n - 1.0)).sqrt().max(LEAST_SPREAD);
        let failed =
            |error: &dyn std::fmt::Display| Error::new(ErrorKind::Numeric, error.to_string());
        let student = StudentsT::new(0.0, 1.0, n - 1.0).map_err(|error| failed(&error))?;
        let away = student.inverse_cdf(1.0 - self.false_alarm_rate) * (1.0 + 1.0 / n).sqrt();
        let threshold = self.within_reach((mean + away * spread).exp() as f32)?;

        // Of the scores' own mean and deviation, what is possible given theirs: sigma = s sqrt((n-1) / chi²) about both.
        let squares = ChiSquared::new(n - 1.0).map_err(|error| failed(&error))?;
        let normal = Normal::standard();
        let deviations = Possible::of_quantiles(|p| ((n - 1.0) / squares.inverse_cdf(p)).sqrt());
        let means = Possible::of_quantiles(|p| normal.inverse_cdf(p) / n.sqrt());
        let rate = deviations.with(&means, |deviation, mean| normal.sf(away / deviation - mean));
        Ok(self.with(threshold, Method::LogNormal, rate.interval()))
    }

    /// The bound, unless it lies where any defect passes.
    fn within_reach(&self, bound: f32) -> Result<f32> {
        let highest = self.scores.iter().copied().fold(0.0, f32::max);
        if bound.is_finite() && (highest == 0.0 || bound <= FURTHEST * highest) {
            return Ok(bound);
        }
        let (count, rate) = (self.scores.len(), self.false_alarm_rate);
        let message = format!("{count} good parts are too few for a false-alarm rate of {rate}");
        Err(Error::new(ErrorKind::TooFewImages, message)
            .at("verdict.false_alarm_rate")
            .hint("Give more good parts, or allow a higher rate."))
    }

    fn with(&self, threshold: f32, method: Method, interval: (f64, f64)) -> Calibrated {
        Calibrated {
            threshold,
            method,
            false_alarm_rate: self.false_alarm_rate,
            interval,
            scores: self.scores.len(),
            images_needed: at_least(SCORES_ABOVE / self.false_alarm_rate),
        }
    }
}

/// How many of so many scores make up the tail.
fn tail_count(scores: usize) -> usize {
    let share = (TAIL_SHARE * scores as f64).ceil() as usize;
    share
        .max(TAIL_COUNT.min(scores.div_ceil(2)))
        .min(scores.saturating_sub(1))
}

/// Rounded up, but not by the noise of binary fractions.
fn at_least(images: f64) -> u64 {
    (images - 1e-6).ceil() as u64
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

    fn calibrated(scores: &[f32], false_alarm_rate: f64) -> Calibrated {
        Calibration {
            scores,
            false_alarm_rate,
        }
        .calibrated()
        .unwrap()
    }

    /// Scores whose logarithms are exponential with a mean of 0.2, evenly drawn.
    fn exponential(count: u32) -> Vec<f32> {
        let share = |i: u32| (f64::from(i) + 0.5) / f64::from(count);
        (0..count)
            .map(|i| (3.0 - 0.2 * share(i).ln()).exp() as f32)
            .collect()
    }

    #[test]
    fn method_follows_from_the_number_of_scores() {
        for (count, rate, expected) in [
            (2, 0.05, Method::LogNormal),
            (4, 0.05, Method::LogNormal),
            (5, 0.05, Method::Tail),
            (399, 0.05, Method::Tail),
            (400, 0.05, Method::Counted),
            (400, 0.001, Method::Tail),
            (30, 0.4, Method::Counted),
        ] {
            let found = calibrated(&exponential(count), rate);
            assert_eq!(found.method, expected, "{count} scores at {rate}");
            let (low, high) = found.interval;
            assert!(0.0 <= low && low < rate && rate < high, "{found:?}");
        }
    }

    #[test]
    fn exponential_tail_is_found_beyond_the_scores() {
        // 0.001 is exceeded at ln 1000 means of 0.2; the prior holds the shape near, not at, that of 500 scores.
        let expected = 3.0 + 0.2 * 1000f64.ln();
        let found = f64::from(threshold(&exponential(500), 0.001)).ln();
        assert!(
            (found - expected).abs() < 0.1,
            "{found}, expected {expected}"
        );
    }

    #[test]
    fn one_odd_image_moves_the_threshold_little() {
        let scores = exponential(50);
        let mut odd = scores.clone();
        odd[25] = 3.0 * scores[25];
        let ratio = threshold(&odd, 0.02) / threshold(&scores, 0.02);
        assert!((1.0..1.3).contains(&ratio), "{ratio}");
    }

    #[test]
    fn images_that_a_rate_needs() {
        let found = calibrated(&exponential(50), 0.001);
        assert_eq!(found.images_needed, 20_000);
        assert_eq!(found.images_for_more_than_a_guess(), 1000);
        assert_eq!(calibrated(&exponential(50), 0.03).images_needed, 667);
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
