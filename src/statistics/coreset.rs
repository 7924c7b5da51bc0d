//! Features of normal images wherever they were found, thinned out: the memory of PatchCore.

use tch::{Device, Kind, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::statistics::gaussian::all_finite;
use crate::statistics::nearest::{length, nearest};
use crate::torch::shared::SharedTensor;

/// Some of the features of normal images, and whose they are.
///
/// Threads: immutable, shared by any number of threads.
#[derive(Debug)]
pub struct Coreset {
    images: u64,
    /// [M, C'] f32.
    members: SharedTensor,
    /// Number of the image that each was found in, `[M]` i64.
    owners: SharedTensor,
}

impl Coreset {
    /// A coreset of so many images.
    ///
    /// Shapes: `members` [M, C'] f32, `owners` `[M]` i64 below `images`, M at least 1.
    /// Errors: `Format` if they are not that, or a number is not finite.
    pub fn new(images: u64, members: Tensor, owners: Tensor) -> Result<Self> {
        let (size, kinds) = (members.size(), (members.f_kind()?, owners.f_kind()?));
        let is_coreset = size.len() == 2
            && !size.contains(&0)
            && owners.size() == size[..1]
            && kinds == (Kind::Float, Kind::Int64);
        if !is_coreset || !all_finite(&members)? {
            let message =
                format!("kept features {size:?} are not finite 32-bit floats with an image each");
            return Err(Error::new(ErrorKind::Format, message));
        }
        let (first, last) = (owners.f_min()?, owners.f_max()?);
        let (first, last) = (first.f_int64_value(&[])?, last.f_int64_value(&[])?);
        if first < 0 || last as u64 >= images {
            let message = format!("features of images {first} to {last} are kept, of {images}");
            return Err(Error::new(ErrorKind::Format, message));
        }
        Ok(Self {
            images,
            members: SharedTensor::new(members),
            owners: SharedTensor::new(owners),
        })
    }

    /// How many images it was chosen from.
    pub fn images(&self) -> u64 {
        self.images
    }

    /// The features, [M, C'] f32.
    pub fn members(&self) -> &Tensor {
        &self.members
    }

    /// Number of the image that each was found in, `[M]` i64.
    pub fn owners(&self) -> &Tensor {
        &self.owners
    }

    /// Euclidean distance of every location to the nearest member, wherever that was found, `[L]` f32; `features` [L, C'] f32.
    ///
    /// With `support` at least 2 all distances are multiplied by the weight of the furthest location (PatchCore, arXiv
    /// 2106.08265, eq. 7): `1 - softmax(|x - m_i|)` at the member nearest to it, over the `support` members nearest to that
    /// one. Few members around it say that it is rare itself, and the distance counts more. A member that is alone has
    /// nothing to be weighed by: the formula would make every distance 0, so distances stay as they are.
    pub fn distances(&self, features: &Tensor, support: usize) -> Result<Tensor> {
        self.compare(features, None, support)
    }

    /// The same where members of the images in `without` do not count; none if nothing is left to compare with.
    pub fn distances_without(
        &self,
        features: &Tensor,
        without: &[usize],
        support: usize,
    ) -> Result<Option<Tensor>> {
        let allowed = self.allowed(without)?;
        if allowed.f_any()?.f_int64_value(&[])? == 0 {
            return Ok(None);
        }
        self.compare(features, Some(allowed), support).map(Some)
    }

    fn compare(
        &self,
        features: &Tensor,
        allowed: Option<Tensor>,
        support: usize,
    ) -> Result<Tensor> {
        let (distances, numbers) = nearest(features, &self.members, allowed.as_ref())?;
        if support < 2 {
            return Ok(distances);
        }
        let furthest = distances.f_argmax(0, false)?.f_int64_value(&[])?;
        let number = numbers.f_int64_value(&[furthest])?;
        let weight = self.weight(&features.f_get(furthest)?, number, allowed, support)?;
        Ok(distances.f_mul(&weight)?)
    }

    fn weight(
        &self,
        feature: &Tensor,
        number: i64,
        allowed: Option<Tensor>,
        support: usize,
    ) -> Result<Tensor> {
        let to_member = length(&self.members.f_sub(&self.members.f_get(number)?)?)?;
        let to_member = match allowed {
            Some(allowed) => to_member.f_masked_fill(&allowed.f_logical_not()?, f64::INFINITY)?,
            None => to_member,
        };
        // The member itself comes first, also before others that equal it.
        let _ = to_member.f_get(number)?.f_fill_(-1.0)?;
        let left = to_member.f_isfinite()?.f_sum(Kind::Int64)?;
        let support = (support as i64).min(left.f_int64_value(&[])?);
        if support < 2 {
            return Ok(Tensor::f_ones([], (Kind::Float, feature.device()))?);
        }
        let (_, around) = to_member.f_topk(support, 0, false, true)?;
        let off = self.members.f_index_select(0, &around)?.f_sub(feature)?;
        let shares = length(&off)?.f_softmax(0, Kind::Float)?;
        Ok(shares.f_get(0)?.f_neg()?.f_add_scalar(1.0)?)
    }

    fn allowed(&self, without: &[usize]) -> Result<Tensor> {
        let without: Vec<i64> = without.iter().map(|image| *image as i64).collect();
        let without = Tensor::f_from_slice(&without)?.f_to_device(self.owners.device())?;
        let owners = self.owners.f_unsqueeze(1)?;
        let left_out = owners.f_eq_tensor(&without)?.f_any_dim(1, false)?;
        Ok(left_out.f_logical_not()?)
    }

    /// The same on another device.
    pub fn to_device(&self, device: Device) -> Result<Self> {
        Ok(Self {
            images: self.images,
            members: SharedTensor::new(self.members.f_to_device(device)?),
            owners: SharedTensor::new(self.owners.f_to_device(device)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coreset() -> Coreset {
        let members = Tensor::from_slice(&[0.0f32, 1.0, 10.0, 12.0]).reshape([4, 1]);
        Coreset::new(3, members, Tensor::from_slice(&[0i64, 0, 1, 2])).unwrap()
    }

    fn distances(features: &[f32], without: &[usize], support: usize) -> Option<Vec<f32>> {
        let features = Tensor::from_slice(features).reshape([-1, 1]);
        let found = coreset()
            .distances_without(&features, without, support)
            .unwrap();
        found.map(|found| Vec::try_from(found).unwrap())
    }

    #[test]
    fn nearest_member_counts_and_those_left_out_do_not() {
        assert_eq!(distances(&[0.25, 9.0], &[], 0), Some(vec![0.25, 1.0]));
        assert_eq!(distances(&[0.25, 9.0], &[0], 0), Some(vec![9.75, 1.0]));
        assert_eq!(distances(&[0.25], &[0, 1], 0), Some(vec![11.75]));
        assert_eq!(distances(&[0.25], &[0, 1, 2], 0), None);
    }

    #[test]
    fn weight_is_that_of_the_furthest_location() {
        // 8 is 2 from its nearest, 10; the two members nearest to 10 are itself and 12, which is 4 away.
        let share = 2.0f32.exp() / (2.0f32.exp() + 4.0f32.exp());
        let expected = [0.25 * (1.0 - share), 2.0 * (1.0 - share)];
        let found = distances(&[0.25, 8.0], &[], 2).unwrap();
        assert!(
            found
                .iter()
                .zip(expected)
                .all(|(a, b)| (a - b).abs() < 1e-6)
        );
        // More than there are: all that are left.
        assert!(distances(&[8.0], &[0], 9).unwrap()[0].is_finite());
        // One alone weighs nothing: what is far from it must not become near.
        assert_eq!(distances(&[8.0], &[0, 2], 9), Some(vec![2.0]));
        let features = Tensor::from_slice(&[0.25f32, 8.0]).reshape([2, 1]);
        let all = coreset().distances(&features, 2).unwrap();
        assert_eq!(Vec::<f32>::try_from(all).unwrap(), found);
    }

    #[test]
    fn what_is_no_coreset_is_refused() {
        let members = || Tensor::from_slice(&[0.0f32, 1.0]).reshape([2, 1]);
        for (images, members, owners) in [
            (1, members(), Tensor::from_slice(&[0i64])),
            (1, members(), Tensor::from_slice(&[0i64, 1])),
            (2, members(), Tensor::from_slice(&[0i64, -1])),
            (2, members(), Tensor::from_slice(&[0.0f32, 1.0])),
            (2, members() * f64::NAN, Tensor::from_slice(&[0i64, 1])),
            (2, members().flatten(0, 1), Tensor::from_slice(&[0i64, 1])),
        ] {
            let error = Coreset::new(images, members, owners).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Format);
        }
    }
}
