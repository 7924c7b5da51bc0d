//! The features of all normal images, of which each picture asks for those that look like it.

use tch::{Device, Kind, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::statistics::dual;
use crate::statistics::gaussian::all_finite;
use crate::statistics::nearest::{length as distance, nearest};
use crate::statistics::vicinity::Vicinity;
use crate::torch::shared::SharedTensor;

/// What makes a normal image look like a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// The cosine of the features, averaged over the places: for parts in a fixed pose.
    Place,
    /// The cosine of the features' mean over all places: does not ask where anything is.
    Mean,
}

/// Normal images by their features, in half precision.
///
/// Threads: immutable, shared by any number of threads.
#[derive(Debug)]
pub struct Bank {
    epsilon: f64,
    features: SharedTensor,
    /// Mean over the places, [N, C'] f32, rows of length 1.
    means: SharedTensor,
    /// One over the length of every feature vector, [N, L] f32.
    scales: SharedTensor,
}

impl Bank {
    /// A bank of these images; `epsilon` goes onto the diagonal of every covariance.
    ///
    /// Shapes: `features` [N, L, C'] f16, N at least 1.
    /// Errors: `Format` if it is not that, or a number is not finite; `Memory`.
    pub fn new(epsilon: f64, features: Tensor) -> Result<Self> {
        let size = features.size();
        let is_bank = size.len() == 3 && !size.contains(&0) && features.f_kind()? == Kind::Half;
        if !is_bank || !all_finite(&features)? {
            let message = format!(
                "normal features {size:?} are not finite 16-bit floats of (images, locations, channels)"
            );
            return Err(Error::new(ErrorKind::Format, message));
        }
        if !(epsilon.is_finite() && epsilon > 0.0) {
            let message = format!("a bank with epsilon {epsilon} is none");
            return Err(Error::new(ErrorKind::Format, message));
        }
        let (mut means, mut scales) = (Vec::new(), Vec::new());
        for image in 0..size[0] {
            let rows = features.f_get(image)?.f_to_kind(Kind::Float)?;
            means.push(unit(&rows.f_mean_dim(0, false, Kind::Float)?)?);
            scales.push(length(&rows)?.f_squeeze_dim(1)?.f_reciprocal()?);
        }
        Ok(Self {
            epsilon,
            features: SharedTensor::new(features),
            means: SharedTensor::new(Tensor::f_stack(&means, 0)?),
            scales: SharedTensor::new(Tensor::f_stack(&scales, 0)?),
        })
    }

    /// What a picture's features, [L, C'] f32, become in a bank, [L, C'] f16. Errors: `Numeric` if they do not fit into it.
    pub fn halved(features: &Tensor) -> Result<Tensor> {
        let halved = features.f_to_kind(Kind::Half)?;
        if all_finite(&halved)? {
            return Ok(halved);
        }
        let message = "a feature is not finite, or beyond the 65504 of half precision";
        Err(Error::new(ErrorKind::Numeric, message))
    }

    /// Bytes that so many images of this many locations and channels take, in memory and on disk.
    pub fn bytes(images: u64, locations: u64, channels: u64) -> u64 {
        let numbers = images.saturating_mul(locations).saturating_mul(channels);
        numbers.saturating_mul(2)
    }

    /// This bank with more images, [n, L, C'] f16, at its end.
    pub fn with(&self, features: &Tensor) -> Result<Self> {
        Self::new(
            self.epsilon,
            Tensor::f_cat(&[&*self.features, features], 0)?,
        )
    }

    /// How many images there are.
    pub fn count(&self) -> usize {
        self.features.size()[0] as usize
    }

    /// The regularisation.
    pub fn epsilon(&self) -> f64 {
        self.epsilon
    }

    /// The features, [N, L, C'] f16.
    pub fn features(&self) -> &Tensor {
        &self.features
    }

