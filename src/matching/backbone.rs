//! The `backbone` matcher: mutual nearest neighbours among the backbone's own mid-stage features.
//!
//! It costs next to nothing beside the backbone, since the features are there already.

use tch::{Kind, Tensor};

use crate::error::Result;
use crate::matching::keypoints::{Keypoints, Matcher, Sight};
use crate::matching::mutual::mutual_nearest;

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
        // Any cosine will do.
        let pairs = mutual_nearest(image.descriptors(), lead.descriptors(), f64::NEG_INFINITY)?;
        let place = |points: &Keypoints, side| {
            let index = pairs.f_select(1, side)?;
            points.positions().f_index_select(0, &index)
        };
        let moved = place(image, 0)?.f_sub(&place(lead, 1)?)?;
        let near = moved
            .f_abs()?
            .f_amax([1], false)?
            .f_le(f64::from(self.tolerance))?;
        Ok(pairs.f_index_select(0, &near.f_nonzero()?.f_squeeze_dim(1)?)?)
    }
}
