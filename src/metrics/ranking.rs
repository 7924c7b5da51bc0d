//! How well scores separate defective from good.

use crate::error::{Error, ErrorKind, Result};

/// A point of a curve; the function that draws it says what the axes are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// From 0 to 1.
    pub x: f64,
    /// From 0 to 1.
    pub y: f64,
}

/// The highest F1 that a threshold can reach, and that threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BestF1 {
    /// `2 TP / (2 TP + FP + FN)`, from 0 to 1.
    pub f1: f64,
    /// What scores this or more counts as defective; of several equally good ones the highest, which raises fewest alarms.
    pub threshold: f32,
}

/// Scores in descending order, each with what is really defective among those that have it.
///
/// Only the order of the scores matters: any strictly increasing function of them gives the same numbers. Equal scores are
/// told apart by nothing, and so they pass the threshold together.
///
/// # Example
/// ```
/// use twinspect::metrics::Ranking;
/// let ranking = Ranking::new(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true])?;
/// assert_eq!(ranking.auroc(), Some(0.75)); // Of four pairs, 0.35 over 0.4 is the wrong way round.
/// let best = ranking.best_f1().unwrap();
/// assert_eq!((best.f1, best.threshold), (0.8, 0.35));
/// # Ok::<(), twinspect::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Ranking {
    levels: Vec<Level>,
    normal: u64,
    defective: u64,
}

/// All that has one score.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    pub score: f32,
    pub normal: u64,
    pub defective: u64,
}

impl Ranking {
    /// Of one score a picture, the higher the more anomalous, and whether the picture is defective.
    ///
    /// Cost: n log n. Errors: `InvalidArgument` for different lengths, `Numeric` for a score that is not finite.
    pub fn new(scores: &[f32], is_defective: &[bool]) -> Result<Self> {
        if scores.len() != is_defective.len() {
            let message = format!(
                "{} scores, but {} of good or defective",
                scores.len(),
                is_defective.len()
            );
            return Err(Error::new(ErrorKind::InvalidArgument, message)
                .hint("Give one of each for every picture."));
        }
        if let Some(place) = scores.iter().position(|score| !score.is_finite()) {
            let message = format!("score {place} is {}, it must be finite", scores[place]);
            return Err(Error::new(ErrorKind::Numeric, message));
        }
        let mut sorted: Vec<(f32, bool)> = scores
            .iter()
            .copied()
            .zip(is_defective.iter().copied())
            .collect();
        sorted.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let levels = sorted.chunk_by(|a, b| a.0 == b.0).map(|equal| {
            let defective = equal.iter().filter(|(_, defective)| *defective).count() as u64;
            Level {
                score: equal[0].0,
                normal: equal.len() as u64 - defective,
                defective,
            }
        });
        Ok(Self::of_levels(levels.collect()))
    }

    /// Of levels in descending order of their scores.
    pub(super) fn of_levels(levels: Vec<Level>) -> Self {
        Self {
            normal: levels.iter().map(|level| level.normal).sum(),
            defective: levels.iter().map(|level| level.defective).sum(),
            levels,
        }
    }

    /// Area under [`Self::roc`]: the probability that a defective one scores higher than a good one, ties counting half.
    ///
    /// From 0 to 1; 0.5 says nothing, 1 is a perfect separation. `None` if there are no good or no defective ones. Source:
    /// Hanley and McNeil, Radiology 143, 1982.
    pub fn auroc(&self) -> Option<f64> {
        self.has_both().then(|| {
            // In whole numbers, doubled because of the halves: the pixels of many pictures make more pairs than 2^64.
            let mut lower = u128::from(self.normal);
            let mut pairs = 0u128;
            for level in &self.levels {
                let equal = u128::from(level.normal);
                lower -= equal;
                pairs += u128::from(level.defective) * (2 * lower + equal);
            }
            pairs as f64 / (2.0 * self.normal as f64 * self.defective as f64)
        })
    }

    /// `sum_n (R_n - R_(n-1)) P_n` over all thresholds in descending order, P the precision and R the recall.
    ///
    /// As scikit-learn defines it: a sum of steps, not interpolated. From above 0 to 1; chance gives the share of defective
    /// ones. `None` if there are no good or no defective ones.
    pub fn average_precision(&self) -> Option<f64> {
        self.has_both().then(|| {
            let steps = self
                .levels
                .iter()
                .zip(self.passed())
                .map(|(level, passed)| {
                    level.defective as f64 / self.defective as f64 * passed.precision()
                });
            steps.sum()
        })
    }

    /// The best F1 that any threshold reaches. `None` if there are no good or no defective ones.
    pub fn best_f1(&self) -> Option<BestF1> {
        let of = |passed: Passed| BestF1 {
            f1: 2.0 * passed.defective as f64
                / (self.defective + passed.normal + passed.defective) as f64,
            threshold: passed.threshold,
        };
        let better = |best: BestF1, next: BestF1| if next.f1 > best.f1 { next } else { best };
        self.has_both()
            .then(|| self.passed().map(of).reduce(better))?
    }

    /// The receiver operating characteristic: x the false-positive rate `FP / good`, y the true-positive rate
    /// `TP / defective`, from (0, 0) to (1, 1), one point for every distinct score. Empty if there are no good or no defective
    /// ones.
    pub fn roc(&self) -> Vec<Point> {
        let origin = Point { x: 0.0, y: 0.0 };
        self.curve(origin, |passed| Point {
            x: passed.normal as f64 / self.normal as f64,
            y: passed.defective as f64 / self.defective as f64,
        })
    }

