//! What pictures are compared with, formed of normal images, and each of these compared with all others.

use std::sync::Arc;

use tch::{Device, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::matching::PretrainedMatcher;
use crate::model::LEAST_EPSILON;
use crate::model::groups::Tools;
use crate::model::left_out::LeftOut;
use crate::model::nearest::{Chooser, KeptKeypoints};
use crate::model::normality::{By, NearestRule, Reference};
use crate::model::normals::Normals;
use crate::model::recipe::{Epsilon, Recipe};
use crate::progress::{Progress, report};
use crate::statistics::neighbours::neighbours;
use crate::statistics::{Bank, Fitted, GaussianBuilder, LowRankGaussian, WithinVariance, dual};

const FITTING: &str = "fitting groups";

/// Times that each image is visited while its group is fitted: variance, statistics, score.
const VISITS: u64 = 3;

/// Where an image's features are taken.
#[derive(Clone, Copy)]
pub enum Site<'a> {
    /// Everywhere, as it lies.
    Picture,
    /// At these locations, [P] i64, after it was moved onto its lead.
    Part(&'a Tensor),
}

/// Forms references of normal images.
pub struct References<'a> {
    /// The normal images.
    pub normals: &'a mut Normals,
    /// The recipe.
    pub recipe: &'a Recipe,
    /// Height and width of the grid of locations.
    pub grid: (i64, i64),
    matcher: Option<&'a PretrainedMatcher>,
    device: Device,
    progress: &'a mut dyn Progress,
    visits: u64,
    total: u64,
}

impl<'a> References<'a> {
    /// Of so many images.
    pub fn new(
        normals: &'a mut Normals,
        tools: Tools<'a>,
        images: usize,
        progress: &'a mut dyn Progress,
    ) -> Self {
        let Tools {
            recipe,
            matcher,
            device,
            grid,
            ..
        } = tools;
        let sites = if recipe.registration.is_some() { 2 } else { 1 };
        Self {
            normals,
            recipe,
            grid,
            matcher,
            device,
            progress,
            visits: 0,
            total: VISITS * sites * images as u64,
        }
    }

    /// An image was visited once more.
    pub fn visited(&mut self) -> Result<()> {
        self.visits += 1;
        self.report()
    }

    /// Nothing is left to be done.
    pub fn done(&mut self) -> Result<()> {
        self.visits = self.total;
        self.report()
    }

    fn report(&mut self) -> Result<()> {
        let visits = self.visits.min(self.total);
        report(self.progress, FITTING, visits, self.total)
    }

    fn is_few(&self, members: &[usize]) -> bool {
        members.len() < self.recipe.few
    }

