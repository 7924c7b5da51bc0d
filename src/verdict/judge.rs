//! Score and verdict of one anomaly map.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::image::Mask;

/// How the anomaly map becomes one number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ScoreRule {
    /// The highest value, as in the paper.
    Max,
    /// The mean of the highest values, this share of the map in per cent (AnomalyDINO, WACV 2025, uses 1).
    Top(f64),
}

/// What an inspection says. Zeroed memory never reads as good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(i32)]
pub enum Verdict {
    /// The score is below the threshold.
    Good = 1,
    /// The score reaches the threshold.
    Defect = 2,
    /// Nobody can say: no lead image matches the picture, or there is no threshold.
    Undecided = 3,
}

impl Verdict {
    /// The verdict on a score; `None` is a missing threshold.
    pub fn of(score: f32, threshold: Option<f32>) -> Self {
        match threshold {
            Some(threshold) if score >= threshold => Self::Defect,
            Some(_) => Self::Good,
            None => Self::Undecided,
        }
    }

    /// The word that scripts read: `good`, `defect` or `undecided`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Defect => "defect",
            Self::Undecided => "undecided",
        }
    }
}

/// The anomaly score of a map [H, W]; where there is a mask, of its inspected pixels alone.
///
/// Errors: `Image` if the mask leaves no pixel, `Numeric` if a value is not finite.
pub fn score(map: ArrayView2<'_, f32>, mask: Option<&Mask<'_>>, rule: ScoreRule) -> Result<f32> {
    let mut inspected = Inspected { map, mask };
    let mut count = 0usize;
    let mut highest = f32::NEG_INFINITY;
    inspected.for_each(&mut |value| {
        count += 1;
        // A NaN must win, not vanish.
        if value > highest || value.is_nan() {
            highest = value;
        }
    });
    if count == 0 {
        return Err(
            Error::new(ErrorKind::Image, "the mask marks no pixel to inspect")
                .hint("Non-zero pixels of the mask are inspected."),
        );
    }
    let score = match rule {
        ScoreRule::Max => highest,
        ScoreRule::Top(percent) => inspected.mean_of_highest(count, percent)?,
    };
    if score.is_finite() {
        Ok(score)
    } else {
        Err(Error::new(
            ErrorKind::Numeric,
            format!("the anomaly score is {score}"),
        ))
    }
}

struct Inspected<'a> {
    map: ArrayView2<'a, f32>,
    mask: Option<&'a Mask<'a>>,
}

impl Inspected<'_> {
    fn for_each(&mut self, visit: &mut dyn FnMut(f32)) {
        for (y, row) in self.map.rows().into_iter().enumerate() {
            for (x, value) in row.iter().enumerate() {
                if self.mask.is_none_or(|mask| mask.covers(x as u32, y as u32)) {
                    visit(*value);
                }
            }
        }
    }

    fn mean_of_highest(&mut self, count: usize, percent: f64) -> Result<f32> {
        let mut values = Vec::new();
        values
            .try_reserve_exact(count)
            .map_err(|_| Error::new(ErrorKind::Memory, "no memory to sort the anomaly map"))?;
        self.for_each(&mut |value| values.push(value));
        let taken = ((count as f64 * percent / 100.0).ceil() as usize).clamp(1, count);
        let (_, _, _) = values.select_nth_unstable_by(taken - 1, |a, b| b.total_cmp(a));
        let sum: f64 = values[..taken].iter().map(|value| f64::from(*value)).sum();
        Ok((sum / taken as f64) as f32)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::image::{ImageView, PixelFormat};

    #[test]
    fn score_max_and_top() {
        let map = array![[1.0, 2.0], [3.0, 6.0]];
        assert_eq!(score(map.view(), None, ScoreRule::Max).unwrap(), 6.0);
        assert_eq!(score(map.view(), None, ScoreRule::Top(50.0)).unwrap(), 4.5);
        assert_eq!(score(map.view(), None, ScoreRule::Top(0.001)).unwrap(), 6.0);
    }

    #[test]
    fn masked_pixels_are_never_in_the_score() {
        let map = array![[1.0, 2.0], [3.0, 6.0]];
        let bytes = [255, 1, 7, 0];
        let mask = Mask::new(ImageView::packed(PixelFormat::Gray8, 2, 2, &bytes).unwrap()).unwrap();
        assert_eq!(score(map.view(), Some(&mask), ScoreRule::Max).unwrap(), 3.0);
        assert_eq!(
            score(map.view(), Some(&mask), ScoreRule::Top(100.0)).unwrap(),
            2.0
        );
    }

    #[test]
    fn empty_mask_is_an_error_and_nan_is_never_a_score() {
        let zeros = [0; 4];
        let mask = Mask::new(ImageView::packed(PixelFormat::Gray8, 2, 2, &zeros).unwrap()).unwrap();
        let map = array![[1.0, 2.0], [f32::NAN, 6.0]];
        assert_eq!(
            score(map.view(), Some(&mask), ScoreRule::Max)
                .unwrap_err()
                .kind(),
            ErrorKind::Image
        );
        for rule in [ScoreRule::Max, ScoreRule::Top(50.0)] {
            assert_eq!(
                score(map.view(), None, rule).unwrap_err().kind(),
                ErrorKind::Numeric,
                "{rule:?}"
            );
        }
    }

    #[test]
    fn verdict_needs_a_threshold() {
        assert_eq!(Verdict::of(5.0, Some(5.0)), Verdict::Defect);
        assert_eq!(Verdict::of(4.9, Some(5.0)), Verdict::Good);
        assert_eq!(Verdict::of(4.9, None), Verdict::Undecided);
    }
}
