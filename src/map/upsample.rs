//! Brings the distances of the locations to the picture's own size.

use ndarray::Array2;
use tch::{Device, Kind, Tensor};

use crate::error::{Error, ErrorKind, Result};

/// Interpolates the grid of distances bilinearly to the picture's size: the anomaly map.
///
/// A location stands for the middle of its cell, as in `torch.nn.functional.interpolate(align_corners=False)`, which is not
/// called because it would hold a large picture's map twice.
///
/// Shapes: `distances` [h, w] f32 on any device; result [H, W] = [`height`, `width`]. Memory: the result and two rows.
/// Errors: `ImageSize` if a side is 0, `Memory`, `Torch` if `distances` has other than two dimensions.
///
/// # Example
/// ```
/// let distances = tch::Tensor::from_slice(&[0.0f32, 8.0]).f_reshape([1, 2])?;
/// let map = twinspect::map::upsample::anomaly_map(&distances, 4, 1)?;
/// assert_eq!(map, ndarray::array![[0.0, 2.0, 6.0, 8.0]]);
/// # Ok::<(), twinspect::Error>(())
/// ```
pub fn anomaly_map(distances: &Tensor, width: u32, height: u32) -> Result<Array2<f32>> {
    let (h, w) = distances.size2()?;
    if h == 0 || w == 0 || height == 0 || width == 0 {
        let message =
            format!("distances of {w} x {h} to a map of {width} x {height}, no side may be 0");
        return Err(Error::new(ErrorKind::ImageSize, message));
    }
    let (h, w, rows, columns) = (h as usize, w as usize, height as usize, width as usize);
    let mut pixels: Vec<f32> = Vec::new();
    rows.checked_mul(columns)
        .and_then(|count| pixels.try_reserve_exact(count).ok())
        .ok_or_else(|| {
            let message = format!("no memory for an anomaly map of {width} x {height}");
            Error::new(ErrorKind::Memory, message)
        })?;

    let grid = values(distances, h * w)?;
    let across: Vec<Between> = (0..columns).map(|x| Between::at(x, columns, w)).collect();
    let mut line = vec![0.0; w];
    for y in 0..rows {
        let between = Between::at(y, rows, h);
        let (above, below) = (
            &grid[between.first * w..][..w],
            &grid[between.second * w..][..w],
        );
        for (value, (above, below)) in line.iter_mut().zip(above.iter().zip(below)) {
            *value = between.mix(*above, *below);
        }
        pixels.extend(
            across
                .iter()
                .map(|between| between.mix(line[between.first], line[between.second])),
        );
    }
    Array2::from_shape_vec((rows, columns), pixels)
        .map_err(|error| Error::new(ErrorKind::Panic, error.to_string()))
}

/// The numbers of a small tensor, row by row.
fn values(tensor: &Tensor, count: usize) -> Result<Vec<f32>> {
    let mut values = vec![0.0; count];
    tensor
        .f_to_device(Device::Cpu)?
        .f_to_kind(Kind::Float)?
        .f_contiguous()?
        .f_copy_data(&mut values, count)?;
    Ok(values)
}

/// Where a pixel lies between the middles of two cells.
struct Between {
    first: usize,
    second: usize,
    /// How far it is on the way to the second one, 0 to 1.
    share: f32,
}

impl Between {
    /// Of pixel number `pixel` of `pixels`, between two of `cells`.
    fn at(pixel: usize, pixels: usize, cells: usize) -> Self {
        let place = (pixel as f64 + 0.5) * cells as f64 / pixels as f64 - 0.5;
        let place = place.max(0.0);
        let first = (place as usize).min(cells - 1);
        Self {
            first,
            second: (first + 1).min(cells - 1),
            share: (place - first as f64) as f32,
        }
    }

    fn mix(&self, first: f32, second: f32) -> f32 {
        first * (1.0 - self.share) + second * self.share
    }
}
