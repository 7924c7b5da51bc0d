//! Gaussians of images, and each image beside the Gaussian of the others.

use tch::Tensor;

use super::{FITTING, References, Site};
use crate::error::Result;
use crate::model::left_out::LeftOut;
use crate::model::reference::Reference;
use crate::progress::report;
use crate::statistics::{Fitted, GaussianBuilder, LowRankGaussian, dual};

impl References<'_> {
    /// Makes `members` part of the Gaussian in `builder`.
    pub(super) fn gaussian(
        &mut self,
        builder: GaussianBuilder,
        members: &[usize],
        site: Site<'_>,
    ) -> Result<(Reference, LeftOut)> {
        let mut builder = builder.in_lanes(self.lanes);
        for image in members {
            self.push(&mut builder, *image, site, false)?;
        }
        let Fitted {
            gaussian,
            leave_one_out,
        } = self.finish(builder)?;
        // The builder knows the images that it still holds; those that it had to merge come first.
        let merged = members.len() - leave_one_out.size()[0] as usize;
        let mut left_out = Vec::new();
        for (place, image) in members.iter().enumerate() {
            let same = self.same_picture(members, *image);
            left_out.push(match (place.checked_sub(merged), &same[..]) {
                _ if self.normals.copy(*image).is_some() => None,
                (Some(row), [_]) => Some(leave_one_out.f_get(row as i64)?),
                _ if merged == 0 && gaussian.count() == members.len() as u64 => {
                    self.by_the_others(*image, members, site, false, gaussian.epsilon())?
                }
                // From a single sample no variance can be regained.
                _ if gaussian.count() < same.len() as u64 + 2 => None,
                _ => {
                    let samples = same
                        .iter()
                        .map(|place| self.features(members[*place], site));
                    Some(gaussian.leave_out(&samples.collect::<Result<Vec<_>>>()?)?)
                }
            });
        }
        Ok((Reference::Gaussian(gaussian), left_out))
    }

    /// Distances of an image to the Gaussian of those members that show another picture; none if there is no other, or if
    /// it is a copy.
    fn by_the_others(
        &mut self,
        image: usize,
        members: &[usize],
        site: Site<'_>,
        few: bool,
        epsilon: f64,
    ) -> Result<Option<Tensor>> {
        if self.normals.copy(image).is_some() {
            return Ok(None);
        }
        let mut others = Vec::new();
        for other in members {
            if self.normals.source(*other) != image {
                others.extend(self.samples(*other, site, few)?);
            }
        }
        if others.is_empty() {
            return Ok(None);
        }
        let features = self.features(image, site)?;
        let others = Tensor::f_stack(&others, 0)?;
        dual::distances(&others, &features, epsilon).map(Some)
    }

    /// The Gaussian of a few images and of what they lend to each other's neighbours; an image is left out with all of it.
    pub(super) fn gaussian_of_few(
        &mut self,
        epsilon: f64,
        members: &[usize],
        site: Site<'_>,
    ) -> Result<(Reference, LeftOut)> {
        let mut builder = GaussianBuilder::new(epsilon).in_lanes(self.lanes);
        for image in members {
            self.push(&mut builder, *image, site, true)?;
        }
        let gaussian = self.finish(builder)?.gaussian;
        let mut left_out = Vec::new();
        for image in members {
            left_out.push(self.by_the_others(*image, members, site, true, epsilon)?);
        }
        Ok((Reference::Gaussian(gaussian), left_out))
    }

    /// A few images' Gaussian with more of them; each new one is compared with those before.
    pub(super) fn extended_few(
        &mut self,
        prior: LowRankGaussian,
        members: &[usize],
        site: Site<'_>,
    ) -> Result<(Reference, LeftOut)> {
        let mut left_out = Vec::new();
        for image in members {
            left_out.push(match self.normals.copy(*image) {
                Some(_) => None,
                None => Some(prior.distances(&self.features(*image, site)?)?),
            });
        }
        let mut builder = GaussianBuilder::extending(prior).in_lanes(self.lanes);
        for image in members {
            self.push(&mut builder, *image, site, true)?;
        }
        let gaussian = self.finish(builder)?.gaussian;
        Ok((Reference::Gaussian(gaussian), left_out))
    }

    fn push(
        &mut self,
        builder: &mut GaussianBuilder,
        image: usize,
        site: Site<'_>,
        few: bool,
    ) -> Result<()> {
        for sample in self.samples(image, site, few)? {
            let (progress, visits, total) = (&mut *self.progress, self.visits, self.total);
            let pushed = builder.push(&sample, &mut || {
                report(progress, FITTING, visits.min(total), total)
            });
            pushed.map_err(|error| error.at(self.normals.name(image)))?;
        }
        self.visited()
    }

    fn finish(&mut self, builder: GaussianBuilder) -> Result<Fitted> {
        let (progress, visits, total) = (&mut *self.progress, self.visits, self.total);
        let fitted = builder.finish(&mut || report(progress, FITTING, visits.min(total), total))?;
        Ok(Fitted {
            gaussian: fitted.gaussian.kept_in(self.recipe.factors)?,
            ..fitted
        })
    }
}
