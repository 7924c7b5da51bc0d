//! Distances of the locations to anomaly map, score and peak: the same path for thresholds and for verdicts.

use ndarray::Array2;
use tch::Tensor;

use crate::error::{Error, ErrorKind, Result};
use crate::image::Mask;
use crate::model::blend::Evidence;
use crate::model::recipe::Recipe;
use crate::verdict::{ScoreRule, judge};

/// What the distances of one picture amount to.
#[derive(Debug)]
pub struct Appraisal {
    /// The anomaly map, [H, W]; 0 outside of the mask.
    pub map: Array2<f32>,
    /// The anomaly score by the recipe's rule.
    pub score: f32,
    /// The highest value of the map.
    pub peak: f32,
}

/// Brings a picture's distances to its size (width, height) and scores them.
///
/// Errors: `Numeric` if a distance is not finite: blended with others it could vanish. `Image` for a mask that leaves nothing.
pub fn appraise(
    evidence: &Evidence<'_>,
    (width, height): (u32, u32),
    mask: Option<&Mask<'_>>,
    recipe: &Recipe,
) -> Result<Appraisal> {
    check_finite(evidence.own)?;
    if let Some(part) = &evidence.part {
        check_finite(part.distances)?;
    }
    let mut map = evidence.blended((width, height), recipe.map_sigma)?.map;
    if let Some(mask) = mask {
        mask.check_size(width, height)?;
        for ((y, x), value) in map.indexed_iter_mut() {
            if !mask.covers(x as u32, y as u32) {
                *value = 0.0;
            }
        }
    }
    let peak = judge::score(map.view(), mask, ScoreRule::Max)?;
    let score = match recipe.score {
        ScoreRule::Max => peak,
        rule => judge::score(map.view(), mask, rule)?,
    };
    Ok(Appraisal { map, score, peak })
}

fn check_finite(distances: &Tensor) -> Result<()> {
    if distances.f_isfinite()?.f_all()?.f_int64_value(&[])? != 0 {
        return Ok(());
    }
    let message = "a distance to what is normal is not finite";
    Err(Error::new(ErrorKind::Numeric, message))
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use tch::Tensor;

    use super::*;
    use crate::model::blend::{Blend, PartEvidence};
    use crate::options::Options;
    use crate::registration::Transform;

    #[test]
    fn distance_that_is_no_number_is_never_blended_away() {
        let recipe = Recipe::from_options(&Options::default()).unwrap();
        let fine = Tensor::from_slice(&[1.0f32; 16]).reshape([4, 4]);
        let mask = Array2::from_elem((4, 4), true);
        let to_lead = Transform::similarity(1.0, 0.0, (0.0, 0.0)).unwrap();
        let of = |own: &Tensor, distances: &Tensor| {
            let part = PartEvidence {
                distances,
                mask: &mask,
                to_lead: &to_lead,
                blend: Blend::new(0.5, 10),
            };
            let part = Some(part);
            appraise(&Evidence { own, part }, (8, 8), None, &recipe)
        };
        assert!(of(&fine, &fine).is_ok());
        for wrong in [f32::NAN, f32::INFINITY] {
            let wrong = &fine + Tensor::from_slice(&[wrong, 0.0, 0.0, 0.0]);
            for (own, part) in [(&wrong, &fine), (&fine, &wrong)] {
                assert_eq!(of(own, part).unwrap_err().kind(), ErrorKind::Numeric);
            }
        }
    }
}
