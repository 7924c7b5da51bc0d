//! Normal images one by one to their Gaussian, in bounded memory.

use tch::{Device, Kind, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::statistics::gaussian::{LowRankGaussian, all_finite};
use crate::statistics::spectrum::Spectrum;
use crate::torch::shared::SharedTensor;

/// Working memory for the decomposition of a run of locations.
const CHUNK_BYTES: i64 = 64 << 20;

/// A fitted Gaussian, and how far each of its own images lies from the Gaussian of the others.
#[derive(Debug)]
pub struct Fitted {
    /// The Gaussian over all images.
    pub gaussian: LowRankGaussian,
    /// Leave-one-out Mahalanobis distances of the images held last, [n, L] f32; empty if there is only one image.
    pub leave_one_out: Tensor,
}

/// Takes the features of normal images one by one and forms their Gaussian.
///
/// Decompositions take seconds; `pulse` is called several times during one, and its error ends it.
///
/// Memory: at most C' images are held, which is what the rank of a covariance can need; beyond that, the ones so far are
/// replaced by their Gaussian, which is exact.
#[derive(Debug)]
pub struct GaussianBuilder {
    epsilon: f64,
    prior: Option<LowRankGaussian>,
    samples: Vec<Tensor>,
}

impl GaussianBuilder {
    /// An empty builder; `epsilon` goes onto the diagonal of every covariance, above 0.
    pub fn new(epsilon: f64) -> Self {
        Self {
            epsilon,
            prior: None,
            samples: Vec::new(),
        }
    }

    /// A builder that adds to the images of `prior` without having them: the result is that of all images together.
    pub fn extending(prior: LowRankGaussian) -> Self {
        Self {
            epsilon: prior.epsilon,
            prior: Some(prior),
            samples: Vec::new(),
        }
    }

    /// Adds one normal image.
    ///
    /// Shapes: `features` [L, C'] f32. Errors: `InvalidArgument` if the shape differs from the first one's, `Numeric` if
    /// a value is not finite.
    pub fn push(&mut self, features: &Tensor, pulse: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        let size = features.size();
        let expected = match (&self.prior, self.samples.first()) {
            (Some(prior), _) => prior.mean.size(),
            (None, Some(first)) => first.size(),
            (None, None) => size.clone(),
        };
        if size.len() != 2 || size != expected {
            let message =
                format!("features of shape {size:?}, expected {expected:?} (locations, channels)");
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        if !all_finite(features)? {
            return Err(Error::new(ErrorKind::Numeric, "a feature is not finite"));
        }
        if self.samples.len() as i64 > size[1] {
            let fitted = self.decompose(pulse)?;
            self.prior = Some(fitted.gaussian);
            self.samples.clear();
        }
        self.samples.push(features.f_to_device(Device::Cpu)?);
        Ok(())
    }

    /// Forms the Gaussian. Errors: `TooFewImages` if there is none.
    pub fn finish(self, pulse: &mut dyn FnMut() -> Result<()>) -> Result<Fitted> {
        self.decompose(pulse)
    }

    fn decompose(&self, pulse: &mut dyn FnMut() -> Result<()>) -> Result<Fitted> {
        let reference = match (&self.prior, self.samples.first()) {
            (_, Some(sample)) => sample,
            (Some(prior), None) => prior.mean(),
            (None, None) => {
                return Err(Error::new(
                    ErrorKind::TooFewImages,
                    "a Gaussian needs at least one image",
                ));
            }
        };
        let (locations, channels) = reference.size2()?;
        let held = self.samples.len() as i64;
        let before = self.prior.as_ref().map_or(0, |prior| prior.count as i64);
        let count = before + held;
        let rows = held
            + self
                .prior
                .as_ref()
                .map_or(0, |prior| prior.variances.size()[1] + 1);

        let chunk = (CHUNK_BYTES
            / (8 * (2 * rows * channels + 3 * rows.min(channels).pow(2)).max(1)))
        .clamp(1, locations);
        let chunks = || {
            (0..locations)
                .step_by(chunk as usize)
                .map(move |start| (start, chunk.min(locations - start)))
        };

        let mut parts: [Vec<Tensor>; 4] = Default::default();
        for (start, length) in chunks() {
            pulse()?;
            let (scatter_rows, mean) = self.scatter_rows(start, length, count)?;
            let spectrum = Spectrum::of(&scatter_rows, rank(rows, channels, count))?;
            parts[0].push(mean.f_to_kind(Kind::Float)?);
            parts[1].push(spectrum.directions.f_to_kind(Kind::Float)?);
            parts[2].push(
                (spectrum.scatter.f_div_scalar((count - 1).max(1) as f64)?)
                    .f_to_kind(Kind::Float)?,
            );
            parts[3].push(
                spectrum
                    .leave_one_out(&scatter_rows, held, count, self.epsilon)?
                    .f_to_kind(Kind::Float)?,
            );
        }
        let [mean, directions, variances, leave_one_out] = parts;
        let gaussian = LowRankGaussian {
            count: count as u64,
            epsilon: self.epsilon,
            mean: SharedTensor::new(Tensor::f_cat(&mean, 0)?),
            directions: SharedTensor::new(Tensor::f_cat(&directions, 0)?),
            variances: SharedTensor::new(Tensor::f_cat(&variances, 0)?),
        };
        let leave_one_out = Tensor::f_cat(&leave_one_out, 0)?
            .f_transpose(0, 1)?
            .f_contiguous()?;
        Ok(Fitted {
            gaussian,
            leave_one_out,
        })
    }

    /// Rows A of a run of locations with `A' A` = the scatter matrix about the mean of all images, and that mean.
    ///
    /// The images held are rows of their own, last. The images of the prior stand as `sqrt((n-1) lambda_k) v_k`, and
    /// their mean as one row `sqrt(n) (m - mean)`. Shapes: [len, rows, C'] and [len, C'], f64.
    fn scatter_rows(&self, start: i64, length: i64, count: i64) -> Result<(Tensor, Tensor)> {
        let cut = |tensor: &Tensor| {
            Ok::<_, Error>(tensor.f_narrow(0, start, length)?.f_to_kind(Kind::Double)?)
        };
        let samples = self.samples.iter().map(cut).collect::<Result<Vec<_>>>()?;
        let samples = if samples.is_empty() {
            None
        } else {
            Some(Tensor::f_stack(&samples, 1)?)
        };

        let Some(prior) = &self.prior else {
            let Some(samples) = samples else {
                return Err(Error::new(
                    ErrorKind::TooFewImages,
                    "a Gaussian needs at least one image",
                ));
            };
            let mean = samples.f_mean_dim(1, false, Kind::Double)?;
            return Ok((samples.f_sub(&mean.f_unsqueeze(1)?)?, mean));
        };
        let n = prior.count as f64;
        let prior_mean = cut(&prior.mean)?;
        let mut total = prior_mean.f_mul_scalar(n)?;
        if let Some(samples) = &samples {
            total = total.f_add(&samples.f_sum_dim_intlist(1, false, Kind::Double)?)?;
        }
        let mean = total.f_div_scalar(count as f64)?;
        let weights = cut(&prior.variances)?
            .f_mul_scalar(n - 1.0)?
            .f_sqrt()?
            .f_unsqueeze(2)?;
        let mut rows = vec![
            cut(&prior.directions)?.f_mul(&weights)?,
            prior_mean
                .f_sub(&mean)?
                .f_mul_scalar(n.sqrt())?
                .f_unsqueeze(1)?,
        ];
        if let Some(samples) = samples {
            rows.push(samples.f_sub(&mean.f_unsqueeze(1)?)?);
        }
        Ok((Tensor::f_cat(&rows, 1)?, mean))
    }
}

/// How many directions a covariance over `count` images, given by `rows` rows, can have.
fn rank(rows: i64, channels: i64, count: i64) -> i64 {
    rows.min(channels).min(count - 1)
}
