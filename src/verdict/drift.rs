//! Whether good parts still score as they did when the model was fitted: a lamp that ages and a fixture that wears show
//! here before parts are called defective.

use statrs::stats_tests::NaNPolicy;
use statrs::stats_tests::ks_test::{KSTwoSampleAlternativeMethod, ks_twosample};

use crate::error::{Error, ErrorKind, Result};
use crate::verdict::log_scores::{LEAST_SPREAD, LogScores};

/// With fewer scores of normal images nothing can be compared.
const FEWEST: usize = 5;

/// Standard deviations by which the mean of the logarithms may rise without being added up: half of the smallest rise that
/// is to be found soon, one standard deviation.
const ALLOWANCE: f64 = 0.5;

/// What the mean of n scores is off by: one standard error, `1 / sqrt(n)`, is allowed as well.
const ERRORS: f64 = 1.0;

/// The sum at which there is an alarm, in standard deviations.
const LIMIT: f64 = 10.0;

/// Good parts that are compared at once with the normal images.
const WINDOW: usize = 50;

/// The chance of a false alarm of each such comparison.
const RATE: f64 = 0.001;

/// So many products of both counts are compared exactly; more take the limit of the distribution.
const MOST_EXACT: f64 = 10_000.0;

/// A running comparison of good parts' scores with those of the normal images, each of which was scored against the others.
///
/// Two named tests on the logarithms of the scores; only scores below the threshold take part, on both sides.
///
/// **CUSUM** (E. S. Page, 1954), one-sided, for a rise: `S = max(0, S + (ln score - m) / s - k)`, m and s the mean and the
/// standard deviation of the n normal images, `k = 0.5 + 1 / sqrt(n)`; an alarm at `S >= 10`. Were m and s known exactly and the
/// logarithms normal, 141,000 parts would come between two false alarms (D. Siegmund's approximation); with those of 50
/// images about 1 in 100 inspectors has had one after 1,000 parts, with 20 images 5. A rise by one standard deviation is
/// found after some 65 parts with 50 images and 120 with 20, one by two after some 20.
///
/// **Kolmogorov-Smirnov**, two samples, two-sided, for any change: each 50 parts are compared with the normal images; an
/// alarm at p < 0.001, which comes falsely once in 50,000 parts.
///
/// Normal images that are near copies of others take no part.
///
/// # Example
/// ```
/// use twinspect::verdict::Drift;
/// let normal: Vec<f32> = (0..40).map(|i| 20.0 + (i * 7 % 13) as f32).collect();
/// let mut drift = Drift::new(&normal, Some(40.0))?;
/// for score in &normal {
///     drift.push(*score);
/// }
/// assert!(!drift.is_found());
/// for _ in 0..60 {
///     drift.push(35.0);
/// }
/// assert!(drift.is_found() && drift.found_at() > Some(40));
/// # Ok::<(), twinspect::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Drift {
    reference: Vec<f64>,
    mean: f64,
    deviation: f64,
    /// Scores from here on are not good, and say nothing here.
    threshold: f64,
    state: State,
}

#[derive(Clone, Debug, Default)]
struct State {
    parts: u64,
    cusum: f64,
    /// Parts before the first of those that the sum is of.
    zero_at: u64,
    window: Vec<f64>,
    comparison: Option<Comparison>,
    rise: Option<u64>,
    change: Option<u64>,
}

/// What the last comparison of a window of good parts with the normal images said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// The largest distance of the two distribution functions, 0 to 1.
    pub distance: f64,
    /// The chance of one as large if nothing has changed.
    pub p: f64,
}

