//! Distance of a location's feature vector to the Gaussian of that location.

use tch::{Kind, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::statistics::gaussian::{LowRankGaussian, all_finite};

impl LowRankGaussian {
    /// Mahalanobis distance of every location.
    ///
    /// `sqrt(d' (S + eps I)^-1 d)`, d = psi - mu, by the exact low-rank form (METHOD.md, section 3); the part of d outside
    /// of the kept directions is formed as a vector before it is squared, which avoids cancellation.
    ///
    /// Shapes: `features` `[L, C']` f32 on the Gaussian's device, result `[L]` f32.
    /// Units: standard deviations, 0 or more, finite. Cost: 2*L*K*C' multiply-adds.
    /// Errors: `InvalidArgument` for another shape, `Numeric` if a feature is not finite.
    /// Threads: `&self`, may run concurrently. Source: PaDiM, arXiv 2011.08785, eq. 2.
    pub fn distances(&self, features: &Tensor) -> Result<Tensor> {
        let parts = self.split(features)?;
        let weights = self.variances().f_add_scalar(self.epsilon())?;
        let inside = parts
            .along
            .f_div(&weights)?
            .f_sum_dim_intlist(1, false, Kind::Float)?;
        finite(
            parts
                .outside
                .f_div_scalar(self.epsilon())?
                .f_add(&inside)?
                .f_sqrt()?,
        )
    }

    /// Distance of an image that took part in this Gaussian to the Gaussian of the others, which is never formed.
    ///
    /// With `h = z' (Z'Z + c I)^-1 z`, z = psi - mu, `c = (N-2) eps`, `b = N/(N-1)`: `d^2 = b^2 (N-2) h / (1 - b h)` by
    /// Sherman and Morrison. For more images than channels; with fewer, h comes near 1/b and the difference is lost, and
    /// [`GaussianBuilder`](crate::statistics::GaussianBuilder) has the distances of the images that it holds.
    ///
    /// Shapes and errors as [`LowRankGaussian::distances`].
    pub fn leave_one_out(&self, features: &Tensor) -> Result<Tensor> {
        let n = self.count() as f64;
        if n < 3.0 {
            let message = format!("leaving one of {n} images out leaves too few");
            return Err(Error::new(ErrorKind::TooFewImages, message));
        }
        let (b, c) = (n / (n - 1.0), (n - 2.0) * self.epsilon());
        let parts = self.split(features)?;
        let scatter = self
            .variances()
            .f_to_kind(Kind::Double)?
            .f_mul_scalar(n - 1.0)?;
        let inside = parts.along.f_div(&scatter.f_add_scalar(c)?)?;
        let inside = inside.f_sum_dim_intlist(1, false, Kind::Double)?;
        let h = parts
            .outside
            .f_to_kind(Kind::Double)?
            .f_div_scalar(c)?
            .f_add(&inside)?;
        let remaining = h
            .f_mul_scalar(-b)?
            .f_add_scalar(1.0)?
            .f_clamp_min(f64::EPSILON)?;
        let squared = h.f_div(&remaining)?.f_mul_scalar(b * b * (n - 2.0))?;
        finite(squared.f_sqrt()?.f_to_kind(Kind::Float)?)
    }

    fn split(&self, features: &Tensor) -> Result<Parts> {
        let expected = self.mean().size();
        if features.size() != expected {
            let size = features.size();
            let message = format!(
                "features of shape {size:?}, the model has {expected:?} (locations, channels)"
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
        Ok(Parts {
            along: along.f_squeeze_dim(2)?.f_square()?,
            outside,
        })
    }
}

/// Squared lengths of a deviation from the mean.
struct Parts {
    /// Along each direction, [L, K].
    along: Tensor,
    /// Outside of all of them, [L].
    outside: Tensor,
}

fn finite(distances: Tensor) -> Result<Tensor> {
    if all_finite(&distances)? {
        return Ok(distances);
    }
    let message = "a distance is not finite: a feature of the picture is not, or is too large";
    Err(Error::new(ErrorKind::Numeric, message))
}
