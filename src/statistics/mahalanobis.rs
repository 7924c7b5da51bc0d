//! Distance of a location's feature vector to the Gaussian of that location.

use tch::{Kind, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::statistics::gaussian::LowRankGaussian;

impl LowRankGaussian {
    /// Mahalanobis distance of every location.
    ///
    /// `sqrt(d' (S + eps I)^-1 d)`, d = psi - mu, by the exact low-rank form (METHOD.md, section 3); the part of d outside
    /// of the kept directions is formed as a vector before it is squared, which avoids cancellation.
    ///
    /// Shapes: `features` [L, C'] f32 on the Gaussian's device, result [L] f32.
    /// Units: standard deviations, 0 or more, finite. Cost: 2*L*K*C' multiply-adds.
    /// Errors: `InvalidArgument` for another shape, `Numeric` if a feature is not finite.
    /// Threads: `&self`, may run concurrently. Source: PaDiM, arXiv 2011.08785, eq. 2.
    pub fn distances(&self, features: &Tensor) -> Result<Tensor> {
        let expected = self.mean().size();
        if features.size() != expected {
            let message = format!(
                "features of shape {:?}, the model has {expected:?} (locations, channels)",
                features.size()
            );
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let d = features.f_sub(self.mean())?.f_unsqueeze(2)?;
        let along = self.directions().f_bmm(&d)?;
        let outside = d.f_sub(&self.directions().f_transpose(1, 2)?.f_bmm(&along)?)?;
        let outside =
            outside
                .f_square()?
                .f_sum_dim_intlist([1, 2].as_slice(), false, Kind::Float)?;
        let weighted = along
            .f_squeeze_dim(2)?
            .f_square()?
            .f_div(&self.variances().f_add_scalar(self.epsilon())?)?;
        let inside = weighted.f_sum_dim_intlist(1, false, Kind::Float)?;
        let distances = outside
            .f_div_scalar(self.epsilon())?
            .f_add(&inside)?
            .f_sqrt()?;
        if !distances
            .f_isfinite()?
            .f_all()?
            .f_int64_value(&[])
            .map(|all| all != 0)?
        {
            return Err(Error::new(
                ErrorKind::Numeric,
                "a distance is not finite: a feature of the picture is not, or is too large",
            ));
        }
        Ok(distances)
    }
}
