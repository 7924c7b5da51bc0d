//! What pictures are compared with, formed of normal images, and each of these compared with all others.

mod bank;
mod coreset;
mod gaussian;
mod subspace;

use std::sync::Arc;

use ndarray::Array2;
use tch::{Device, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::matching::PretrainedMatcher;
use crate::model::LEAST_EPSILON;
use crate::model::groups::Tools;
use crate::model::left_out::LeftOut;
use crate::model::nearest::KeptKeypoints;
use crate::model::normals::Normals;
use crate::model::recipe::{Epsilon, Recipe};
use crate::model::reference::{By, NeighbourRule, Reference, Statistic};
use crate::progress::{Progress, report};
use crate::statistics::neighbours::neighbours;
use crate::statistics::{Bank, GaussianBuilder, WithinVariance};

const FITTING: &str = "fitting groups";

/// Times that each image is visited while its group is fitted: variance, statistics, score.
const VISITS: u64 = 3;

/// Where an image's features are taken.
#[derive(Clone, Copy)]
pub enum Site<'a> {
    /// Everywhere, as it lies.
    Picture,
    /// At these locations, after it was moved onto its lead.
    Part(&'a [i64]),
}

/// Forms references of normal images.
pub struct References<'a> {
    /// The normal images.
    pub normals: &'a mut Normals,
    /// The recipe.
    pub recipe: &'a Recipe,
    /// Height and width of the grid of locations.
    pub grid: (i64, i64),
    /// Which locations show the part, if the ground is to be scaled.
    pub is_part: Option<&'a Array2<bool>>,
    matcher: Option<&'a PretrainedMatcher>,
    device: Device,
    lanes: usize,
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
            is_part,
            lanes,
            ..
        } = tools;
        let sites = if recipe.registration.is_some() { 2 } else { 1 };
        Self {
            normals,
            recipe,
            grid,
            is_part,
            matcher,
            device,
            lanes,
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
        members.len() < self.recipe.few && self.recipe.statistic == Statistic::Gaussian
    }

    /// The regularisation of the recipe, for features that vary as those of these groups do; 1 if nothing is regularised.
    pub fn epsilon(&mut self, groups: &[(&[usize], Site<'_>)]) -> Result<f64> {
        let share = match (self.recipe.statistic, self.recipe.epsilon) {
            (Statistic::Gaussian, Epsilon::Variance(share)) => share,
            (Statistic::Gaussian, Epsilon::Unit(epsilon)) => return Ok(epsilon),
            _ => return Ok(1.0),
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
                Ok(features.f_index_select(0, &Tensor::f_from_slice(locations)?)?)
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
                let locations = Tensor::f_from_slice(locations)?;
                let chosen = samples.iter();
                let chosen = chosen.map(|sample| Ok(sample.f_index_select(0, &locations)?));
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
        match self.recipe.statistic {
            Statistic::Gaussian if self.recipe.nearest.is_some() => {
                let halves = self.halves(members, site)?;
                let reference = Reference::Nearest(Bank::new(epsilon, halves)?);
                self.of_bank(reference, members, site, kept)
            }
            Statistic::Gaussian if self.is_few(members) => {
                self.gaussian_of_few(epsilon, members, site)
            }
            Statistic::Gaussian => self.gaussian(GaussianBuilder::new(epsilon), members, site),
            Statistic::Neighbour(rule) => match rule.coreset {
                Some(rule) => self.coreset(None, members, site, rule),
                None => {
                    let halves = self.halves(members, site)?;
                    let near = rule.near(&self.locations(site), self.grid.1)?;
                    let reference = Reference::Neighbours(Bank::new(epsilon, halves)?, near);
                    self.of_bank(reference, members, site, kept)
                }
            },
            Statistic::Subspace(energy) => self.subspace(None, members, site, energy),
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
        match (prior.to_device(Device::Cpu)?, self.recipe.statistic) {
            (Reference::Nearest(bank), _) => {
                let bank = bank.with(&self.halves(members, site)?)?;
                self.of_bank(Reference::Nearest(bank), members, site, kept)
            }
            (Reference::Neighbours(bank, near), _) => {
                let bank = bank.with(&self.halves(members, site)?)?;
                self.of_bank(Reference::Neighbours(bank, near), members, site, kept)
            }
            (Reference::Gaussian(gaussian), _) if gaussian.count() > before => {
                self.extended_few(gaussian, members, site)
            }
            (Reference::Gaussian(gaussian), _) => {
                self.gaussian(GaussianBuilder::extending(gaussian), members, site)
            }
            (
                Reference::Coreset(coreset, _),
                Statistic::Neighbour(NeighbourRule {
                    coreset: Some(rule),
                    ..
                }),
            ) => self.coreset(Some(coreset), members, site, rule),
            (Reference::Subspace(subspace), Statistic::Subspace(energy)) => {
                self.subspace(Some(subspace), members, site, energy)
            }
            _ => Err(Error::new(
                ErrorKind::State,
                "what a group has learned is not what its recipe asks for",
            )),
        }
    }

    /// Numbers of the locations of a site.
    fn locations(&self, site: Site<'_>) -> Vec<i64> {
        match site {
            Site::Picture => (0..self.grid.0 * self.grid.1).collect(),
            Site::Part(locations) => locations.to_vec(),
        }
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
}
