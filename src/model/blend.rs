//! One anomaly map of a picture as it lies and of the part where it lies on the lead.

use ndarray::{Array2, Zip};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::error::Result;
use crate::features::smooth;
use crate::image::Mask;
use crate::map::upsample;
use crate::registration::{Transform, warp_map};

/// A location is the part's where this share of what is interpolated there is.
const INSIDE: f32 = 0.5;

/// A distance below this is none, so that its logarithm is a number.
const LEAST_DISTANCE: f32 = 1e-3;

/// A few scores do not say how steep the way from one scale to another is: no steeper than this, nor flatter.
const STEEPEST: f64 = 3.0;

/// Images from which the two ways of looking count alike, as far as their number goes.
const MANY_IMAGES: f64 = 100.0;

/// How two distances make one.
///
/// On the part it is their weighted geometric mean: what is odd about a pose shows in one of them, a defect in both. Off the
/// part there is the picture as it lies alone, brought to the same scale: `gain * distance ^ power` of normal images has the
/// same mean and spread, of the logarithm of their highest value, as what they show on the part.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Blend {
    /// Share of the distance at the lead, 0 to 1.
    pub weight: f64,
    /// See above.
    pub gain: f64,
    /// See above.
    pub power: f64,
}

/// What is known of one picture.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// Distances of the picture as it lies, [h, w].
    pub own: &'a Tensor,
    /// Those of the part, if the picture was moved onto its lead.
    pub part: Option<PartEvidence<'a>>,
}

/// Distances of a picture that was moved.
#[derive(Clone, Copy, Debug)]
pub struct PartEvidence<'a> {
    /// [h, w], 0 off the part.
    pub distances: &'a Tensor,
    /// Which locations show the part.
    pub mask: &'a Array2<bool>,
    /// How it was moved, in units of the picture's width and height.
    pub to_lead: &'a Transform,
    /// How the two make one.
    pub blend: Blend,
}

/// A map of the picture's size, and which pixels show the part.
pub struct Blended {
    /// [H, W].
    pub map: Array2<f32>,
    /// [H, W]; none if nothing is known of a part.
    pub is_part: Option<Array2<bool>>,
}

impl Blend {
    /// Of so many normal images, before their scores are known; a `weight` of 0 is chosen by their number.
    ///
    /// The picture as it lies must have been seen in every pose, and a few images have not. So the fewer they are, the more
    /// the lead counts: all of it with one, half of it with many.
    pub fn new(weight: f64, images: usize) -> Self {
        let few = (-(images as f64) / MANY_IMAGES).exp();
        Self {
            weight: if weight > 0.0 {
                weight
            } else {
                0.5 + 0.5 * few
            },
            gain: 1.0,
            power: 1.0,
        }
    }

    /// The same once it is known how high normal images come on the part and off it, before gain and power; 0 where an image
    /// shows nothing of it, as under a mask or where the part fills the picture.
    pub fn scaled(self, highest: &[(f32, f32)]) -> Self {
        let logarithms = |value: fn(&(f32, f32)) -> f32| {
            let shown = highest.iter().map(value).filter(|highest| *highest > 0.0);
            let logarithms: Vec<f64> = shown
                .map(|highest| f64::from(highest.max(LEAST_DISTANCE)).ln())
                .collect();
            if logarithms.is_empty() {
                return None;
            }
            let count = logarithms.len() as f64;
            let mean = logarithms.iter().sum::<f64>() / count;
            let squares = logarithms
                .iter()
                .map(|log| (log - mean).powi(2))
                .sum::<f64>();
            Some((mean, (squares / count).sqrt()))
        };
        let (Some(on), Some(off)) = (logarithms(|pair| pair.0), logarithms(|pair| pair.1)) else {
            return self;
        };
        let power = if on.1 > 0.0 && off.1 > 0.0 {
            (on.1 / off.1).clamp(1.0 / STEEPEST, STEEPEST)
        } else {
            1.0
        };
        Self {
            gain: (on.0 - power * off.0).exp(),
            power,
            ..self
        }
    }

    /// Whether these can be the numbers of a blend.
    pub fn is_possible(&self) -> bool {
        let steepness = 1.0 / STEEPEST..=STEEPEST;
        (0.0..=1.0).contains(&self.weight)
            && steepness.contains(&self.power)
            && self.gain.is_finite()
            && self.gain > 0.0
    }

    fn on(&self, own: f32, lead: f32) -> f32 {
        let logarithm = |distance: f32| f64::from(distance.max(LEAST_DISTANCE)).ln();
        let mixed = (1.0 - self.weight) * logarithm(own) + self.weight * logarithm(lead);
        mixed.exp() as f32
    }

    fn off(&self, own: f32) -> f32 {
        (self.gain * f64::from(own).powf(self.power)) as f32
    }
}

impl Evidence<'_> {
    /// The map of a picture of this size (width, height), each set of distances smoothed by `sigma` locations before.
    pub fn blended(&self, (width, height): (u32, u32), sigma: f64) -> Result<Blended> {
        let mut map = enlarged(self.own, (width, height), sigma)?;
        let Some(part) = &self.part else {
            return Ok(Blended { map, is_part: None });
        };
        // Off the part nothing is known: what is interpolated is weighed by what is there.
        let known = mask_tensor(part.mask)?;
        let mut at_lead = enlarged(part.distances, (width, height), sigma)?;
        let known = enlarged(&known, (width, height), sigma)?;
        Zip::from(&mut at_lead)
            .and(&known)
            .for_each(|distance, known| {
                *distance = if *known > 0.0 { *distance / known } else { 0.0 };
            });
        let to_lead = part.to_lead.resized(f64::from(width), f64::from(height))?;
        let back = to_lead.inverse();
        let (at_lead, is_valid) = warp_map(&at_lead, &back, width, height)?;
        let (known, _) = warp_map(&known, &back, width, height)?;
        let mut is_part = is_valid;
        Zip::from(&mut is_part)
            .and(&known)
            .for_each(|is_part, known| *is_part &= *known >= INSIDE);
        Zip::from(&mut map)
            .and(&at_lead)
            .and(&is_part)
            .for_each(|own, lead, is_part| {
                *own = if *is_part {
                    part.blend.on(*own, *lead)
                } else {
                    part.blend.off(*own)
                };
            });
        Ok(Blended {
            map,
            is_part: Some(is_part),
        })
    }
}

