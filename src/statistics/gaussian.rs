//! Mean and regularised covariance of every location, in the exact low-rank form.
//!
//! With N images, far fewer than the C' channels, the covariance `Sigma = S + eps I` has at most N-1 directions in which
//! it differs from `eps I`. Only these are kept: N*C' numbers for a location in place of C'*C' (METHOD.md, section 3).

use tch::{Device, Kind, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::torch::shared::SharedTensor;

/// Eigenvalues below this share of a location's largest are rounding errors of the double precision that found them.
const NEGLIGIBLE: f64 = 1e-11;

/// Working memory for the decomposition of a run of locations.
const CHUNK_BYTES: i64 = 256 << 20;

/// How the regularisation `eps` follows from the option's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Epsilon {
    /// `eps` itself, as PaDiM's 0.01 (arXiv 2011.08785, eq. 1).
    Unit(f64),
    /// A multiple of the mean variance of the group's features, so that it does not depend on their scale.
    Variance(f64),
}

/// A Gaussian for every location of a group: mean, directions v_k and variances lambda_k of the sample covariance, eps.
///
/// Threads: immutable, shared by any number of threads.
#[derive(Debug)]
pub struct LowRankGaussian {
    count: u64,
    epsilon: f64,
    mean: SharedTensor,
    directions: SharedTensor,
    variances: SharedTensor,
}

