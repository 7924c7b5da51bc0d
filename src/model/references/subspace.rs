//! The subspace of images' features, and each image beside that of others.

use super::{References, Site};
use crate::error::Result;
use crate::model::left_out::LeftOut;
use crate::model::reference::Reference;
use crate::statistics::{Moments, Subspace};

/// A subspace is found anew for each share of the images that is left out; there are so many shares at most.
const FOLDS: usize = 20;

impl References<'_> {
    /// A subspace of images, or one that there is with more images.
    ///
    /// Images are left out one by one, of more than 20 pictures in 20 shares, so a score is that of a model of 95 % of them.
    /// Memory: twenty times C' * C' numbers.
    pub(super) fn subspace(
        &mut self,
        prior: Option<Subspace>,
        members: &[usize],
        site: Site<'_>,
        energy: f64,
    ) -> Result<(Reference, LeftOut)> {
        let folds = self.folds(members);
        let mut shares: Vec<Moments> = Vec::new();
        for (image, fold) in members.iter().zip(&folds) {
            let features = self.features(*image, site)?;
            let moments =
                Moments::of(&features).map_err(|error| error.at(self.normals.name(*image)))?;
            while shares.len() <= *fold {
                shares.push(Moments::none(features.size()[1])?);
            }
            shares[*fold] = shares[*fold].with(&moments)?;
            self.visited()?;
        }
        let known = prior.as_ref().map(Subspace::moments);
        let all = Moments::total(known.into_iter().chain(&shares))?;

        let mut left_out: LeftOut = members.iter().map(|_| None).collect();
        for (fold, share) in shares.iter().enumerate() {
            let Some(others) = all.without(share)? else {
                continue;
            };
            let others = Subspace::new(others, energy)?;
            for (place, image) in members.iter().enumerate() {
                if folds[place] == fold && self.normals.copy(*image).is_none() {
                    left_out[place] = Some(others.distances(&self.features(*image, site)?)?);
                    self.visited()?;
                }
            }
        }
        let subspace = Subspace::new(all, energy)?;
        Ok((Reference::Subspace(subspace), left_out))
    }

    /// Which share each image is left out with; copies of a picture go with it.
    fn folds(&self, members: &[usize]) -> Vec<usize> {
        let mut sources: Vec<usize> = Vec::new();
        let mut folds = Vec::with_capacity(members.len());
        for image in members {
            let source = self.normals.source(*image);
            let known = sources.iter().position(|known| *known == source);
            let number = known.unwrap_or_else(|| {
                sources.push(source);
                sources.len() - 1
            });
            folds.push(number % FOLDS);
        }
        folds
    }
}