    /// How like each image is to a picture, -1 to 1.
    ///
    /// Shapes: `features` [L, C'] f32. Cost: by place, reading the bank once; by mean, nothing.
    pub fn likeness(&self, features: &Tensor, by: Likeness) -> Result<Vec<f32>> {
        let found = match by {
            Likeness::Mean => {
                let mean = unit(&features.f_mean_dim(0, false, Kind::Float)?)?;
                self.means.f_mv(&mean)?
            }
            Likeness::Place => {
                let rows = features.f_div(&length(features)?)?;
                let mut found = Vec::with_capacity(self.count());
                for image in 0..self.count() as i64 {
                    let products = self.features.f_get(image)?.f_mul(&rows)?;
                    let cosines = products
                        .f_sum_dim_intlist(1, false, Kind::Float)?
                        .f_mul(&self.scales.f_get(image)?)?;
                    found.push(cosines.f_mean(Kind::Float)?);
                }
                Tensor::f_stack(&found, 0)?
            }
        };
        Ok(Vec::try_from(found.f_to_device(Device::Cpu)?)?)
    }

    /// Mahalanobis distance of every location to the Gaussian of the images with these numbers, `[L]` f32.
    ///
    /// Errors: as of [`dual::distances`]; `InvalidArgument` for a number that there is not.
    pub fn distances(&self, features: &Tensor, images: &[usize]) -> Result<Tensor> {
        self.check(images)?;
        let numbers: Vec<i64> = images.iter().map(|image| *image as i64).collect();
        let numbers = Tensor::f_from_slice(&numbers)?.f_to_device(self.features.device())?;
        let samples = self.features.f_index_select(0, &numbers)?;
        dual::distances(&samples, features, self.epsilon)
    }

    /// Euclidean distance of every location to the nearest feature of the images with these numbers, `[L]` f32: to one at a
    /// location near it (RAD, 2026), or to one anywhere (SPADE, arXiv 2005.02357, eq. 3, with one nearest).
    ///
    /// Shapes: `features` [L, C'] f32. Errors: `InvalidArgument` for a number that there is not, or none at all.
    pub fn nearest(
        &self,
        features: &Tensor,
        images: &[usize],
        near: Option<&Vicinity>,
    ) -> Result<Tensor> {
        self.check(images)?;
        let mut least: Option<Tensor> = None;
        for image in images {
            let rows = self.features.f_get(*image as i64)?.f_to_kind(Kind::Float)?;
            let distances = match near {
                None => nearest(features, &rows, None)?.0,
                Some(vicinity) => at_places_near(features, &rows, vicinity)?,
            };
            least = Some(match least {
                Some(least) => least.f_minimum(&distances)?,
                None => distances,
            });
        }
        least.ok_or_else(|| {
            let message = "a picture is compared with no image";
            Error::new(ErrorKind::InvalidArgument, message)
        })
    }

    fn check(&self, images: &[usize]) -> Result<()> {
        match images.iter().find(|image| **image >= self.count()) {
            Some(wrong) => {
                let message = format!("there is no image {wrong} among {}", self.count());
                Err(Error::new(ErrorKind::InvalidArgument, message))
            }
            None => Ok(()),
        }
    }

    /// The same bank on another device.
    pub fn to_device(&self, device: Device) -> Result<Self> {
        let moved =
            |tensor: &Tensor| Ok::<_, Error>(SharedTensor::new(tensor.f_to_device(device)?));
        Ok(Self {
            epsilon: self.epsilon,
            features: moved(&self.features)?,
            means: moved(&self.means)?,
            scales: moved(&self.scales)?,
        })
    }
}

/// Distance of every location's feature to the nearest of one image, [L, C'], at the locations near it.
fn at_places_near(features: &Tensor, rows: &Tensor, vicinity: &Vicinity) -> Result<Tensor> {
    let mut least: Option<Tensor> = None;
    for shift in 0..vicinity.near().size()[0] {
        let others = rows.f_index_select(0, &vicinity.near().f_get(shift)?)?;
        let distances = distance(&others.f_sub(features)?)?;
        least = Some(match least {
            Some(least) => least.f_minimum(&distances)?,
            None => distances,
        });
    }
    least.ok_or_else(|| Error::new(ErrorKind::State, "no location is near another"))
}

/// Length of every row, [.., 1], never 0.
fn length(rows: &Tensor) -> Result<Tensor> {
    Ok(rows
        .f_square()?
        .f_sum_dim_intlist(-1, true, Kind::Float)?
        .f_sqrt()?
        .f_clamp_min(1e-12)?)
}

fn unit(rows: &Tensor) -> Result<Tensor> {
    Ok(rows.f_div(&length(rows)?)?)
}