    /// The regularisation of the recipe, for features that vary as those of these groups do.
    pub fn epsilon(&mut self, groups: &[(&[usize], Site<'_>)]) -> Result<f64> {
        let share = match self.recipe.epsilon {
            Epsilon::Unit(epsilon) => return Ok(epsilon),
            Epsilon::Variance(share) => share,
        };
        let mut variance = WithinVariance::default();
        for (members, site) in groups {
            for image in *members {
                for sample in self.samples(*image, *site, self.is_few(members))? {
                    variance.push(&sample)?;
                }
                self.visited()?;
            }
            variance.end_group()?;
        }
        Ok((share * variance.mean()).max(LEAST_EPSILON))
    }

    /// An image's features at a site, [L, C'] f32.
    fn features(&mut self, image: usize, site: Site<'_>) -> Result<Tensor> {
        match site {
            Site::Picture => self.normals.features(image),
            Site::Part(locations) => {
                let features = self.normals.features_at_lead(image)?;
                Ok(features.f_index_select(0, locations)?)
            }
        }
    }

    /// An image's features at a site, and what it lends to the locations around if images are few.
    fn samples(&mut self, image: usize, site: Site<'_>, few: bool) -> Result<Vec<Tensor>> {
        if !few {
            return Ok(vec![self.features(image, site)?]);
        }
        match site {
            Site::Picture => neighbours(&self.normals.features(image)?, self.grid),
            Site::Part(locations) => {
                let samples = neighbours(&self.normals.features_at_lead(image)?, self.grid)?;
                let chosen = samples.iter();
                let chosen = chosen.map(|sample| Ok(sample.f_index_select(0, locations)?));
                chosen.collect()
            }
        }
    }

    /// What images are compared with at a site, and each of them left out.
    pub fn reference(
        &mut self,
        members: &[usize],
        site: Site<'_>,
        epsilon: f64,
        kept: &[Arc<KeptKeypoints>],
    ) -> Result<(Reference, LeftOut)> {
        match self.recipe.nearest {
            Some(rule) => {
                let halves = self.halves(members, site)?;
                self.bank(Bank::new(epsilon, halves)?, members, site, rule, kept)
            }
            None if self.is_few(members) => self.gaussian_of_few(epsilon, members, site),
            None => self.gaussian(GaussianBuilder::new(epsilon), members, site),
        }
    }

    /// The same for a reference of so many images that others join.
    pub fn extended(
        &mut self,
        prior: &Reference,
        before: u64,
        members: &[usize],
        site: Site<'_>,
        kept: &[Arc<KeptKeypoints>],
    ) -> Result<(Reference, LeftOut)> {
        match (prior.to_device(Device::Cpu)?, self.recipe.nearest) {
            (Reference::Nearest(bank), Some(rule)) => {
                let bank = bank.with(&self.halves(members, site)?)?;
                self.bank(bank, members, site, rule, kept)
            }
            (Reference::Gaussian(gaussian), _) if gaussian.count() > before => {
                self.extended_few(gaussian, members, site)
            }
            (Reference::Gaussian(gaussian), _) => {
                self.gaussian(GaussianBuilder::extending(gaussian), members, site)
            }
            (Reference::Nearest(_), None) => Err(Error::new(
                ErrorKind::State,
                "a bank of a recipe that chooses nothing",
            )),
        }
    }

    /// Makes `members` part of the Gaussian in `builder`.
    fn gaussian(
        &mut self,
        mut builder: GaussianBuilder,
        members: &[usize],
        site: Site<'_>,
    ) -> Result<(Reference, LeftOut)> {
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

    /// Places in `members` of an image and of the flipped and turned copies of the picture that it shows, itself first.
    ///
    /// They are left out together: of a part that is much like its own copy, a picture's score would be too low.
    fn same_picture(&self, members: &[usize], image: usize) -> Vec<usize> {
        let source = self.normals.source(image);
        let places = 0..members.len();
        let mut same: Vec<usize> = places
            .filter(|place| self.normals.source(members[*place]) == source)
            .collect();
        same.sort_by_key(|place| members[*place] != image);
        same
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
    fn gaussian_of_few(
        &mut self,
        epsilon: f64,
        members: &[usize],
        site: Site<'_>,
    ) -> Result<(Reference, LeftOut)> {
        let mut builder = GaussianBuilder::new(epsilon);
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
    fn extended_few(
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
        let mut builder = GaussianBuilder::extending(prior);
        for image in members {
            self.push(&mut builder, *image, site, true)?;
        }
        let gaussian = self.finish(builder)?.gaussian;
        Ok((Reference::Gaussian(gaussian), left_out))
    }

    /// Images' features in half precision, [n, L, C'].
    fn halves(&mut self, members: &[usize], site: Site<'_>) -> Result<Tensor> {
        let mut halves = Vec::new();
        for image in members {
            let half = Bank::halved(&self.features(*image, site)?);
            halves.push(half.map_err(|error| error.at(self.normals.name(*image)))?);
            self.visited()?;
        }
        Ok(Tensor::f_stack(&halves, 0)?)
    }

    /// A bank whose last images are these; `kept` are key points of all.
    fn bank(
        &mut self,
        bank: Bank,
        members: &[usize],
        site: Site<'_>,
        rule: NearestRule,
        kept: &[Arc<KeptKeypoints>],
    ) -> Result<(Reference, LeftOut)> {
        let chooser = Chooser {
            rule,
            matcher: self.matcher,
            device: self.device,
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
            let keypoints = match rule.by {
                By::Matches => Some(self.normals.keypoints(*image)?.to_device(self.device)?),
                By::Likeness(_) => None,
            };
            let nearest = chooser.nearest(&bank, &features, keypoints.as_ref(), kept, &same)?;
            left_out.push(Some(bank.distances(&features, &nearest)?));
        }
        Ok((Reference::Nearest(bank), left_out))
    }

    /// Key points of images, if pictures choose theirs by matches.
    pub fn kept(&mut self, members: &[usize]) -> Result<Vec<Arc<KeptKeypoints>>> {
        if self
            .recipe
            .nearest
            .is_none_or(|rule| rule.by != By::Matches)
        {
            return Ok(Vec::new());
        }
        let kept = members.iter().map(|image| {
            let keypoints = self.normals.keypoints(*image)?;
            Ok(Arc::new(KeptKeypoints::new(&keypoints)?))
        });
        kept.collect()
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
        builder.finish(&mut || report(progress, FITTING, visits.min(total), total))
    }
}