impl Drift {
    /// Compares with these scores of normal images; of those below the threshold, if there is one.
    ///
    /// Errors: `TooFewImages` for fewer than 5; `Numeric` for a score that is negative or not finite.
    pub fn new(scores: &[f32], threshold: Option<f32>) -> Result<Self> {
        let threshold = threshold.unwrap_or(f32::INFINITY);
        let is_wrong = |score: &&f32| !score.is_finite() || **score < 0.0;
        if let Some(wrong) = scores.iter().find(is_wrong) {
            let message = format!("the score {wrong} of a normal image is no distance");
            return Err(Error::new(ErrorKind::Numeric, message));
        }
        let below = scores.iter().copied().filter(|score| *score < threshold);
        let reference = LogScores::of(&below.collect::<Vec<f32>>()).without_near_copies();
        if reference.len() < FEWEST {
            let message = format!(
                "{} scores of normal images are too few to see a drift; it needs {FEWEST}",
                reference.len()
            );
            return Err(Error::new(ErrorKind::TooFewImages, message)
                .hint("Fit more good parts; some 25 or more."));
        }
        let count = reference.len() as f64;
        let mean = reference.iter().sum::<f64>() / count;
        let squares = reference.iter().map(|log| (log - mean).powi(2));
        let deviation = (squares.sum::<f64>() / (count - 1.0)).sqrt();
        Ok(Self {
            mean,
            deviation: deviation.max(LEAST_SPREAD),
            reference,
            threshold: threshold.into(),
            state: State::default(),
        })
    }

    /// Adds a good part. One whose score reaches the threshold, or is no distance, is not counted.
    pub fn push(&mut self, score: f32) {
        let is_good = score >= 0.0 && f64::from(score) < self.threshold && score.is_finite();
        if !is_good {
            return;
        }
        let log = LogScores::log(score);
        let allowance = self.allowance();
        let state = &mut self.state;
        state.parts += 1;
        let sum = state.cusum + (log - self.mean) / self.deviation - allowance;
        if sum > 0.0 {
            state.cusum = sum;
        } else {
            (state.cusum, state.zero_at) = (0.0, state.parts);
        }
        if state.cusum >= LIMIT {
            state.rise.get_or_insert(state.parts);
        }
        state.window.push(log);
        if state.window.len() == WINDOW {
            let window = std::mem::take(&mut state.window);
            state.comparison = compared(&self.reference, &window);
            if state.comparison.is_some_and(|found| found.p < RATE) {
                state.change.get_or_insert(state.parts);
            }
        }
    }

    /// Begins anew, as after the lamp was changed.
    pub fn reset(&mut self) {
        self.state = State::default();
    }

    /// Whether either test has found a drift since the beginning.
    pub fn is_found(&self) -> bool {
        self.found_at().is_some()
    }

    /// The number, from 1, of the good part at which a drift was found first.
    pub fn found_at(&self) -> Option<u64> {
        let found = [self.state.rise, self.state.change];
        found.into_iter().flatten().min()
    }

    /// The number of the good part at which the CUSUM has reached its limit first.
    pub fn rise_at(&self) -> Option<u64> {
        self.state.rise
    }

    /// The number of the good part at which a comparison has found a change first.
    pub fn change_at(&self) -> Option<u64> {
        self.state.change
    }

    /// Good parts so far.
    pub fn parts(&self) -> u64 {
        self.state.parts
    }

    /// The CUSUM now, in standard deviations.
    pub fn cusum(&self) -> f64 {
        self.state.cusum
    }

    /// Where there is an alarm, in standard deviations.
    pub fn limit(&self) -> f64 {
        LIMIT
    }

    /// What is not added up of each part, k, in standard deviations.
    pub fn allowance(&self) -> f64 {
        ALLOWANCE + ERRORS / (self.reference.len() as f64).sqrt()
    }

    /// The number of the good part from which on the CUSUM has not been 0; none if it is. The rise began about there.
    pub fn rising_since(&self) -> Option<u64> {
        (self.state.cusum > 0.0).then_some(self.state.zero_at + 1)
    }

    /// What the last full window said; none before the first.
    pub fn comparison(&self) -> Option<Comparison> {
        self.state.comparison
    }

    /// The p below which a comparison has found a change.
    pub fn least_p(&self) -> f64 {
        RATE
    }

    /// Good parts of a window.
    pub fn window(&self) -> usize {
        WINDOW
    }

    /// Normal images that parts are compared with.
    pub fn references(&self) -> usize {
        self.reference.len()
    }
}

