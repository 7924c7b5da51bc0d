//! Distances of the locations to anomaly map, score and peak: the same path for thresholds and for verdicts.

use ndarray::Array2;
use tch::Tensor;

use crate::error::Result;
use crate::features::smooth;
use crate::image::Mask;
use crate::map::upsample;
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

/// Brings `distances` [h, w] to a picture's size and scores them.
pub fn appraise(
    distances: &Tensor,
    width: u32,
    height: u32,
    mask: Option<&Mask<'_>>,
    recipe: &Recipe,
) -> Result<Appraisal> {
    let (h, w) = distances.size2()?;
    let smoothed = smooth::gaussian(&distances.f_reshape([1, 1, h, w])?, recipe.map_sigma)?
        .f_reshape([h, w])?;
    let mut map = upsample::anomaly_map(&smoothed, width, height)?;
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
