//! Which locations are near which.

use std::collections::HashMap;

use tch::{Device, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::torch::shared::SharedTensor;

/// For each of some locations of a grid those of them that lie within reach of it.
#[derive(Debug)]
pub struct Vicinity {
    /// [K, L] i64: row by row the location itself, and one other; itself again where there is none.
    near: SharedTensor,
}

impl Vicinity {
    /// Of locations with these numbers, row by row on a grid of width `w`: near is what lies `reach` rows and columns away
    /// at most. Errors: `Memory`, of which it takes 8 (2 reach + 1)^2 bytes a location.
    pub fn new(locations: &[i64], w: i64, reach: i64) -> Result<Self> {
        let rows = (2 * reach + 1).pow(2);
        let mut near: Vec<i64> = Vec::new();
        near.try_reserve_exact(locations.len().saturating_mul(rows as usize))
            .map_err(|_| {
                let count = locations.len();
                let message = format!("no memory for what is near {count} locations");
                Error::new(ErrorKind::Memory, message)
                    .hint("Set neighbour.reach lower, or to -1, which needs none.")
            })?;
        let places = locations.iter().enumerate();
        let place_of: HashMap<(i64, i64), i64> = places
            .map(|(place, number)| ((number / w, number % w), place as i64))
            .collect();
        near.extend(0..locations.len() as i64);
        for dy in -reach..=reach {
            for dx in -reach..=reach {
                if (dy, dx) == (0, 0) {
                    continue;
                }
                let found = locations.iter().enumerate().map(|(place, number)| {
                    let other = (number / w + dy, number % w + dx);
                    place_of.get(&other).copied().unwrap_or(place as i64)
                });
                near.extend(found);
            }
        }
        let near = Tensor::f_from_slice(&near)?.f_reshape([rows, locations.len() as i64])?;
        Ok(Self {
            near: SharedTensor::new(near),
        })
    }

    /// See the type.
    pub fn near(&self) -> &Tensor {
        &self.near
    }

    /// The same on another device.
    pub fn to_device(&self, device: Device) -> Result<Self> {
        Ok(Self {
            near: SharedTensor::new(self.near.f_to_device(device)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_is_within_reach_and_among_the_locations() {
        // On a grid of width 3: . 1 2 / 3 . . / 6 . .
        let vicinity = Vicinity::new(&[1, 2, 3, 6], 3, 1).unwrap();
        assert_eq!(vicinity.near().size(), [9, 4]);
        let of = |place: i64| {
            let column = vicinity.near().select(1, place);
            let mut near: Vec<i64> = Vec::try_from(&column).unwrap();
            near.sort_unstable();
            near.dedup();
            near
        };
        assert_eq!(of(0), [0, 1, 2]);
        assert_eq!(of(1), [0, 1]);
        assert_eq!(of(2), [0, 2, 3]);
        assert_eq!(of(3), [2, 3]);
        let error = Vicinity::new(&[0; 1000], 1, i64::from(u32::MAX / 4)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Memory);
        assert_eq!(Vicinity::new(&[0, 1], 2, 0).unwrap().near().size(), [1, 2]);
    }
}
