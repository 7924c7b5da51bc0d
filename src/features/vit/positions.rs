//! The learned position of every patch, brought to the grid of the picture at hand.

use tch::Tensor;

use super::Plan;
use crate::error::Result;
use crate::features::tensor_reader::TensorReader;
use crate::torch::shared::SharedTensor;

/// Side of the grid that the positions were learned on: pictures of 518 x 518.
const LEARNED: i64 = 37;

/// What DINOv2 adds to a grid's sides before it divides them by the learned ones.
///
/// Its authors' remedy for a rounding error of old versions of PyTorch; the scale that follows from it moves the places
/// that are read by up to a tenth of a patch, and the networks are used with it.
const OFFSET: f64 = 0.1;

/// How positions between the learned ones are found. Both are bicubic, and both are those of DINOv2's own code: what
/// timm and transformers do differs for the networks without registers (antialiased, and without the offset).
#[derive(Clone, Copy, Debug)]
enum Interpolation {
    /// Of the networks without registers.
    Offset,
    /// Of the networks with registers.
    Antialiased,
}

/// Position embeddings of the patches.
pub(super) struct Positions {
    /// [1, C, 37, 37] f32: interpolated before it is rounded.
    learned: SharedTensor,
    interpolation: Interpolation,
}

impl Positions {
    /// The patches' positions; and that of the class token, [1, 1, C] in double precision.
    pub fn read(plan: Plan, reader: &mut TensorReader<'_>) -> Result<(Self, Tensor)> {
        let (name, channels) = ("pos_embed", plan.channels);
        let all = reader.tensor(name, &[1, 1 + LEARNED * LEARNED, channels])?;
        let learned = all
            .f_narrow(1, 1, LEARNED * LEARNED)?
            .f_transpose(1, 2)?
            .f_reshape([1, channels, LEARNED, LEARNED])?
            .f_contiguous()?;
        let positions = Self {
            learned: reader.store_exactly(&learned, name)?,
            interpolation: if plan.registers > 0 {
                Interpolation::Antialiased
            } else {
                Interpolation::Offset
            },
        };
        Ok((positions, all.f_narrow(1, 0, 1)?))
    }

    /// Those of a grid of `h` x `w` patches, [1, h*w, C].
    pub fn of(&self, (h, w): (i64, i64)) -> Result<Tensor> {
        let at_grid = if (h, w) == (LEARNED, LEARNED) {
            self.learned.shallow_clone()
        } else {
            self.interpolate((h, w))?
        };
        Ok(at_grid.f_flatten(2, -1)?.f_transpose(1, 2)?)
    }

    fn interpolate(&self, (h, w): (i64, i64)) -> Result<Tensor> {
        Ok(match self.interpolation {
            Interpolation::Offset => {
                let scale = |side: i64| (side as f64 + OFFSET) / LEARNED as f64;
                self.learned
                    .f_upsample_bicubic2d([h, w], false, scale(h), scale(w))?
            }
            Interpolation::Antialiased => {
                self.learned
                    .f_internal_upsample_bicubic2d_aa([h, w], false, None, None)?
            }
        })
    }
}