impl LowRankGaussian {
    /// Puts the parts of a stored Gaussian together.
    ///
    /// Shapes: `mean` [L, C'], `directions` [L, K, C'], `variances` [L, K], all f32.
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
        if count == 0 || !(epsilon.is_finite() && epsilon > 0.0) {
            let message = format!("a Gaussian over {count} images with epsilon {epsilon} is none");
            return Err(Error::new(ErrorKind::Format, message));
        }
        for (name, part) in [
            ("mean", &mean),
            ("directions", &directions),
            ("variances", &variances),
        ] {
            if part.f_kind()? != Kind::Float || !all_finite(part)? {
                return Err(Error::new(
                    ErrorKind::Format,
                    format!("the {name} of a Gaussian are not finite 32-bit floats"),
                ));
            }
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

    /// Orthonormal directions v_k of every location, [L, K, C'] f32; rows of zeros where a location has fewer than K.
    pub fn directions(&self) -> &Tensor {
        &self.directions
    }

    /// Variances lambda_k along the directions, without eps, [L, K] f32.
    pub fn variances(&self) -> &Tensor {
        &self.variances
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
/// Memory: at most C' images are held, which is what the rank of a covariance can need; beyond that, the ones so far are
/// replaced by their Gaussian, which is exact.
#[derive(Debug)]
pub struct GaussianBuilder {
    epsilon: Epsilon,
    prior: Option<LowRankGaussian>,
    samples: Vec<Tensor>,
}

impl GaussianBuilder {
    /// An empty builder.
    pub fn new(epsilon: Epsilon) -> Self {
        Self {
            epsilon,
            prior: None,
            samples: Vec::new(),
        }
    }

    /// A builder that adds to the images of `prior` without having them: the result is that of all images together.
    pub fn extending(prior: LowRankGaussian, epsilon: Epsilon) -> Self {
        Self {
            epsilon,
            prior: Some(prior),
            samples: Vec::new(),
        }
    }

    /// Adds one normal image.
    ///
    /// Shapes: `features` [L, C'] f32. Errors: `InvalidArgument` if the shape differs from the first one's, `Numeric` if
    /// a value is not finite.
    pub fn push(&mut self, features: &Tensor) -> Result<()> {
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
            let fitted = self.decompose()?;
            self.prior = Some(fitted.gaussian);
            self.samples.clear();
        }
        self.samples.push(features.f_to_device(Device::Cpu)?);
        Ok(())
    }

    /// Forms the Gaussian. Errors: `TooFewImages` if there is none.
    pub fn finish(self) -> Result<Fitted> {
        self.decompose()
    }

    fn decompose(&self) -> Result<Fitted> {
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

        let mut trace = 0.0;
        for (start, length) in chunks() {
            let (scatter_rows, _) = self.scatter_rows(start, length, count)?;
            trace += scatter_rows
                .f_square()?
                .f_sum(Kind::Double)?
                .f_double_value(&[])?;
        }
        let variance = trace / (count - 1).max(1) as f64 / (locations * channels) as f64;
        let epsilon = match self.epsilon {
            Epsilon::Unit(value) => value,
            // Identical images have no variance; a floor keeps their distances finite.
            Epsilon::Variance(share) => (share * variance).max(1e-9),
        };

        let mut parts: [Vec<Tensor>; 4] = Default::default();
        for (start, length) in chunks() {
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
                    .leave_one_out(&scatter_rows, held, count, epsilon)?
                    .f_to_kind(Kind::Float)?,
            );
        }
        let [mean, directions, variances, leave_one_out] = parts;
        let gaussian = LowRankGaussian {
            count: count as u64,
            epsilon,
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

/// Eigenvectors and eigenvalues of the scatter matrices of a run of locations, largest first.
struct Spectrum {
    /// [len, K, C'] f64, orthonormal rows, or zeros.
    directions: Tensor,
    /// [len, K] f64.
    scatter: Tensor,
    /// Of the Gram matrix A A' if that is the smaller one: (eigenvalues [len, M], eigenvectors [len, M, M]).
    gram: Option<(Tensor, Tensor)>,
}

impl Spectrum {
    fn of(rows: &Tensor, rank: i64) -> Result<Self> {
        let (_, m, channels) = rows.size3()?;
        let transposed = rows.f_transpose(1, 2)?;
        if m <= channels {
            let (values, vectors) = rows.f_bmm(&transposed)?.f_linalg_eigh("L")?;
            let values = values.f_clamp_min(0.0)?;
            let (scatter, keep) = leading(&values, m, rank)?;
            let u = vectors.f_narrow(2, m - rank, rank)?.f_flip([2])?;
            // v_k = A' u_k / sqrt(g_k)
            let scale = scatter
                .f_clamp_min(f64::MIN_POSITIVE)?
                .f_rsqrt()?
                .f_mul(&keep)?;
            let directions = u
                .f_transpose(1, 2)?
                .f_bmm(rows)?
                .f_mul(&scale.f_unsqueeze(2)?)?;
            return Ok(Self {
                directions,
                scatter: scatter.f_mul(&keep)?,
                gram: Some((values, vectors)),
            });
        }
        let (values, vectors) = transposed.f_bmm(rows)?.f_linalg_eigh("L")?;
        let (scatter, keep) = leading(&values.f_clamp_min(0.0)?, channels, rank)?;
        let v = vectors.f_narrow(2, channels - rank, rank)?.f_flip([2])?;
        let directions = v.f_transpose(1, 2)?.f_mul(&keep.f_unsqueeze(2)?)?;
        Ok(Self {
            directions,
            scatter: scatter.f_mul(&keep)?,
            gram: None,
        })
    }

    /// Distance of each image held to the Gaussian of all others, [len, held] f64, without forming that Gaussian.
    ///
    /// Leaving image i out is a rank-one change of the scatter matrix. With `c = (N-2) eps` and
    /// `r_i = sum_k u_ik^2 c / (g_k + c)` over all eigenpairs of A A' but the constant one, Sherman and Morrison give
    /// `d_i^2 = (N-2)/(N-1) * ((N-1) - N r_i) / r_i`. A test holds it against refitting without the image.
    fn leave_one_out(&self, rows: &Tensor, held: i64, count: i64, epsilon: f64) -> Result<Tensor> {
        let (length, m, _) = rows.size3()?;
        let samples = rows.f_narrow(1, m - held, held)?;
        let n = count as f64;
        if count < 2 {
            return Ok(Tensor::f_empty([length, 0], (Kind::Double, Device::Cpu))?);
        }
        if count == 2 {
            // One image remains: no variance but eps, and it lies twice as far as the mean.
            let squared = samples
                .f_square()?
                .f_sum_dim_intlist(2, false, Kind::Double)?;
            return Ok(squared.f_mul_scalar(4.0 / epsilon)?.f_sqrt()?);
        }
        let c = (n - 2.0) * epsilon;
        let r = match &self.gram {
            Some((values, vectors)) => {
                let weight = values
                    .f_add_scalar(c)?
                    .f_reciprocal()?
                    .f_mul_scalar(c)?
                    .f_unsqueeze(1)?;
                let u = vectors.f_narrow(1, m - held, held)?;
                // The constant eigenvector has g = 0 and u_i^2 = 1/N.
                u.f_square()?
                    .f_mul(&weight)?
                    .f_sum_dim_intlist(2, false, Kind::Double)?
                    .f_sub_scalar(1.0 / n)?
            }
            None => {
                let along = samples.f_bmm(&self.directions.f_transpose(1, 2)?)?;
                let weight = self
                    .scatter
                    .f_add_scalar(c)?
                    .f_reciprocal()?
                    .f_unsqueeze(1)?;
                let leverage =
                    along
                        .f_square()?
                        .f_mul(&weight)?
                        .f_sum_dim_intlist(2, false, Kind::Double)?;
                leverage.f_neg()?.f_add_scalar((n - 1.0) / n)?
            }
        };
        let r = r.f_clamp_min(1e-15)?;
        let numerator = r
            .f_mul_scalar(-n)?
            .f_add_scalar(n - 1.0)?
            .f_clamp_min(0.0)?;
        Ok(numerator
            .f_div(&r)?
            .f_mul_scalar((n - 2.0) / (n - 1.0))?
            .f_sqrt()?)
    }
}

/// The `rank` largest of ascending `values` [len, m], largest first, and 1 where one is more than rounding, else 0.
fn leading(values: &Tensor, m: i64, rank: i64) -> Result<(Tensor, Tensor)> {
    let largest = values.f_narrow(1, m - 1, 1)?.f_mul_scalar(NEGLIGIBLE)?;
    let values = values.f_narrow(1, m - rank, rank)?.f_flip([1])?;
    let keep = values.f_gt_tensor(&largest)?.f_to_kind(Kind::Double)?;
    Ok((values, keep))
}

fn all_finite(tensor: &Tensor) -> Result<bool> {
    Ok(tensor.f_isfinite()?.f_all()?.f_int64_value(&[])? != 0)
}
