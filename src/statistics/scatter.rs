//! Scatter matrices of a run of locations: of images that are held, and of those before them that are not.

use tch::{Kind, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::statistics::gaussian::LowRankGaussian;
use crate::torch::shared::SharedTensor;

/// What is left of images that are not held.
#[derive(Debug)]
pub(super) enum Before {
    /// There were none.
    Nothing,
    /// Their Gaussian.
    Gaussian(LowRankGaussian),
    /// Their scatter matrices.
    Scatter(Scatter),
}

/// Scatter matrices of images about their mean.
#[derive(Debug)]
pub(super) struct Scatter {
    /// How many images.
    pub count: i64,
    /// L.
    pub locations: i64,
    /// C'.
    pub channels: i64,
    /// Locations of a part; the last one may have fewer.
    pub length: i64,
    /// Of all locations in order.
    pub parts: Vec<ScatterPart>,
}

/// Those of a run of locations.
#[derive(Debug)]
pub(super) struct ScatterPart {
    /// [len, C'] f64.
    pub mean: SharedTensor,
    /// [len, C', C'] f64.
    pub products: SharedTensor,
}

/// A run of locations of all images: their scatter matrix about their mean is `rows' rows + products`.
pub(super) struct Run {
    /// [len, C'] f64.
    pub mean: Tensor,
    /// [len, rows, C'] f64; the images held are rows of their own, last.
    pub rows: Tensor,
    /// [len, C', C'] f64; none if the rows are all.
    pub products: Option<Tensor>,
}

impl Before {
    /// How many images there were.
    pub fn count(&self) -> i64 {
        match self {
            Self::Nothing => 0,
            Self::Gaussian(gaussian) => gaussian.count as i64,
            Self::Scatter(scatter) => scatter.count,
        }
    }

    /// How many rows they become.
    pub fn rows(&self) -> i64 {
        match self {
            Self::Nothing => 0,
            Self::Gaussian(gaussian) => gaussian.variances.size()[1] + 1,
            Self::Scatter(_) => 1,
        }
    }

    /// A run of locations of these images and of `samples` [len, held, C'] f64 after them; `part` is that of the run if there
    /// are scatter matrices.
    ///
    /// Images of a Gaussian stand as rows `sqrt((n-1) lambda_k) v_k`, and the mean of those before as one row
    /// `sqrt(n) (m - mean)`. Errors: `TooFewImages` if there are none at all.
    pub fn run(
        &self,
        start: i64,
        length: i64,
        samples: Option<Tensor>,
        part: Option<ScatterPart>,
    ) -> Result<Run> {
        let cut = |tensor: &Tensor| {
            Ok::<_, Error>(tensor.f_narrow(0, start, length)?.f_to_kind(Kind::Double)?)
        };
        let (own_mean, mut rows) = match (self, &part) {
            (Self::Gaussian(gaussian), _) => {
                let weights = cut(&gaussian.variances)?
                    .f_mul_scalar(gaussian.count as f64 - 1.0)?
                    .f_sqrt()?
                    .f_unsqueeze(2)?;
                let rows = cut(&gaussian.directions)?.f_mul(&weights)?;
                (cut(&gaussian.mean)?, vec![rows])
            }
            (Self::Scatter(_), Some(part)) => (part.mean.shallow_clone(), Vec::new()),
            _ => {
                let samples = samples.ok_or_else(no_image)?;
                let mean = samples.f_mean_dim(1, false, Kind::Double)?;
                return Ok(Run {
                    rows: samples.f_sub(&mean.f_unsqueeze(1)?)?,
                    mean,
                    products: None,
                });
            }
        };
        let n = self.count() as f64;
        let mut total = own_mean.f_mul_scalar(n)?;
        let mut count = n;
        if let Some(samples) = &samples {
            total = total.f_add(&samples.f_sum_dim_intlist(1, false, Kind::Double)?)?;
            count += samples.size()[1] as f64;
        }
        let mean = total.f_div_scalar(count)?;
        let off = own_mean.f_sub(&mean)?.f_mul_scalar(n.sqrt())?;
        rows.push(off.f_unsqueeze(1)?);
        if let Some(samples) = samples {
            rows.push(samples.f_sub(&mean.f_unsqueeze(1)?)?);
        }
        Ok(Run {
            rows: Tensor::f_cat(&rows, 1)?,
            mean,
            products: part.map(|part| part.products.shallow_clone()),
        })
    }
}

impl Run {
    /// The scatter matrices, [len, C', C'] f64.
    pub fn products(&self) -> Result<Tensor> {
        let of_rows = self.rows.f_transpose(1, 2)?.f_bmm(&self.rows)?;
        Ok(match &self.products {
            Some(products) => of_rows.f_add(products)?,
            None => of_rows,
        })
    }
}

pub(super) fn no_image() -> Error {
    let message = "a Gaussian needs at least one image";
    Error::new(ErrorKind::TooFewImages, message)
}
