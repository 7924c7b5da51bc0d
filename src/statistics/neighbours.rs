//! What the locations around say, where normal images are too few to say it.

use tch::{Kind, Tensor};

use crate::error::Result;

/// Locations that are borrowed from on either side.
const REACH: i64 = 1;

/// Samples that one image gives: itself, and itself moved by a location in each of eight directions.
pub const SAMPLES: u64 = (2 * REACH as u64 + 1).pow(2);

/// An image's features at every location and at the eight around it; the border is repeated.
///
/// A surface varies from place to place much as it varies from part to part, and no part lies twice on the same pixel. So
/// what is a little further on is as good a guess at what else is normal here as one image allows.
///
/// Shapes: `features` [h*w, C'], results the same, the image itself first.
pub fn neighbours(features: &Tensor, (h, w): (i64, i64)) -> Result<Vec<Tensor>> {
    let index = |count: i64, shift: i64| -> Result<Tensor> {
        let index = Tensor::f_arange_start(shift, count + shift, (Kind::Int64, features.device()))?;
        Ok(index.f_clamp(0, count - 1)?)
    };
    let mut samples = vec![features.shallow_clone()];
    for dy in -REACH..=REACH {
        for dx in -REACH..=REACH {
            if (dy, dx) == (0, 0) {
                continue;
            }
            let rows = index(h, dy)?.f_mul_scalar(w)?.f_unsqueeze(1)?;
            let places = rows.f_add(&index(w, dx)?)?.f_flatten(0, -1)?;
            samples.push(features.f_index_select(0, &places)?);
        }
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_location_gets_those_around_it_and_the_border_is_repeated() {
        // Locations 0 1 2 / 3 4 5, one channel.
        let features = Tensor::from_slice(&[0.0f32, 1.0, 2.0, 3.0, 4.0, 5.0]).reshape([6, 1]);
        let samples = neighbours(&features, (2, 3)).unwrap();
        assert_eq!(samples.len() as u64, SAMPLES);
        let at = |location: i64| -> Vec<f64> {
            samples
                .iter()
                .map(|sample| sample.double_value(&[location, 0]))
                .collect()
        };
        assert_eq!(at(0), [0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 3.0, 3.0, 4.0]);
        assert_eq!(at(4), [4.0, 0.0, 1.0, 2.0, 3.0, 5.0, 3.0, 4.0, 5.0]);
    }
}
