//! Scores of normal images on a logarithmic scale, where they spread evenly; which of them stand apart.

/// Modified z-score from which a value stands apart (Iglewicz and Hoaglin, 1993).
const LIMIT: f64 = 3.5;

/// The median absolute deviation of a normal distribution, in standard deviations.
const MAD_OF_NORMAL: f64 = 0.6745;

/// Logarithms that spread less than this are the same: of near copies no one stands apart, and a threshold must not sit on
/// the scores themselves.
pub const LEAST_SPREAD: f64 = 0.02;

/// Logarithms of scores, with their median and median absolute deviation (MAD).
///
/// Median and MAD hardly notice up to half of the scores being wrong, where mean and deviation follow a few.
///
/// # Example
/// ```
/// use twinspect::verdict::LogScores;
/// assert_eq!(LogScores::of(&[10.0, 11.0, 90.0, 9.0, 10.5, 12.0]).too_high(), [2]);
/// ```
#[derive(Clone, Debug)]
pub struct LogScores {
    logarithms: Vec<f64>,
    median: f64,
    spread: f64,
}

impl LogScores {
    /// Of scores, which are 0 or more.
    pub fn of(scores: &[f32]) -> Self {
        let logarithms: Vec<f64> = scores.iter().map(|score| Self::log(*score)).collect();
        let middle = median(logarithms.clone());
        let spread =
            median(logarithms.iter().map(|log| (log - middle).abs()).collect()).max(LEAST_SPREAD);
        Self {
            logarithms,
            median: middle,
            spread,
        }
    }

    /// The logarithm of a score, which is 0 or more; finite.
    pub fn log(score: f32) -> f64 {
        f64::from(score).max(1e-6).ln()
    }

    /// Places of the scores whose modified z-score `0.6745 (x - median) / MAD` exceeds 3.5: images that do not look like the
    /// others. Ascending.
    pub fn too_high(&self) -> Vec<usize> {
        self.places(|z| z > LIMIT)
    }

    /// The logarithms without those whose modified z-score is below -3.5: near copies of other images, which say nothing
    /// about the next one.
    pub fn without_near_copies(&self) -> Vec<f64> {
        let copies = self.places(|z| z < -LIMIT);
        let kept = self
            .logarithms
            .iter()
            .enumerate()
            .filter(|(place, _)| !copies.contains(place));
        kept.map(|(_, log)| *log).collect()
    }

    fn places(&self, stands_apart: impl Fn(f64) -> bool) -> Vec<usize> {
        let z = |log: &f64| MAD_OF_NORMAL * (log - self.median) / self.spread;
        let apart = self
            .logarithms
            .iter()
            .enumerate()
            .filter(|(_, log)| stands_apart(z(log)));
        apart.map(|(place, _)| place).collect()
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        count if count % 2 == 1 => values[count / 2],
        count => f64::midpoint(values[count / 2 - 1], values[count / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn low_scores_and_equal_scores_are_not_too_high() {
        assert!(
            LogScores::of(&[10.0, 11.0, 0.1, 9.0, 10.5])
                .too_high()
                .is_empty()
        );
        assert!(LogScores::of(&[5.0; 8]).too_high().is_empty());
        assert!(LogScores::of(&[]).too_high().is_empty());
    }

    #[test]
    fn limit_is_the_modified_z_score_on_both_sides() {
        // Logarithms -1, 0, 1 twice: median 0, MAD 1; the limit lies at 3.5 / 0.6745 = 5.189.
        let base = [-1.0f32, -1.0, 0.0, 0.0, 1.0, 1.0].map(f32::exp);
        let with = |log: f32| LogScores::of(&[&base[..], &[log.exp()], &[(-log).exp()]].concat());
        assert!(with(5.1).too_high().is_empty());
        assert_eq!(with(5.1).without_near_copies().len(), 8);
        assert_eq!(with(5.3).too_high(), [6]);
        assert_eq!(with(5.3).without_near_copies().len(), 7);
    }
}
