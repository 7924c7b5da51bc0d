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