/// None if the samples cannot be compared; finite ones that are not empty can.
fn compared(reference: &[f64], window: &[f64]) -> Option<Comparison> {
    use KSTwoSampleAlternativeMethod::{
        GreaterAsymptotic, LessAsymptotic, TwoSidedAsymptotic, TwoSidedExact,
    };
    let by = |method| {
        let found = ks_twosample(
            reference.to_vec(),
            window.to_vec(),
            method,
            NaNPolicy::Error,
        );
        found.ok()
    };
    let (n, m) = (reference.len() as f64, window.len() as f64);
    if n * m <= MOST_EXACT {
        let (distance, p) = by(TwoSidedExact)?;
        // Sums of 1 / n end beside 1.
        let distance = distance.min(1.0);
        return Some(Comparison { distance, p });
    }
    let distance = by(GreaterAsymptotic)?.0.max(by(LessAsymptotic)?.0);
    // The limit's series does not end where both are the same; here p is 1 to twelve digits.
    if distance * (n * m / (n + m)).sqrt() < 0.2 {
        return Some(Comparison { distance, p: 1.0 });
    }
    let (distance, p) = by(TwoSidedAsymptotic)?;
    Some(Comparison {
        distance: distance.min(1.0),
        p,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores whose logarithms lie evenly from 3 - 0.3 to 3 + 0.3.
    fn even(count: usize) -> Vec<f32> {
        let place = |i: usize| (i * 7 % count) as f64 / (count - 1) as f64;
        (0..count)
            .map(|i| (3.0 + 0.6 * (place(i) - 0.5)).exp() as f32)
            .collect()
    }

    #[test]
    fn sum_by_hand() {
        // Logarithms 1, 2, 3, 4, 5: mean 3, deviation sqrt(2.5); k = 0.5 + 1 / sqrt(5).
        let scores = [1.0f32, 2.0, 3.0, 4.0, 5.0].map(f32::exp);
        let mut drift = Drift::new(&scores, None).unwrap();
        let k = 0.5 + 1.0 / 5f64.sqrt();
        assert!((drift.allowance() - k).abs() < 1e-12);
        let z = 3.0 / 2.5f64.sqrt();
        for _ in 0..2 {
            drift.push(6f32.exp());
        }
        assert!((drift.cusum() - 2.0 * (z - k)).abs() < 1e-6);
        assert_eq!(
            (drift.rising_since(), drift.rise_at(), drift.parts()),
            (Some(1), None, 2)
        );
        drift.push(0.001);
        assert_eq!((drift.cusum(), drift.rising_since()), (0.0, None));
        let needed = (LIMIT / (z - k)).ceil() as u64;
        for _ in 0..needed {
            drift.push(6f32.exp());
        }
        assert_eq!(drift.rise_at(), Some(3 + needed));
        assert_eq!(drift.rising_since(), Some(4));
        // An alarm stays until somebody has looked.
        for _ in 0..100 {
            drift.push(0.001);
        }
        assert_eq!(
            (drift.cusum(), drift.found_at()),
            (0.0, Some(3 + needed)),
            "{drift:?}"
        );
        drift.reset();
        assert!(!drift.is_found() && drift.parts() == 0 && drift.comparison().is_none());
    }

    #[test]
    fn scores_that_are_not_good_are_not_counted_on_either_side() {
        let mut scores = even(30);
        scores.push(90.0);
        let mut drift = Drift::new(&scores, Some(50.0)).unwrap();
        assert_eq!(drift.references(), 30);
        for score in [50.0, 90.0, f32::NAN, f32::INFINITY, -1.0] {
            drift.push(score);
        }
        assert_eq!(drift.parts(), 0);
        drift.push(49.0);
        assert_eq!(drift.parts(), 1);
    }

    #[test]
    fn fall_is_a_change_and_no_rise() {
        let mut drift = Drift::new(&even(40), None).unwrap();
        for _ in 0..WINDOW {
            drift.push(14.0);
        }
        assert_eq!((drift.rise_at(), drift.change_at()), (None, Some(50)));
        assert_eq!(drift.comparison().unwrap().distance, 1.0);
    }

    #[test]
    fn few_or_impossible_scores_are_errors() {
        let kind = |scores: &[f32], threshold| Drift::new(scores, threshold).unwrap_err().kind();
        assert_eq!(kind(&even(30)[..4], None), ErrorKind::TooFewImages);
        assert_eq!(kind(&even(30), Some(1.0)), ErrorKind::TooFewImages);
        assert_eq!(kind(&[1.0, f32::NAN], None), ErrorKind::Numeric);
        assert_eq!(kind(&[1.0, -1.0], None), ErrorKind::Numeric);
    }
}
