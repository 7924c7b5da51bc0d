//! Patch adaptor: the neighbourhood of every location becomes one feature vector.

use tch::{Kind, Tensor};

use super::tiles::Regrid;
use crate::error::{Error, ErrorKind, Result};

/// What becomes of the `C * p * p` values around a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// The mean of every channel over the neighbourhood: `C' = C`.
    Mean,
    /// The paper's patch-adaptive average pooling to this many channels `C'`.
    Adaptive(i64),
}

/// What the neighbourhood of a location at the border holds outside of the feature map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    /// Zeros, as `torch.nn.Unfold(padding=p//2)`.
    Zero,
    /// The value at the border.
    Replicate,
}

/// Turns the feature maps of one or more stages into one vector for every location.
///
/// With [`Pooling::Mean`] each stage is averaged on its own grid (so that a coarse stage looks further), brought to the
/// common grid, and the channels are joined. With [`Pooling::Adaptive`] the stages are joined on the common grid, then
/// the `(channel, dy, dx)` values of the neighbourhood are averaged to C' values as `adaptive_avg_pool1d` does: output
/// `i` is the mean over `[floor(i*L/C'), ceil((i+1)*L/C'))`, `L = C*p*p` (METHOD.md, section 2; the construction of
/// PatchCore, arXiv 2106.08265, and of SimpleNet).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adaptor {
    /// How the values are pooled.
    pub pooling: Pooling,
    /// Side p of the neighbourhood in locations, odd.
    pub patch: i64,
    /// What lies outside.
    pub border: Border,
}

impl Adaptor {
    /// One vector for every location of `grid` (height, width).
    ///
    /// Shapes: `stages` [N, C_s, h_s, w_s] f32 each; result [N, C', h, w] f32.
    /// Errors: `InvalidArgument` for an even patch or no stage; `Torch` if libtorch refuses the shapes.
    pub fn adapt(&self, stages: &[Tensor], grid: (i64, i64)) -> Result<Tensor> {
        self.adapt_by(stages, grid, |_, map| onto_grid(map, grid))
    }

    /// The same of a tile, whose stages are brought to its part of the whole grid by `regrids`, one each.
    ///
    /// Shapes: `stages` [N, C_s, h_s, w_s] f32 of what the tile sees; result [N, C', h, w] f32 for `grid`, what it sees of the
    /// grid. Errors: as there.
    pub fn adapt_tile(
        &self,
        stages: &[Tensor],
        grid: (i64, i64),
        regrids: &[Regrid],
    ) -> Result<Tensor> {
        self.adapt_by(stages, grid, |stage, map| match regrids.get(stage) {
            Some(regrid) => regrid.onto_grid(map),
            None => onto_grid(map, grid),
        })
    }

    fn adapt_by(
        &self,
        stages: &[Tensor],
        grid: (i64, i64),
        onto_grid: impl Fn(usize, &Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        if self.patch < 1 || self.patch % 2 == 0 {
            let message = format!("{} is even: a neighbourhood needs a middle", self.patch);
            return Err(Error::new(ErrorKind::InvalidArgument, message).at("adaptor.patch"));
        }
        if stages.is_empty() {
            return Err(
                Error::new(ErrorKind::InvalidArgument, "no stage was given").at("features.stages")
            );
        }
        match self.pooling {
            Pooling::Mean => join(stages, |stage, map| {
                onto_grid(stage, &self.neighbourhood_mean(map)?)
            }),
            Pooling::Adaptive(channels) => {
                let joined = join(stages, onto_grid)?;
                self.adaptive(&joined, channels, grid)
            }
        }
    }

    fn neighbourhood_mean(&self, stage: &Tensor) -> Result<Tensor> {
        let p = self.patch;
        if p == 1 {
            return Ok(stage.shallow_clone());
        }
        Ok(match self.border {
            Border::Zero => {
                stage.f_avg_pool2d([p, p], [1, 1], [p / 2, p / 2], false, true, None)?
            }
            Border::Replicate => {
                self.padded(stage)?
                    .f_avg_pool2d([p, p], [1, 1], [0, 0], false, true, None)?
            }
        })
    }

    fn adaptive(&self, joined: &Tensor, channels: i64, (h, w): (i64, i64)) -> Result<Tensor> {
        let (p, n) = (self.patch, joined.size()[0]);
        let (input, padding) = match self.border {
            Border::Zero => (joined.shallow_clone(), p / 2),
            Border::Replicate => (self.padded(joined)?, 0),
        };
        // [N, C*p*p, h*w], the first in the order (channel, dy, dx).
        let patches = input.f_im2col([p, p], [1, 1], [padding, padding], [1, 1])?;
        let pooled = patches
            .f_transpose(1, 2)?
            .f_contiguous()?
            .f_adaptive_avg_pool1d([channels])?;
        Ok(pooled.f_transpose(1, 2)?.f_reshape([n, channels, h, w])?)
    }

    fn padded(&self, map: &Tensor) -> Result<Tensor> {
        let pad = self.patch / 2;
        Ok(map.f_replication_pad2d([pad, pad, pad, pad])?)
    }
}

fn join(stages: &[Tensor], each: impl Fn(usize, &Tensor) -> Result<Tensor>) -> Result<Tensor> {
    let maps = stages.iter().enumerate();
    let maps = maps.map(|(stage, map)| each(stage, map));
    let maps = maps.collect::<Result<Vec<_>>>()?;
    Ok(Tensor::f_cat(&maps, 1)?)
}

/// A coarse map is interpolated bilinearly; a fine one is averaged, so that none of its values is skipped.
fn onto_grid(map: &Tensor, (h, w): (i64, i64)) -> Result<Tensor> {
    let (_, _, own_h, own_w) = map.size4()?;
    if (own_h, own_w) == (h, w) {
        return Ok(map.f_to_kind(Kind::Float)?);
    }
    if own_h >= h && own_w >= w {
        return Ok(map.f_adaptive_avg_pool2d([h, w])?);
    }
    Ok(map.f_upsample_bilinear2d([h, w], false, None::<f64>, None::<f64>)?)
}
