//! Distances of the locations to anomaly map, score and peak: the same path for thresholds and for verdicts.

use ndarray::{Array2, Zip};
use tch::Tensor;

use crate::error::Result;
use crate::features::smooth;
use crate::image::Mask;
use crate::map::upsample;
use crate::model::recipe::Recipe;
use crate::registration::{Transform, warp_map};
use crate::verdict::{ScoreRule, judge};

/// What the distances of one picture amount to.
#[derive(Debug)]
pub struct Appraisal {
    /// The anomaly map, [H, W]; 0 outside of the mask, and where a moved picture lies outside of the lead's frame.
    pub map: Array2<f32>,
    /// The anomaly score by the recipe's rule.
    pub score: f32,
    /// The highest value of the map.
    pub peak: f32,
    /// Share of the picture that lies in the lead's frame, 0 to 1; 1 if the picture was not moved.
    pub covered: f32,
}

/// Brings `distances` [h, w] to a picture's size (width, height) and scores them.
///
/// Distances of a picture that was moved onto its lead by `to_lead`, in units of its width and height, are carried back.
pub fn appraise(
    distances: &Tensor,
    (width, height): (u32, u32),
    to_lead: Option<&Transform>,
    mask: Option<&Mask<'_>>,
    recipe: &Recipe,
) -> Result<Appraisal> {
    let (h, w) = distances.size2()?;
    let smoothed = smooth::gaussian(&distances.f_reshape([1, 1, h, w])?, recipe.map_sigma)?
        .f_reshape([h, w])?;
    let mut map = upsample::anomaly_map(&smoothed, width, height)?;
    let mut covered = 1.0;
    if let Some(to_lead) = to_lead {
        let to_lead = to_lead.resized(f64::from(width), f64::from(height));
        let back = to_lead.unwrap_or_default().inverse();
        let (carried, is_valid) = warp_map(&map, &back, width, height)?;
        map = carried;
        Zip::from(&mut map)
            .and(&is_valid)
            .for_each(|value, is_valid| {
                if !is_valid {
                    *value = 0.0;
                }
            });
        let valid = is_valid.iter().filter(|is_valid| **is_valid).count();
        covered = valid as f32 / is_valid.len() as f32;
    }
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
    Ok(Appraisal {
        map,
        score,
        peak,
        covered,
    })
}
