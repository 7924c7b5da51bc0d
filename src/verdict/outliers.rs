//! Which of the images that are said to be normal do not look like the others.

/// Modified z-score from which a value is an outlier (Iglewicz and Hoaglin, 1993).
const LIMIT: f64 = 3.5;

/// The median absolute deviation of a normal distribution, in standard deviations.
const MAD_OF_NORMAL: f64 = 0.6745;

/// Logarithms that spread less than this are the same: of near copies no one is an outlier.
const LEAST_SPREAD: f64 = 0.02;

/// Places of the scores that are too high for their distribution, ascending.
///
/// By the modified z-score of the logarithms, `0.6745 (x - median) / MAD > 3.5`: median and MAD hardly notice up to half of
/// the scores being wrong, where mean and deviation follow a few.
///
/// # Example
/// ```
/// use twinspect::verdict::outliers::outliers;
/// assert_eq!(outliers(&[10.0, 11.0, 90.0, 9.0, 10.5, 12.0]), [2]);
/// ```
pub fn outliers(scores: &[f32]) -> Vec<usize> {
    let logarithms: Vec<f64> = scores
        .iter()
        .map(|score| f64::from(*score).max(1e-6).ln())
        .collect();
    let middle = median(logarithms.clone());
    let spread =
        median(logarithms.iter().map(|log| (log - middle).abs()).collect()).max(LEAST_SPREAD);
    let is_outlier = |log: &f64| MAD_OF_NORMAL * (log - middle) / spread > LIMIT;
    logarithms
        .iter()
        .enumerate()
        .filter(|(_, log)| is_outlier(log))
        .map(|(place, _)| place)
        .collect()
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
    fn low_scores_and_equal_scores_are_no_outliers() {
        assert!(outliers(&[10.0, 11.0, 0.1, 9.0, 10.5]).is_empty());
        assert!(outliers(&[5.0; 8]).is_empty());
        assert!(outliers(&[]).is_empty());
    }

    #[test]
    fn limit_is_the_modified_z_score() {
        // Logarithms -1, 0, 1 twice: median 0, MAD 1; the limit lies at 3.5 / 0.6745 = 5.189.
        let base = [-1.0f32, -1.0, 0.0, 0.0, 1.0, 1.0].map(f32::exp);
        let with = |log: f32| [&base[..], &[log.exp()], &[(-log).exp()]].concat();
        assert!(outliers(&with(5.1)).is_empty());
        assert_eq!(outliers(&with(5.3)), [6]);
    }
}