    /// Precision and recall: x the recall `TP / defective`, y the precision `TP / (TP + FP)`, from (0, 1), where nothing is
    /// called defective, to x = 1, one point for every distinct score. Empty if there are no good or no defective ones.
    pub fn precision_recall(&self) -> Vec<Point> {
        let nothing = Point { x: 0.0, y: 1.0 };
        self.curve(nothing, |passed| Point {
            x: passed.defective as f64 / self.defective as f64,
            y: passed.precision(),
        })
    }

    fn has_both(&self) -> bool {
        self.normal > 0 && self.defective > 0
    }

    fn curve(&self, first: Point, of: impl Fn(Passed) -> Point) -> Vec<Point> {
        if !self.has_both() {
            return Vec::new();
        }
        std::iter::once(first)
            .chain(self.passed().map(of))
            .collect()
    }

    /// What reaches each of the scores as a threshold, in descending order.
    fn passed(&self) -> impl Iterator<Item = Passed> {
        self.levels
            .iter()
            .scan((0, 0), |(normal, defective), level| {
                *normal += level.normal;
                *defective += level.defective;
                Some(Passed {
                    threshold: level.score,
                    normal: *normal,
                    defective: *defective,
                })
            })
    }
}

/// What reaches a threshold: false alarms and hits.
struct Passed {
    threshold: f32,
    normal: u64,
    defective: u64,
}

impl Passed {
    fn precision(&self) -> f64 {
        self.defective as f64 / (self.normal + self.defective) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranking(scores: &[f32], is_defective: &[u8]) -> Ranking {
        let is_defective: Vec<bool> = is_defective.iter().map(|value| *value == 1).collect();
        Ranking::new(scores, &is_defective).unwrap()
    }

    fn points(values: &[(f64, f64)]) -> Vec<Point> {
        values.iter().map(|&(x, y)| Point { x, y }).collect()
    }

    #[test]
    fn one_tie_by_hand() {
        let ranking = ranking(&[2.0, 1.0, 3.0, 2.0], &[1, 0, 1, 0]);
        // Of four pairs three are in order, one is a tie.
        assert_eq!(ranking.auroc(), Some(3.5 / 4.0));
        assert_eq!(ranking.average_precision(), Some(0.5 + 0.5 * 2.0 / 3.0));
        let best = BestF1 {
            f1: 0.8,
            threshold: 2.0,
        };
        assert_eq!(ranking.best_f1(), Some(best));
        assert_eq!(
            ranking.roc(),
            points(&[(0.0, 0.0), (0.0, 0.5), (0.5, 1.0), (1.0, 1.0)])
        );
        let expected = points(&[(0.0, 1.0), (0.5, 1.0), (1.0, 2.0 / 3.0), (1.0, 0.5)]);
        assert_eq!(ranking.precision_recall(), expected);
    }

    #[test]
    fn equally_good_thresholds_give_the_highest() {
        // One hit of two without alarm and two hits with two alarms have the same F1, 2/3.
        let best = ranking(&[4.0, 3.0, 2.0, 1.0], &[1, 0, 0, 1])
            .best_f1()
            .unwrap();
        assert_eq!((best.f1, best.threshold), (2.0 / 3.0, 4.0));
    }

    #[test]
    fn equal_scores_say_nothing_and_a_perfect_separation_all() {
        let equal = ranking(&[0.0, -0.0, 0.0, 0.0, -0.0], &[1, 0, 0, 1, 0]);
        assert_eq!(equal.auroc(), Some(0.5));
        assert_eq!(equal.average_precision(), Some(0.4));
        let perfect = ranking(&[-3.0, 7.0, -2.0, 8.0], &[0, 1, 0, 1]);
        assert_eq!(perfect.auroc(), Some(1.0));
        assert_eq!(perfect.average_precision(), Some(1.0));
        assert_eq!(
            perfect.best_f1(),
            Some(BestF1 {
                f1: 1.0,
                threshold: 7.0
            })
        );
        assert_eq!(ranking(&[3.0, -7.0], &[0, 1]).auroc(), Some(0.0));
    }

    #[test]
    fn increasing_function_of_the_scores_changes_nothing() {
        let scores: Vec<f32> = (0..40).map(|place| (place * 7 % 19) as f32 / 4.0).collect();
        let truth: Vec<u8> = (0..40).map(|place| u8::from(place % 3 == 0)).collect();
        let other: Vec<f32> = scores.iter().map(|score| score.exp() - 100.0).collect();
        let (a, b) = (ranking(&scores, &truth), ranking(&other, &truth));
        assert_eq!(
            (a.auroc(), a.average_precision()),
            (b.auroc(), b.average_precision())
        );
        assert_eq!(
            (a.roc(), a.precision_recall()),
            (b.roc(), b.precision_recall())
        );
        let (a, b) = (a.best_f1().unwrap(), b.best_f1().unwrap());
        assert_eq!((a.f1, a.threshold.exp() - 100.0), (b.f1, b.threshold));
    }

    #[test]
    fn missing_class_is_none() {
        for ranking in [
            ranking(&[], &[]),
            ranking(&[1.0, 2.0], &[0, 0]),
            ranking(&[1.0, 2.0], &[1, 1]),
        ] {
            assert_eq!((ranking.auroc(), ranking.average_precision()), (None, None));
            assert_eq!(ranking.best_f1(), None);
            assert!(ranking.roc().is_empty() && ranking.precision_recall().is_empty());
        }
    }

    #[test]
    fn wrong_scores_are_errors() {
        let error = Ranking::new(&[1.0], &[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        for bad in [f32::NAN, f32::NEG_INFINITY] {
            let error = Ranking::new(&[1.0, bad], &[true, false]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Numeric);
            assert!(error.message().contains("score 1"), "{error}");
        }
    }
}
