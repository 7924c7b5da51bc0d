//! From the network's maps to key points: the pixels of locally largest heat, the surest first, with their descriptors.

use tch::{Kind, Tensor};

use super::network::Maps;
use crate::error::Result;

/// A key point is the largest within this many pixels, side of a square around it.
const NEIGHBOURHOOD_PX: i64 = 5;
/// Less heat than this is no key point.
const LEAST_HEAT: f64 = 0.05;

/// libtorch's numbers for ways to sample.
#[derive(Clone, Copy)]
enum Sampling {
    Bilinear = 0,
    Bicubic = 2,
}

/// Zeros outside of the map, in libtorch's numbering.
const ZEROS: i64 = 0;

/// Key points, the highest score first.
#[derive(Debug)]
pub struct Detection {
    /// (x, y) in pixels, [n, 2] f32, the upper left corner of the picture at (0, 0).
    pub positions: Tensor,
    /// Heat times reliability, `[n]` f32, 0 to 1.
    pub scores: Tensor,
    /// [n, 64] f32, rows of length 1.
    pub descriptors: Tensor,
}

/// The `top_k` key points of highest score, or as many as there are.
pub(super) fn detect(maps: &Maps, top_k: i64) -> Result<Detection> {
    let (_, _, height, width) = maps.heat.size4()?;
    let (pixels, heat) = peaks(&maps.heat)?;
    let count = heat.size1()?;
    if count == 0 {
        let channels = maps.features.size4()?.1;
        return Ok(Detection {
            positions: pixels,
            scores: heat,
            descriptors: maps
                .features
                .f_new_empty([0, channels], (Kind::Float, maps.features.device()))?,
        });
    }
    let places = Places::new(&pixels, height, width)?;
    let scores = heat.f_mul(
        &places
            .sample(&maps.reliability, Sampling::Bilinear)?
            .f_squeeze_dim(1)?,
    )?;
    let (scores, order) = scores.f_sort_stable(true, 0, true)?;
    let kept = order.f_narrow(0, 0, count.min(top_k))?;

    let features = unit_length(&maps.features, 1)?;
    let descriptors = places.of(&kept)?.sample(&features, Sampling::Bicubic)?;
    Ok(Detection {
        positions: pixels.f_index_select(0, &kept)?.f_add_scalar(0.5)?,
        scores: scores.f_narrow(0, 0, count.min(top_k))?,
        descriptors: unit_length(&descriptors, 1)?,
    })
}

/// Column and row of every local maximum, [n, 2] f32, and its heat, [n].
///
/// The last row and column are left out: the published code samples them outside of the picture and drops them.
fn peaks(heat: &Tensor) -> Result<(Tensor, Tensor)> {
    let (_, _, height, width) = heat.size4()?;
    let inner = |map: &Tensor| -> Result<Tensor> {
        Ok(map.f_narrow(2, 0, height - 1)?.f_narrow(3, 0, width - 1)?)
    };
    let heat_inside = inner(heat)?;
    let is_peak = heat_inside
        .f_eq_tensor(&inner(&largest_around(heat)?)?)?
        .f_logical_and(&heat_inside.f_gt(LEAST_HEAT)?)?;
    let found = is_peak.f_nonzero()?;
    let pixels = Tensor::f_stack(&[found.f_select(1, 3)?, found.f_select(1, 2)?], 1)?;
    Ok((
        pixels.f_to_kind(Kind::Float)?,
        heat_inside.f_masked_select(&is_peak)?,
    ))
}

/// The largest value around every pixel: along the rows, then along the columns.
fn largest_around(heat: &Tensor) -> Result<Tensor> {
    let (side, border) = (NEIGHBOURHOOD_PX, NEIGHBOURHOOD_PX / 2);
    let along_rows = heat.f_max_pool2d([1, side], [1, 1], [0, border], [1, 1], false)?;
    Ok(along_rows.f_max_pool2d([side, 1], [1, 1], [border, 0], [1, 1], false)?)
}

/// Where maps of any size are sampled, as libtorch wants to be told: [1, n, 1, 2], the picture from -1 to 1.
struct Places(Tensor);

impl Places {
    /// The published code puts the middles of the first and the last pixel at -1 and 1, where libtorch has the picture's
    /// edges: at the borders it samples half a pixel too far out, in the middle where it should. That is kept, since the
    /// network is judged by descriptors that are sampled so.
    fn new(pixels: &Tensor, height: i64, width: i64) -> Result<Self> {
        let last = Tensor::f_from_slice(&[(width - 1) as f32, (height - 1) as f32])?
            .f_to_device(pixels.device())?;
        let relative = pixels.f_div(&last)?;
        let grid = relative.f_mul_scalar(2.0)?.f_sub_scalar(1.0)?;
        Ok(Self(grid.f_view([1, -1, 1, 2])?))
    }

    fn of(&self, indices: &Tensor) -> Result<Self> {
        Ok(Self(self.0.f_index_select(1, indices)?))
    }

    /// [1, C, h, w] to [n, C].
    fn sample(&self, map: &Tensor, sampling: Sampling) -> Result<Tensor> {
        let sampled = map.f_grid_sampler(&self.0, sampling as i64, ZEROS, false)?;
        Ok(sampled
            .f_squeeze_dim(3)?
            .f_squeeze_dim(0)?
            .f_transpose(0, 1)?
            .f_contiguous()?)
    }
}

fn unit_length(vectors: &Tensor, dim: i64) -> Result<Tensor> {
    let squares = vectors.f_square()?;
    let length = squares
        .f_sum_dim_intlist(dim, true, Kind::Float)?
        .f_sqrt()?;
    Ok(vectors.f_div(&length.f_clamp_min(1e-12)?)?)
}
