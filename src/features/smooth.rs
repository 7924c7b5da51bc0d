//! Gaussian smoothing on the grid of locations, of features or of distances.

use tch::{Kind, Tensor};

use crate::error::Result;

/// Smooths every channel with a Gaussian of `sigma` locations; 0 leaves the map as it is.
///
/// The kernel reaches `round(4 * sigma)` locations and the border is repeated, as `scipy.ndimage.gaussian_filter` with
/// `mode="nearest"`, `truncate=4`.
///
/// Shapes: `map` [N, C, h, w] f32, result the same.
pub fn gaussian(map: &Tensor, sigma: f64) -> Result<Tensor> {
    if sigma <= 0.0 {
        return Ok(map.shallow_clone());
    }
    let (n, c, h, w) = map.size4()?;
    let radius = radius(sigma);
    let weights: Vec<f64> = (-radius..=radius)
        .map(|x| (-0.5 * (x as f64 / sigma).powi(2)).exp())
        .collect();
    let total: f64 = weights.iter().sum();
    let kernel: Vec<f32> = weights
        .iter()
        .map(|weight| (weight / total) as f32)
        .collect();
    let kernel = Tensor::f_from_slice(&kernel)?
        .f_to_device(map.device())?
        .f_to_kind(Kind::Float)?;

    let planes = map
        .f_reshape([n * c, 1, h, w])?
        .f_replication_pad2d([radius, radius, radius, radius])?;
    let rows = planes.f_conv2d(
        &kernel.f_reshape([1, 1, 1, -1])?,
        None::<Tensor>,
        [1, 1],
        [0, 0],
        [1, 1],
        1,
    )?;
    let both = rows.f_conv2d(
        &kernel.f_reshape([1, 1, -1, 1])?,
        None::<Tensor>,
        [1, 1],
        [0, 0],
        [1, 1],
        1,
    )?;
    Ok(both.f_reshape([n, c, h, w])?)
}

/// How many locations the kernel reaches to each side.
pub fn radius(sigma: f64) -> i64 {
    (4.0 * sigma + 0.5) as i64
}
