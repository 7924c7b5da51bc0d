//! The directions in which normal features vary, and what of a feature lies outside of them.

use tch::{Device, Kind, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::statistics::gaussian::all_finite;
use crate::torch::shared::SharedTensor;

/// Sums over feature vectors, which can be added and taken away again.
///
/// Memory: C' * C' numbers, however many vectors there are.
#[derive(Debug)]
pub struct Moments {
    images: u64,
    count: f64,
    /// [C'] f64.
    sum: SharedTensor,
    /// Sums of products, [C', C'] f64.
    products: SharedTensor,
}

/// The subspace that normal features lie in (SubspaceAD, 2026): the first principal components, by their share of the
/// variance, of the features of all locations together. It does not ask where anything is.
///
/// Threads: immutable, shared by any number of threads.
#[derive(Debug)]
pub struct Subspace {
    moments: Moments,
    /// [C'] f32.
    mean: SharedTensor,
    /// [C', k] f32, columns of length 1 at right angles.
    directions: SharedTensor,
}

impl Moments {
    /// Of one image's features, [L, C'] f32. Errors: `Numeric` if one is not finite.
    pub fn of(features: &Tensor) -> Result<Self> {
        if !all_finite(features)? {
            return Err(Error::new(ErrorKind::Numeric, "a feature is not finite"));
        }
        let values = features.f_to_kind(Kind::Double)?;
        Ok(Self {
            images: 1,
            count: values.size()[0] as f64,
            sum: SharedTensor::new(values.f_sum_dim_intlist(0, false, Kind::Double)?),
            products: SharedTensor::new(values.f_transpose(0, 1)?.f_matmul(&values)?),
        })
    }

    /// Of no image.
    pub fn none(channels: i64) -> Result<Self> {
        let zeros = |size: &[i64]| -> Result<SharedTensor> {
            let zeros = Tensor::f_zeros(size, (Kind::Double, Device::Cpu))?;
            Ok(SharedTensor::new(zeros))
        };
        Ok(Self {
            images: 0,
            count: 0.0,
            sum: zeros(&[channels])?,
            products: zeros(&[channels, channels])?,
        })
    }

    /// All of them together. Errors: `State` if there are none.
    pub fn total<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Result<Self> {
        let mut total: Option<Self> = None;
        for part in parts {
            total = Some(match total {
                Some(total) => total.with(part)?,
                None => Self::none(part.sum.size()[0])?.with(part)?,
            });
        }
        total.ok_or_else(|| Error::new(ErrorKind::State, "there are no features"))
    }

    /// Sums over the features, [C'] f64, and over their products, [C', C'] f64.
    pub fn sums(&self) -> (&Tensor, &Tensor) {
        (&self.sum, &self.products)
    }

    /// Both together.
    pub fn with(&self, other: &Self) -> Result<Self> {
        Ok(Self {
            images: self.images + other.images,
            count: self.count + other.count,
            sum: SharedTensor::new(self.sum.f_add(&other.sum)?),
            products: SharedTensor::new(self.products.f_add(&other.products)?),
        })
    }

    /// Without others that are among them; none if nothing is left.
    pub fn without(&self, others: &Self) -> Result<Option<Self>> {
        if self.images <= others.images {
            return Ok(None);
        }
        Ok(Some(Self {
            images: self.images - others.images,
            count: self.count - others.count,
            sum: SharedTensor::new(self.sum.f_sub(&others.sum)?),
            products: SharedTensor::new(self.products.f_sub(&others.products)?),
        }))
    }
}

impl Subspace {
    /// The fewest principal components that hold a share `energy` of the variance, above 0 and at most 1; one direction at
    /// least is left out, so that there is an outside.
    pub fn new(moments: Moments, energy: f64) -> Result<Self> {
        let mean = moments.sum.f_div_scalar(moments.count)?;
        let squares = mean.f_unsqueeze(1)?.f_matmul(&mean.f_unsqueeze(0)?)?;
        let covariance = moments
            .products
            .f_div_scalar(moments.count)?
            .f_sub(&squares)?;
        let (variances, directions) = covariance.f_linalg_eigh("L")?;
        // Ascending, and below 0 by rounding alone.
        let variances: Vec<f64> = Vec::try_from(variances.f_clamp_min(0.0)?)?;
        let total: f64 = variances.iter().sum();
        let channels = variances.len();
        let (mut held, mut kept) = (0.0, 0);
        for variance in variances.iter().rev() {
            if kept + 1 >= channels || held >= energy * total {
                break;
            }
            held += variance;
            kept += 1;
        }
        let directions = directions.f_narrow(1, (channels - kept) as i64, kept as i64)?;
        let single = |tensor: &Tensor| -> Result<SharedTensor> {
            let tensor = tensor.f_to_kind(Kind::Float)?.f_contiguous()?;
            Ok(SharedTensor::new(tensor))
        };
        Ok(Self {
            mean: single(&mean)?,
            directions: single(&directions)?,
            moments,
        })
    }

    /// Puts stored sums over `images` images of `locations` feature vectors each together.
    ///
    /// Errors: `Format` if they cannot be such sums.
    pub fn from_parts(
        (images, locations): (u64, u64),
        energy: f64,
        sum: Tensor,
        products: Tensor,
    ) -> Result<Self> {
        let channels = sum.size();
        let is_right = channels.len() == 1
            && channels[0] > 0
            && products.size() == [channels[0]; 2]
            && sum.f_kind()? == Kind::Double
            && products.f_kind()? == Kind::Double
            && images > 0
            && locations > 0;
        if !is_right || !all_finite(&sum)? || !all_finite(&products)? {
            let (a, b) = (sum.size(), products.size());
            let message =
                format!("sums {a:?} and {b:?} of features are no finite 64-bit floats of one size");
            return Err(Error::new(ErrorKind::Format, message));
        }
        let count = images as f64 * locations as f64;
        let moments = Moments {
            images,
            count,
            sum: SharedTensor::new(sum),
            products: SharedTensor::new(products),
        };
        Self::new(moments, energy)
    }

    /// How many images it was formed from.
    pub fn images(&self) -> u64 {
        self.moments.images
    }

    /// How many directions it has.
    pub fn dimensions(&self) -> i64 {
        self.directions.size()[1]
    }

    /// The sums that it was formed from.
    pub fn moments(&self) -> &Moments {
        &self.moments
    }

    /// Length of what of every feature lies outside, `[L]` f32; `features` [L, C'] f32.
    pub fn distances(&self, features: &Tensor) -> Result<Tensor> {
        let off = features.f_sub(&self.mean)?;
        let inside = off.f_matmul(&self.directions)?;
        let outside = off.f_sub(&inside.f_matmul(&self.directions.f_transpose(0, 1)?)?)?;
        super::nearest::length(&outside)
    }

    /// The same on another device.
    pub fn to_device(&self, device: Device) -> Result<Self> {
        let moved =
            |tensor: &Tensor| Ok::<_, Error>(SharedTensor::new(tensor.f_to_device(device)?));
        Ok(Self {
            mean: moved(&self.mean)?,
            directions: moved(&self.directions)?,
            moments: Moments {
                images: self.moments.images,
                count: self.moments.count,
                sum: moved(&self.moments.sum)?,
                products: moved(&self.moments.products)?,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(rows: &[[f32; 3]]) -> Tensor {
        let values: Vec<f32> = rows.iter().flatten().copied().collect();
        Tensor::from_slice(&values).reshape([-1, 3])
    }

    #[test]
    fn what_lies_in_the_plane_of_the_normal_features_is_no_distance() {
        // In the plane z = 1: variances 8, 2 and 0.
        let normal = features(&[
            [4.0, 0.0, 1.0],
            [-4.0, 0.0, 1.0],
            [0.0, 2.0, 1.0],
            [0.0, -2.0, 1.0],
        ]);
        let subspace = Subspace::new(Moments::of(&normal).unwrap(), 0.99).unwrap();
        assert_eq!(subspace.dimensions(), 2);
        let tests = features(&[[7.0, -5.0, 1.0], [1.0, 1.0, 4.0]]);
        let found: Vec<f32> = Vec::try_from(subspace.distances(&tests).unwrap()).unwrap();
        assert!(
            found[0].abs() < 1e-5 && (found[1] - 3.0).abs() < 1e-5,
            "{found:?}"
        );
        // Eight tenths of the variance lie along x.
        let line = Subspace::new(Moments::of(&normal).unwrap(), 0.8).unwrap();
        assert_eq!(line.dimensions(), 1);
        assert_eq!(
            Subspace::new(Moments::of(&normal).unwrap(), 1.0)
                .unwrap()
                .dimensions(),
            2
        );
    }

    #[test]
    fn sums_are_added_and_taken_away() {
        let (a, b) = (
            features(&[[1.0, 2.0, 3.0]]),
            features(&[[4.0, 0.0, 5.0], [1.0, 1.0, 0.0]]),
        );
        let (a, b) = (Moments::of(&a).unwrap(), Moments::of(&b).unwrap());
        let both = a.with(&b).unwrap();
        let left = both.without(&b).unwrap().unwrap();
        assert!(left.products.equal(&a.products) && left.sum.equal(&a.sum));
        assert_eq!((left.images, left.count), (1, 1.0));
        assert!(a.without(&a).unwrap().is_none());
    }

    #[test]
    fn equal_features_have_an_outside() {
        let subspace =
            Subspace::new(Moments::of(&features(&[[1.0; 3]; 4])).unwrap(), 0.99).unwrap();
        let found = subspace.distances(&features(&[[1.0, 1.0, 3.0]])).unwrap();
        assert!((found.double_value(&[0]) - 2.0).abs() < 1e-5);
    }
}
