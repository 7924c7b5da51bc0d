//! The `backbone` matcher: mutual nearest neighbours among the backbone's own mid-stage features.
//!
//! It costs next to nothing beside the backbone, since the features are there already.

use tch::{Kind, Tensor};

use crate::error::Result;
use crate::matching::keypoints::{Keypoints, Matcher, Sight};

/// Every location of a stage is a key point, its feature vector the descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackboneMatcher {
    /// Stage whose features are matched.
    pub stage: usize,
    /// How far a match may have moved along each axis, in locations of that stage.
    pub tolerance: u32,
}

impl Matcher for BackboneMatcher {
    fn sight(&self) -> Sight {
        Sight::Stage(self.stage)
    }

    fn detect(&self, map: &Tensor) -> Result<Keypoints> {
        let (_, channels, h, w) = map.size4()?;
        let rows = map.f_reshape([channels, h * w])?.f_transpose(0, 1)?;
        let length = rows
            .f_square()?
            .f_sum_dim_intlist(1, true, Kind::Float)?
            .f_sqrt()?
            .f_clamp_min(1e-12)?;
        let descriptors = rows.f_div(&length)?.f_contiguous()?;

        let index = Tensor::f_arange(h * w, (Kind::Int64, map.device()))?;
        let x = index.f_remainder(w)?;
        let y = index.f_divide_scalar_mode(w, "floor")?;
        let positions = Tensor::f_stack(&[x, y], 1)?
            .f_to_kind(Kind::Float)?
            .f_add_scalar(0.5)?;
        Keypoints::new(positions, descriptors)
    }

    fn correspond(&self, image: &Keypoints, lead: &Keypoints) -> Result<Tensor> {
        let similarity = image
            .descriptors()
            .f_matmul(&lead.descriptors().f_transpose(0, 1)?)?;
        let to_lead = similarity.f_argmax(1, false)?;
        let to_image = similarity.f_argmax(0, false)?;
        let index = Tensor::f_arange(similarity.size()[0], (Kind::Int64, similarity.device()))?;
        let mutual = to_image.f_index_select(0, &to_lead)?.f_eq_tensor(&index)?;

        let moved = image
            .positions()
            .f_sub(&lead.positions().f_index_select(0, &to_lead)?)?;
        let near = moved
            .f_abs()?
            .f_amax([1], false)?
            .f_le(f64::from(self.tolerance))?;
        let matched = mutual.f_logical_and(&near)?.f_nonzero()?.f_squeeze_dim(1)?;
        Ok(Tensor::f_stack(
            &[
                matched.shallow_clone(),
                to_lead.f_index_select(0, &matched)?,
            ],
            1,
        )?)
    }
}
