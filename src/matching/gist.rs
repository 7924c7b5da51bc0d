//! A picture's gist: one vector that says roughly what lies where, to choose whose key points are worth matching.
//!
//! Matching two pictures costs milliseconds, comparing two gists microseconds. So the lead images that a picture is matched
//! with are those of the most similar gists, a fixed number, however many there are.

use tch::{Device, Kind, Tensor};

use crate::error::Result;
use crate::matching::keypoints::Keypoints;
use crate::torch::shared::SharedTensor;

/// Cells along each side of the picture.
const CELLS: i64 = 4;

/// A global descriptor. Threads: immutable, shared by any number of threads.
#[derive(Debug)]
pub struct Gist(SharedTensor);

impl Gist {
    /// Of key points in a picture of `size` (width, height), in the units of their positions.
    ///
    /// The descriptors of the key points in each of 4 x 4 cells are added up; the sums, one after another, are scaled to
    /// length 1. Cost: one addition a number.
    pub fn new(keypoints: &Keypoints, size: (f64, f64)) -> Result<Self> {
        let descriptors = keypoints.descriptors();
        let (_, channels) = descriptors.size2()?;
        let device = descriptors.device();
        let cell = |axis: i64, side: f64| -> Result<Tensor> {
            let place = keypoints.positions().f_select(1, axis)?;
            let cell = place.f_mul_scalar(CELLS as f64 / side)?.f_floor()?;
            Ok(cell
                .f_clamp(0.0, (CELLS - 1) as f64)?
                .f_to_kind(Kind::Int64)?)
        };
        let (column, row) = (cell(0, size.0)?, cell(1, size.1)?);
        let number = row.f_mul_scalar(CELLS)?.f_add(&column)?;
        let sums = Tensor::f_zeros([CELLS * CELLS, channels], (Kind::Float, device))?
            .f_index_add(0, &number, descriptors)?
            .f_flatten(0, -1)?;
        let length = sums.f_square()?.f_sum(Kind::Float)?.f_sqrt()?;
        Ok(Self(SharedTensor::new(
            sums.f_div(&length.f_clamp_min(1e-12)?)?,
        )))
    }

    /// Which of `others` are most like this one, at most `count`, the likest first and the first of equals.
    pub fn nearest(&self, others: &[&Gist], count: usize) -> Result<Vec<usize>> {
        if others.len() <= count {
            return Ok((0..others.len()).collect());
        }
        let rows: Vec<&Tensor> = others.iter().map(|other| &*other.0).collect();
        let cosines = Tensor::f_stack(&rows, 0)?.f_mv(&self.0)?;
        let cosines: Vec<f32> = Vec::try_from(cosines.f_to_device(Device::Cpu)?)?;
        let mut order: Vec<usize> = (0..others.len()).collect();
        order.sort_by(|a, b| cosines[*b].total_cmp(&cosines[*a]));
        order.truncate(count);
        Ok(order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Key points with these places and one of two descriptors.
    fn gist(points: &[(f32, f32, usize)]) -> Gist {
        let positions: Vec<f32> = points.iter().flat_map(|(x, y, _)| [*x, *y]).collect();
        let descriptors: Vec<f32> = points
            .iter()
            .flat_map(|(_, _, kind)| [[1.0, 0.0], [0.0, 1.0]][*kind])
            .collect();
        let rows = [points.len() as i64, 2];
        let positions = Tensor::from_slice(&positions).reshape(rows);
        let descriptors = Tensor::from_slice(&descriptors).reshape(rows);
        Gist::new(
            &Keypoints::new(positions, descriptors).unwrap(),
            (40.0, 20.0),
        )
        .unwrap()
    }

    #[test]
    fn what_lies_where_decides() {
        let picture = gist(&[(5.0, 2.0, 0), (35.0, 18.0, 1)]);
        let moved_a_little = gist(&[(7.0, 4.0, 0), (33.0, 16.0, 1)]);
        let turned = gist(&[(35.0, 18.0, 0), (5.0, 2.0, 1)]);
        let half = gist(&[(5.0, 2.0, 0), (5.0, 18.0, 1)]);
        let others = [&turned, &half, &moved_a_little];
        assert_eq!(picture.nearest(&others, 2).unwrap(), [2, 1]);
        assert_eq!(picture.nearest(&others, 3).unwrap(), [0, 1, 2]);
    }

    #[test]
    fn places_on_the_border_and_no_key_points_are_no_trouble() {
        let border = gist(&[(40.0, 20.0, 0), (0.0, 0.0, 1)]);
        let near_it = gist(&[(39.0, 19.0, 0), (1.0, 1.0, 1)]);
        let nothing = gist(&[]);
        assert_eq!(border.nearest(&[&nothing, &near_it], 1).unwrap(), [1]);
        assert_eq!(nothing.nearest(&[&border, &near_it], 1).unwrap(), [0]);
    }
}
