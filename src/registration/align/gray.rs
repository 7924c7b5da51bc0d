//! Gray values in host memory: smoothed, halved, and read between pixels.

use tch::{Kind, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::registration::transform::Transform;
use crate::torch::grid;

/// A picture of one channel, row by row.
#[derive(Debug)]
pub(super) struct Gray {
    pub width: usize,
    pub height: usize,
    pub values: Vec<f32>,
}

impl Gray {
    /// The mean of the channels of [1, C, H, W], smoothed by [1 4 6 4 1] / 16 along both axes: gradients of raw pixels are
    /// noise.
    pub fn smoothed(picture: &Tensor) -> Result<Self> {
        let (_, _, h, w) = picture.size4()?;
        let gray = picture.f_mean_dim([1i64].as_slice(), true, Kind::Float)?;
        let kernel = Tensor::f_from_slice(&[0.0625f32, 0.25, 0.375, 0.25, 0.0625])?
            .f_to_device(picture.device())?;
        let along = |picture: &Tensor, shape: [i64; 4]| {
            let kernel = kernel.f_view(shape)?;
            picture.f_conv2d(&kernel, None::<&Tensor>, [1, 1], [0, 0], [1, 1], 1)
        };
        let padded = gray.f_replication_pad2d([2, 2, 2, 2])?;
        let smooth = along(&along(&padded, [1, 1, 1, 5])?, [1, 1, 5, 1])?;
        let (height, width) = (h as usize, w as usize);
        let values = grid::to_array::<f32>(&smooth, (height, width))?;
        let (values, _) = values.into_raw_vec_and_offset();
        Ok(Self {
            width,
            height,
            values,
        })
    }

    /// Means of 2 x 2 pixels; an odd last row or column is left out.
    pub fn halved(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut values = Vec::with_capacity(width * height);
        for pair in self.values.chunks_exact(2 * self.width).take(height) {
            let (upper, lower) = pair.split_at(self.width);
            let squares = upper
                .as_chunks::<2>()
                .0
                .iter()
                .zip(lower.as_chunks::<2>().0);
            values.extend(squares.map(|([a, b], [c, d])| (a + b + c + d) / 4.0));
        }
        Self {
            width,
            height,
            values,
        }
    }

    /// Central differences along x and along y; at the border, half the difference to the one neighbour.
    pub fn gradients(&self) -> (Vec<f32>, Vec<f32>) {
        let (width, height) = (self.width, self.height);
        let value = |x: usize, y: usize| self.values[y * width + x];
        let mut across = Vec::with_capacity(self.values.len());
        let mut down = Vec::with_capacity(self.values.len());
        for y in 0..height {
            let (above, below) = (y.saturating_sub(1), (y + 1).min(height - 1));
            for x in 0..width {
                let (left, right) = (x.saturating_sub(1), (x + 1).min(width - 1));
                across.push((value(right, y) - value(left, y)) / 2.0);
                down.push((value(x, below) - value(x, above)) / 2.0);
            }
        }
        (across, down)
    }

    /// Gray values at the places that the middles of a frame's pixels come from, by bilinear interpolation; NaN where that is
    /// outside of the picture. `from_frame` is what brings the frame onto the picture.
    pub fn row_in_frame(&self, from_frame: &Transform, y: usize, into: &mut [f32]) {
        let rows = [0, 1, 2].map(|row| {
            let m = from_frame.matrix().row(row);
            (m[0], m[1] * (y as f64 + 0.5) + m[2])
        });
        let (width, height) = (self.width as f64, self.height as f64);
        for (x, value) in into.iter_mut().enumerate() {
            let x = x as f64 + 0.5;
            let [u, v, w] = rows.map(|(along, start)| along * x + start);
            let (u, v) = (u / w, v / w);
            let is_inside = w > 0.0 && (0.0..=width).contains(&u) && (0.0..=height).contains(&v);
            *value = if is_inside {
                self.between(u, v)
            } else {
                f32::NAN
            };
        }
    }

    /// The value at a place on the picture; beyond the middles of the outermost pixels theirs.
    fn between(&self, u: f64, v: f64) -> f32 {
        let cell = |place: f64, count: usize| {
            let place = (place - 0.5).clamp(0.0, (count - 1) as f64);
            let first = (place as usize).min(count.saturating_sub(2));
            (
                first,
                (first + 1).min(count - 1),
                (place - first as f64) as f32,
            )
        };
        let (left, right, across) = cell(u, self.width);
        let (above, below, down) = cell(v, self.height);
        let (upper, lower) = (above * self.width, below * self.width);
        let mixed = |row: usize| {
            let (left, right) = (self.values[row + left], self.values[row + right]);
            left + across * (right - left)
        };
        let (upper, lower) = (mixed(upper), mixed(lower));
        upper + down * (lower - upper)
    }
}

/// Errors: `ImageSize` if a side of [1, C, H, W] is below `least` pixels.
pub(super) fn check_sides(picture: &Tensor, what: &str, least: i64) -> Result<()> {
    let (_, _, h, w) = picture.size4()?;
    if h.min(w) >= least {
        return Ok(());
    }
    let message = format!("{what} of {w} x {h} pixels, expected {least} x {least} or more");
    Err(Error::new(ErrorKind::ImageSize, message))
}
