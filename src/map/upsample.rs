//! Brings the distances of the locations to the picture's own size.

use ndarray::Array2;
use tch::{Kind, Tensor};

use crate::error::{Error, ErrorKind, Result};

/// Interpolates the grid of distances bilinearly to the picture's size: the anomaly map.
///
/// A location stands for the middle of its cell, as in `torch.nn.functional.interpolate(align_corners=False)`.
///
/// Shapes: `distances` [h, w] f32 on any device; result [H, W] = [`height`, `width`].
pub fn anomaly_map(distances: &Tensor, width: u32, height: u32) -> Result<Array2<f32>> {
    let (h, w) = distances.size2()?;
    let (rows, columns) = (height as usize, width as usize);
    let full = distances.f_reshape([1, 1, h, w])?.f_upsample_bilinear2d(
        [rows as i64, columns as i64],
        false,
        None::<f64>,
        None::<f64>,
    )?;
    let full = full
        .f_to_device(tch::Device::Cpu)?
        .f_to_kind(Kind::Float)?
        .f_contiguous()?;

    let mut pixels: Vec<f32> = Vec::new();
    let count = rows * columns;
    pixels.try_reserve_exact(count).map_err(|_| {
        Error::new(
            ErrorKind::Memory,
            format!("no memory for an anomaly map of {width} x {height}"),
        )
    })?;
    pixels.resize(count, 0.0);
    full.f_copy_data(&mut pixels, count)?;
    Array2::from_shape_vec((rows, columns), pixels)
        .map_err(|error| Error::new(ErrorKind::Panic, error.to_string()))
}
