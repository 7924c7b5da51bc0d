//! Mean and regularised covariance of every location, in the exact low-rank form.
//!
//! With N images, far fewer than the C' channels, the covariance `Sigma = S + eps I` has at most N-1 directions in which
//! it differs from `eps I`. Only these are kept: N*C' numbers for a location in place of C'*C' (METHOD.md, section 3).

use tch::{Device, Kind, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::torch::shared::SharedTensor;

/// More images than this are no count but damage.
const MOST_IMAGES: u64 = 1 << 40;

/// The numbers in which the directions of a Gaussian are kept: nearly all of a model's size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Factors {
    /// As they were formed.
    #[default]
    Float32,
    /// Half the file and half the memory. An entry of a direction, at most 1, is rounded by 2.4e-4 at most.
    Float16,
}

/// A Gaussian for every location of a group: mean, directions v_k and variances lambda_k of the sample covariance, eps.
///
/// Threads: immutable, shared by any number of threads.
#[derive(Debug)]
pub struct LowRankGaussian {
    pub(super) count: u64,
    pub(super) epsilon: f64,
    pub(super) mean: SharedTensor,
    pub(super) directions: SharedTensor,
    pub(super) variances: SharedTensor,
}

impl LowRankGaussian {
    /// Puts the parts of a stored Gaussian together.
    ///
    /// Shapes: `mean` [L, C'], `directions` [L, K, C'], `variances` [L, K], all f32; `directions` may be f16.
    /// Errors: `Format` if the shapes, kinds or numbers cannot be those of a Gaussian.
    pub fn from_parts(
        count: u64,
        epsilon: f64,
        mean: Tensor,
        directions: Tensor,
        variances: Tensor,
    ) -> Result<Self> {
        let (m, d, v) = (mean.size(), directions.size(), variances.size());
        let fits = m.len() == 2
            && d.len() == 3
            && v.len() == 2
            && d[0] == m[0]
            && d[2] == m[1]
            && v == d[..2];
        if !fits {
            let message = format!(
                "the parts of a Gaussian do not fit: mean {m:?}, directions {d:?}, variances {v:?}"
            );
            return Err(Error::new(ErrorKind::Format, message));
        }
        let is_count = (1..=MOST_IMAGES).contains(&count);
        if !(is_count && epsilon.is_finite() && epsilon > 0.0) {
            let message = format!("a Gaussian over {count} images with epsilon {epsilon} is none");
            return Err(Error::new(ErrorKind::Format, message));
        }
        for (name, part) in [
            ("mean", &mean),
            ("directions", &directions),
            ("variances", &variances),
        ] {
            let is_half = name == "directions" && part.f_kind()? == Kind::Half;
            if !(is_half || part.f_kind()? == Kind::Float) || !all_finite(part)? {
                return Err(Error::new(
                    ErrorKind::Format,
                    format!("the {name} of a Gaussian are not finite floats"),
                ));
            }
        }
        if variances.numel() > 0 && variances.f_min()?.f_double_value(&[])? < 0.0 {
            return Err(Error::new(
                ErrorKind::Format,
                "a variance of a Gaussian is negative",
            ));
        }
        let [mean, directions, variances] = [mean, directions, variances].map(SharedTensor::new);
        Ok(Self {
            count,
            epsilon,
            mean,
            directions,
            variances,
        })
    }

    /// How many images it was formed from.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The regularisation eps on the diagonal of the covariance.
    pub fn epsilon(&self) -> f64 {
        self.epsilon
    }

    /// The mean of every location, [L, C'] f32.
    pub fn mean(&self) -> &Tensor {
        &self.mean
    }

    /// Orthonormal directions v_k of every location, [L, K, C'] f32, or f16 if they are kept so; rows of zeros where a
    /// location has fewer than K.
    pub fn directions(&self) -> &Tensor {
        &self.directions
    }

    /// Variances lambda_k along the directions, without eps, [L, K] f32.
    pub fn variances(&self) -> &Tensor {
        &self.variances
    }

    /// The same Gaussian, its directions rounded to these numbers.
    pub fn kept_in(self, factors: Factors) -> Result<Self> {
        let kind = match factors {
            Factors::Float32 => Kind::Float,
            Factors::Float16 => Kind::Half,
        };
        Ok(Self {
            directions: SharedTensor::new(self.directions.f_to_kind(kind)?),
            ..self
        })
    }

    /// The same Gaussian on another device.
    pub fn to_device(&self, device: Device) -> Result<Self> {
        let moved =
            |tensor: &Tensor| Ok::<_, Error>(SharedTensor::new(tensor.f_to_device(device)?));
        Ok(Self {
            count: self.count,
            epsilon: self.epsilon,
            mean: moved(&self.mean)?,
            directions: moved(&self.directions)?,
            variances: moved(&self.variances)?,
        })
    }
}

/// Whether every value is a number.
pub(super) fn all_finite(tensor: &Tensor) -> Result<bool> {
    Ok(tensor.f_isfinite()?.f_all()?.f_int64_value(&[])? != 0)
}