impl Blended {
    /// The highest values on the part and off it, within the mask; 0 where there is none.
    pub fn highest(&self, mask: Option<&Mask<'_>>) -> (f32, f32) {
        let (mut on, mut off) = (0.0f32, 0.0f32);
        for ((y, x), value) in self.map.indexed_iter() {
            if mask.is_some_and(|mask| !mask.covers(x as u32, y as u32)) {
                continue;
            }
            match &self.is_part {
                Some(is_part) if is_part[(y, x)] => on = on.max(*value),
                _ => off = off.max(*value),
            }
        }
        (on, off)
    }
}

fn enlarged(distances: &Tensor, (width, height): (u32, u32), sigma: f64) -> Result<Array2<f32>> {
    let (h, w) = distances.size2()?;
    let smoothed = smooth::gaussian(&distances.f_reshape([1, 1, h, w])?, sigma)?;
    upsample::anomaly_map(&smoothed.f_reshape([h, w])?, width, height)
}

fn mask_tensor(mask: &Array2<bool>) -> Result<Tensor> {
    crate::torch::grid::of_array(&mask.mapv(|is_part| if is_part { 1.0f32 } else { 0.0 }))
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use tch::Tensor;

    use super::*;

    fn map(values: &[f32], rows: i64) -> Tensor {
        Tensor::from_slice(values).reshape([rows, -1])
    }

    const BLEND: Blend = Blend {
        weight: 0.5,
        gain: 2.0,
        power: 1.0,
    };

    #[test]
    fn part_is_the_geometric_mean_and_the_ground_its_own_brought_to_scale() {
        let (own, lead) = (map(&[4.0, 4.0], 1), map(&[9.0, 0.0], 1));
        let evidence = Evidence {
            own: &own,
            part: Some(PartEvidence {
                distances: &lead,
                mask: &array![[true, false]],
                to_lead: &Transform::identity(),
                blend: BLEND,
            }),
        };
        let found = evidence.blended((2, 1), 0.0).unwrap();
        assert!((found.map[(0, 0)] - 6.0).abs() < 1e-5, "{}", found.map);
        assert_eq!(found.map[(0, 1)], 8.0);
        assert_eq!(found.is_part, Some(array![[true, false]]));
        let (on, off) = found.highest(None);
        assert!((on - 6.0).abs() < 1e-5 && off == 8.0);
    }

    #[test]
    fn part_follows_the_picture() {
        // The lead shows the part half a width further to the right.
        let to_lead = Transform::similarity(1.0, 0.0, (0.5, 0.0)).unwrap();
        let (own, lead) = (map(&[1.0; 4], 1), map(&[0.0, 0.0, 16.0, 0.0], 1));
        let evidence = Evidence {
            own: &own,
            part: Some(PartEvidence {
                distances: &lead,
                mask: &array![[false, false, true, false]],
                to_lead: &to_lead,
                blend: BLEND,
            }),
        };
        let found = evidence.blended((4, 1), 0.0).unwrap();
        assert_eq!(found.is_part, Some(array![[true, false, false, false]]));
        assert!((found.map[(0, 0)] - 4.0).abs() < 1e-4, "{}", found.map);
    }

    #[test]
    fn scale_of_the_ground_is_that_of_the_part() {
        let blend = Blend::new(0.3, 10);
        assert_eq!(blend.weight, 0.3);
        let e = |x: f64| x.exp() as f32;
        // Logarithms on the part 1 and 3, off it 2 and 3: twice as steep, and 2 of them lies at 5 - 2 * 2.5 = -3 + 2.
        let scaled = blend.scaled(&[(e(1.0), e(2.0)), (e(3.0), e(3.0))]);
        assert!((scaled.power - 2.0).abs() < 1e-5);
        assert!((scaled.gain.ln() + 3.0).abs() < 1e-5);
        assert!(scaled.is_possible());
        assert_eq!(blend.scaled(&[]), blend);
        let one = blend.scaled(&[(4.0, 2.0)]);
        assert_eq!(one.power, 1.0);
        assert!((one.gain - 2.0).abs() < 1e-6);
    }

    #[test]
    fn image_that_shows_no_ground_says_nothing_of_its_scale() {
        let blend = Blend::new(0.3, 10);
        assert_eq!(blend.scaled(&[(4.0, 0.0), (5.0, 0.0)]), blend);
        assert_eq!(blend.scaled(&[(0.0, 4.0)]), blend);
        let (with, without) = ([(4.0, 2.0), (4.0, 0.0)], [(4.0, 2.0)]);
        assert_eq!(blend.scaled(&with), blend.scaled(&without));
    }

    #[test]
    fn few_images_look_at_the_lead_and_many_at_both() {
        assert!(Blend::new(0.0, 1).weight > 0.99);
        assert!((Blend::new(0.0, 1000).weight - 0.5).abs() < 1e-3);
    }
}
