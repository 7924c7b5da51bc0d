//! Features of images that are thinned out, and each image beside those of the others.

use tch::{Kind, Tensor};

use super::{References, Site};
use crate::error::{Error, ErrorKind, Result};
use crate::model::left_out::LeftOut;
use crate::model::reference::{CoresetRule, Reference};
use crate::progress::report;
use crate::statistics::Coreset;
use crate::statistics::k_centre::{k_centres, projection};

const CHOOSING: &str = "choosing features";

/// Decides the projection under which features are chosen; it is forgotten afterwards.
const SEED: u64 = 0;

impl References<'_> {
    /// A coreset of images, or one that there is with those of more images.
    ///
    /// While it is chosen, all features are in memory: `projection` numbers in single precision for every location of every
    /// image. An image that is left out is compared with what was kept of the others, which is a little less than would have
    /// been kept without it: its score is a little too high, never too low, before it is weighed.
    pub(super) fn coreset(
        &mut self,
        prior: Option<Coreset>,
        members: &[usize],
        site: Site<'_>,
        rule: CoresetRule,
    ) -> Result<(Reference, LeftOut)> {
        let before = prior.as_ref().map_or(0, |prior| prior.images() as usize);
        let (chosen, owners) = self.thinned_out(prior.as_ref(), members, site, rule)?;
        let (mut features, mut of) = match &prior {
            Some(prior) => (
                vec![prior.members().shallow_clone()],
                vec![prior.owners().shallow_clone()],
            ),
            None => (Vec::new(), Vec::new()),
        };
        features.extend(chosen);
        of.push(Tensor::f_from_slice(&owners)?);
        let images = (before + members.len()) as u64;
        let coreset = Coreset::new(images, Tensor::f_cat(&features, 0)?, Tensor::f_cat(&of, 0)?)?;

        let mut left_out = Vec::new();
        for image in members {
            self.visited()?;
            if self.normals.copy(*image).is_some() {
                left_out.push(None);
                continue;
            }
            let mut same = self.same_picture(members, *image);
            same.iter_mut().for_each(|place| *place += before);
            let features = self.features(*image, site)?;
            left_out.push(coreset.distances_without(&features, &same, rule.support)?);
        }
        Ok((Reference::Coreset(coreset, rule.support), left_out))
    }

    /// What is kept of each image's features, and the image's number among all for each of them.
    fn thinned_out(
        &mut self,
        prior: Option<&Coreset>,
        members: &[usize],
        site: Site<'_>,
        rule: CoresetRule,
    ) -> Result<(Vec<Tensor>, Vec<i64>)> {
        let mut projected = Projected {
            rule,
            projection: None,
        };
        let mut candidates = Vec::with_capacity(members.len());
        for image in members {
            let features = self.features(*image, site)?;
            if features.f_isfinite()?.f_all()?.f_int64_value(&[])? == 0 {
                let error = Error::new(ErrorKind::Numeric, "a feature is not finite");
                return Err(error.at(self.normals.name(*image)));
            }
            candidates.push(projected.of(&features)?);
            self.visited()?;
        }
        let places = candidates.first().map_or(0, |rows| rows.size()[0]) as usize;
        let candidates = joined(candidates)?;
        let given = match prior {
            Some(prior) => projected.of(prior.members())?,
            None => Tensor::f_zeros([0, 1], (Kind::Float, candidates.device()))?,
        };
        let before = prior.map_or(0, |prior| prior.images() as usize);
        let kept = prior.map_or(0, |prior| prior.members().size()[0] as usize);
        let all = (before + members.len()) * places;
        let wanted = ((rule.share * all as f64).ceil() as usize).max(1);
        let count = wanted.saturating_sub(kept);
        let progress = &mut *self.progress;
        let mut numbers = k_centres(&candidates, &given, count, &mut |done| {
            report(progress, CHOOSING, done as u64, count as u64)
        })?;
        numbers.sort_unstable();

        let (mut features, mut owners) = (Vec::new(), Vec::new());
        for (place, image) in members.iter().enumerate() {
            let of_image = numbers.iter().filter(|number| **number / places == place);
            let rows: Vec<i64> = of_image.map(|number| (number % places) as i64).collect();
            if !rows.is_empty() {
                let rows = Tensor::f_from_slice(&rows)?;
                features.push(self.features(*image, site)?.f_index_select(0, &rows)?);
            }
            owners.extend(std::iter::repeat_n((before + place) as i64, rows.len()));
        }
        Ok((features, owners))
    }
}

/// Tensors one below the other; takes them, so that they are not in memory twice while features are chosen.
fn joined(parts: Vec<Tensor>) -> Result<Tensor> {
    Ok(Tensor::f_cat(&parts, 0)?)
}

/// Features with fewer channels, if they have more than the rule says.
struct Projected {
    rule: CoresetRule,
    projection: Option<Tensor>,
}

impl Projected {
    fn of(&mut self, features: &Tensor) -> Result<Tensor> {
        let (channels, fewer) = (features.size()[1], self.rule.projection);
        if fewer == 0 || channels <= fewer {
            return Ok(features.shallow_clone());
        }
        let projection = match &mut self.projection {
            Some(projection) => projection,
            none => none.insert(projection(channels, fewer, SEED)?),
        };
        Ok(features.f_matmul(projection)?)
    }
}
