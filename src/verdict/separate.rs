//! A threshold between the scores of good and of defective parts.

use crate::error::{Error, ErrorKind, Result};

/// Scores of good and of defective parts, none of which the model has learned from.
#[derive(Clone, Copy, Debug)]
pub struct Separation<'a> {
    /// One score for each good part, 0 or more.
    pub good: &'a [f32],
    /// One score for each defective part, 0 or more.
    pub bad: &'a [f32],
    /// What a missed defect costs, in false alarms; above 0.
    pub cost: f64,
}

/// How many pictures a threshold judges wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mistakes {
    /// Good parts whose score reaches it.
    pub false_alarms: usize,
    /// Defective parts whose score does not.
    pub misses: usize,
}

impl Separation<'_> {
    /// The threshold with the least `share of false alarms + cost * share of misses`, in the geometric middle of its gap
    /// between two scores; of several the one in the widest gap.
    ///
    /// Where every defective part scores higher than every good one, that is the geometric middle of the highest good and
    /// the lowest defective score. Geometric, because scores spread evenly on a logarithmic scale.
    ///
    /// Errors: `TooFewImages` if there is no good or no defective part, or all score the same; `Numeric` for a score that
    /// is negative or not finite.
    ///
    /// # Example
    /// ```
    /// use twinspect::verdict::Separation;
    /// let scores = Separation { good: &[1.0, 3.0, 4.0], bad: &[9.0, 20.0], cost: 1.0 };
    /// assert_eq!(scores.threshold()?, 6.0);
    /// # Ok::<(), twinspect::Error>(())
    /// ```
    pub fn threshold(&self) -> Result<f32> {
        self.check()?;
        let mut scores = [self.good, self.bad].concat();
        scores.sort_by(f32::total_cmp);
        let sorted = |scores: &[f32]| {
            let mut sorted = scores.to_vec();
            sorted.sort_by(f32::total_cmp);
            sorted
        };
        let (good, bad) = (sorted(self.good), sorted(self.bad));
        let mut best: Option<Gap> = None;
        for pair in scores.windows(2) {
            let (below, above) = (pair[0], pair[1]);
            let threshold = middle(below, above);
            // Of equal scores, and of those with no number between them, there is no gap.
            if threshold <= below || threshold > above {
                continue;
            }
            let reach = |scores: &[f32]| scores.len() - scores.partition_point(|s| *s < threshold);
            let false_alarms = reach(&good) as f64 / good.len() as f64;
            let misses = 1.0 - reach(&bad) as f64 / bad.len() as f64;
            let gap = Gap {
                threshold,
                loss: false_alarms + self.cost * misses,
                width: f64::from(above) / f64::from(below.max(f32::MIN_POSITIVE)),
            };
            if best.is_none_or(|best| gap.is_better(best)) {
                best = Some(gap);
            }
        }
        best.map(|gap| gap.threshold).ok_or_else(|| {
            let message = "good and defective parts all score the same";
            Error::new(ErrorKind::TooFewImages, message)
        })
    }

    /// Whether every defective part scores higher than every good one.
    pub fn is_clean(&self) -> bool {
        let highest = self.good.iter().copied().fold(0.0, f32::max);
        self.bad.iter().all(|score| *score > highest)
    }

    /// How many scores a threshold judges wrongly; with none, nothing is called defective.
    pub fn mistakes(&self, threshold: Option<f32>) -> Mistakes {
        let reaches = |score: &&f32| threshold.is_some_and(|threshold| **score >= threshold);
        Mistakes {
            false_alarms: self.good.iter().filter(reaches).count(),
            misses: self.bad.iter().filter(|score| !reaches(score)).count(),
        }
    }

    fn check(&self) -> Result<()> {
        for (scores, kind) in [(self.good, "good"), (self.bad, "defective")] {
            if scores.is_empty() {
                let message = format!("there is no {kind} part to find a threshold by");
                return Err(Error::new(ErrorKind::TooFewImages, message));
            }
            let is_wrong = |score: &&f32| !score.is_finite() || **score < 0.0;
            if let Some(wrong) = scores.iter().find(is_wrong) {
                let message = format!("the score {wrong} of a {kind} part is no distance");
                return Err(Error::new(ErrorKind::Numeric, message));
            }
        }
        Ok(())
    }
}

/// Where a threshold can lie.
#[derive(Clone, Copy)]
struct Gap {
    threshold: f32,
    loss: f64,
    width: f64,
}

impl Gap {
    fn is_better(&self, other: Self) -> bool {
        // Sums of the same shares in another order are equal.
        let difference = self.loss - other.loss;
        difference < -1e-12 || (difference.abs() <= 1e-12 && self.width > other.width)
    }
}

/// The geometric middle, or half of the higher one if the lower one is 0.
fn middle(below: f32, above: f32) -> f32 {
    if below > 0.0 {
        (f64::from(below) * f64::from(above)).sqrt() as f32
    } else {
        above / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threshold(good: &[f32], bad: &[f32], cost: f64) -> f32 {
        let scores = Separation { good, bad, cost };
        scores.threshold().unwrap()
    }

    #[test]
    fn apart_the_middle_is_geometric_whatever_the_cost() {
        for cost in [0.01, 1.0, 100.0] {
            assert_eq!(threshold(&[1.0, 2.0], &[8.0, 9.0], cost), 4.0);
        }
    }

    #[test]
    fn mixed_scores_give_the_fewest_mistakes() {
        // Of 4 good and 2 defective: between 2 and 4.5, one false alarm (0.25) and no miss; between 6 and 8, one miss (0.5).
        let (good, bad) = ([1.0, 1.5, 2.0, 6.0], [4.5, 8.0]);
        assert_eq!(threshold(&good, &bad, 1.0), 3.0);
        // A miss that costs a tenth of a false alarm.
        assert_eq!(threshold(&good, &bad, 0.1), 48f32.sqrt());
        let scores = Separation {
            good: &good,
            bad: &bad,
            cost: 1.0,
        };
        assert!(!scores.is_clean());
        let of = |threshold| {
            let Mistakes {
                false_alarms,
                misses,
            } = scores.mistakes(threshold);
            (false_alarms, misses)
        };
        assert_eq!(
            (of(Some(3.0)), of(Some(6.0)), of(None)),
            ((1, 0), (1, 1), (0, 2))
        );
    }

    #[test]
    fn of_equal_thresholds_the_widest_gap_wins() {
        // Between 1 and 3 one of two good parts is called defective, between 4 and 5 one of two defective ones good.
        assert_eq!(threshold(&[1.0, 4.0], &[3.0, 5.0], 1.0), 3f32.sqrt());
    }

    #[test]
    fn nothing_to_tell_apart_is_an_error() {
        for (good, bad, kind) in [
            (&[][..], &[1.0][..], ErrorKind::TooFewImages),
            (&[1.0], &[], ErrorKind::TooFewImages),
            (&[1.0, 1.0], &[1.0], ErrorKind::TooFewImages),
            (&[0.0], &[0.0], ErrorKind::TooFewImages),
            (&[1.0, f32::NAN], &[1.0], ErrorKind::Numeric),
        ] {
            let error = Separation {
                good,
                bad,
                cost: 1.0,
            }
            .threshold();
            assert_eq!(error.unwrap_err().kind(), kind, "{good:?} {bad:?}");
        }
    }

    #[test]
    fn zero_scores_leave_a_threshold_above_them() {
        assert_eq!(threshold(&[0.0], &[4.0], 1.0), 2.0);
    }
}
