//! Images whose features are kept, and each image beside the others.

use std::sync::Arc;

use tch::Tensor;

use super::{References, Site};
use crate::error::{Error, ErrorKind, Result};
use crate::model::left_out::LeftOut;
use crate::model::nearest::{Chooser, KeptKeypoints};
use crate::model::reference::{By, Reference};
use crate::statistics::Bank;

impl References<'_> {
    /// Images' features in half precision, [n, L, C'].
    pub(super) fn halves(&mut self, members: &[usize], site: Site<'_>) -> Result<Tensor> {
        let mut halves = Vec::new();
        for image in members {
            let half = Bank::halved(&self.features(*image, site)?);
            halves.push(half.map_err(|error| error.at(self.normals.name(*image)))?);
            self.visited()?;
        }
        Ok(Tensor::f_stack(&halves, 0)?)
    }

    /// A reference to a bank whose last images are these; `kept` are key points of all.
    pub(super) fn of_bank(
        &mut self,
        reference: Reference,
        members: &[usize],
        site: Site<'_>,
        kept: &[Arc<KeptKeypoints>],
    ) -> Result<(Reference, LeftOut)> {
        let Some(bank) = reference.bank() else {
            return Err(Error::new(ErrorKind::State, "no images are kept"));
        };
        let before = bank.count() - members.len();
        let mut left_out = Vec::new();
        for image in members {
            let mut same = self.same_picture(members, *image);
            same.iter_mut().for_each(|place| *place += before);
            self.report()?;
            let is_copy = self.normals.copy(*image).is_some();
            if is_copy || bank.count() == same.len() {
                left_out.push(None);
                continue;
            }
            let features = self.features(*image, site)?;
            let chosen = self.chosen(bank, *image, &features, kept, &same)?;
            left_out.push(Some(reference.distances(&features, &chosen)?));
        }
        Ok((reference, left_out))
    }

    /// The images of a bank that an image is compared with, without those that show the same picture.
    fn chosen(
        &mut self,
        bank: &Bank,
        image: usize,
        features: &Tensor,
        kept: &[Arc<KeptKeypoints>],
        same: &[usize],
    ) -> Result<Vec<usize>> {
        let Some(rule) = self.recipe.nearest else {
            let all = 0..bank.count();
            return Ok(all.filter(|image| !same.contains(image)).collect());
        };
        let chooser = Chooser {
            rule,
            matcher: self.matcher,
            device: self.device,
        };
        let keypoints = match rule.by {
            By::Matches => Some(self.normals.keypoints(image)?.to_device(self.device)?),
            By::Likeness(_) => None,
        };
        chooser.nearest(bank, features, keypoints.as_ref(), kept, same)
    }
}
