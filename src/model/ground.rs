//! The ground that a part lies on, whose distances are brought to the scale of the part's.

use ndarray::{Array2, Zip};
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::model::blend::Blend;

/// How the distances of the ground become comparable with those of the part.
///
/// Dirt on the ground is normal anywhere and new at each place, so a good part's highest distance often lies off the part.
/// There a distance `d` becomes `gain * d ^ power`, so that the highest value of normal images has the same mean and spread,
/// of its logarithm, on the ground and on the part: neither decides alone how high a threshold must be.
#[derive(Clone, Debug, PartialEq)]
pub struct Ground {
    /// Which locations show the part, [h, w].
    is_part: Array2<bool>,
    scale: Scale,
}

/// See [`Ground`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    /// See [`Ground`].
    pub gain: f64,
    /// See [`Ground`].
    pub power: f64,
}

impl Ground {
    /// The ground off these locations, once it is known how far normal images lie from the others; `outlines` say which
    /// locations of each count.
    ///
    /// None if there is no ground, or no part.
    pub fn new(
        is_part: Array2<bool>,
        distances: &[Array2<f32>],
        outlines: &[Option<Array2<bool>>],
    ) -> Option<Self> {
        if is_part.iter().all(|is_part| *is_part) || !is_part.iter().any(|is_part| *is_part) {
            return None;
        }
        let highest: Vec<(f32, f32)> = distances
            .iter()
            .zip(outlines)
            .map(|(distances, outline)| highest(distances, &is_part, outline.as_ref()))
            .collect();
        let blend = Blend::new(0.0, distances.len()).scaled(&highest);
        Some(Self {
            is_part,
            scale: Scale {
                gain: blend.gain,
                power: blend.power,
            },
        })
    }

    /// Puts stored parts together. Errors: `Format` if they cannot be a ground's.
    pub fn from_parts(is_part: Array2<bool>, scale: Scale) -> Result<Self> {
        let Scale { gain, power } = scale;
        let blend = Blend {
            gain,
            power,
            weight: 0.0,
        };
        if !blend.is_possible() {
            let message = format!("the ground's distances are scaled by {gain} and {power}");
            return Err(Error::new(ErrorKind::Format, message));
        }
        Ok(Self { is_part, scale })
    }

    /// Which locations show the part, [h, w].
    pub fn is_part(&self) -> &Array2<bool> {
        &self.is_part
    }

    /// How the others are scaled.
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// Brings distances [h, w] to one scale.
    pub fn level(&self, distances: &mut Array2<f32>) {
        let Scale { gain, power } = self.scale;
        Zip::from(distances)
            .and(&self.is_part)
            .for_each(|distance, is_part| {
                if !is_part {
                    *distance = (gain * f64::from(*distance).powf(power)) as f32;
                }
            });
    }
}

/// The highest distances on the part and on the ground, of the locations that count; 0 where none does.
fn highest(
    distances: &Array2<f32>,
    is_part: &Array2<bool>,
    outline: Option<&Array2<bool>>,
) -> (f32, f32) {
    let (mut on, mut off) = (0.0f32, 0.0f32);
    for (place, distance) in distances.indexed_iter() {
        if outline.is_some_and(|outline| !outline[place]) {
            continue;
        }
        let highest = if is_part[place] { &mut on } else { &mut off };
        *highest = highest.max(*distance);
    }
    (on, off)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn highest_of_the_ground_comes_to_that_of_the_part() {
        let is_part = array![[true, false, false]];
        let e = |x: f64| x.exp() as f32;
        // Logarithms on the part 1 and 3, off it 2 and 3: as in the blend, 2 becomes 1 and 3 becomes 3.
        let distances = [array![[e(1.0), e(2.0), 0.1]], array![[e(3.0), 0.1, e(3.0)]]];
        let ground = Ground::new(is_part.clone(), &distances, &[None, None]).unwrap();
        for (mut distances, expected) in distances.into_iter().zip([e(1.0), e(3.0)]) {
            let part = distances[(0, 0)];
            ground.level(&mut distances);
            let found = distances[(0, 1)].max(distances[(0, 2)]);
            assert!((found / expected - 1.0).abs() < 1e-5, "{found} {expected}");
            assert_eq!(distances[(0, 0)], part);
        }
        assert_eq!(Ground::from_parts(is_part, ground.scale()).unwrap(), ground);
    }

    #[test]
    fn location_outside_of_the_mask_decides_nothing() {
        let is_part = array![[true, false, false]];
        let distances = [array![[2.0f32, 4.0, 900.0]]];
        let outline = Some(array![[true, true, false]]);
        let ground = Ground::new(is_part, &distances, &[outline]).unwrap();
        assert!((ground.scale().gain - 0.5).abs() < 1e-6);
    }

    #[test]
    fn picture_without_ground_or_part_has_none() {
        for is_part in [array![[true, true]], array![[false, false]]] {
            assert!(Ground::new(is_part, &[array![[1.0, 2.0]]], &[None]).is_none());
        }
        let wrong = Scale {
            gain: f64::NAN,
            power: 1.0,
        };
        assert!(Ground::from_parts(array![[true, false]], wrong).is_err());
    }
}
