//! What groups learn of their images, and how far each image is from all others.

use std::collections::HashMap;

use ndarray::Array2;
use tch::{Device, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::model::normality::{NearestRule, Normality, Reference, leave_one_out};
use crate::model::normals::Normals;
use crate::model::recipe::{Epsilon, Recipe};
use crate::model::{Group, LEAST_EPSILON, NormalImage};
use crate::progress::{Progress, report};
use crate::statistics::neighbours::neighbours;
use crate::statistics::{
    Bank, Fitted, GaussianBuilder, LowRankGaussian, Spread, WithinVariance, dual,
};
use crate::torch::grid;

const FITTING: &str = "fitting groups";

/// Times that each image is visited while its group is fitted: variance, statistics, score.
const VISITS: u64 = 3;

/// Distances of an image to what is known without it, [h, w]; none if nothing is.
type LeftOut = Option<Array2<f32>>;

/// A group's normality, and its images with their scores.
pub type Learned = (Normality, Vec<NormalImage>);

/// Learns from the features of normal images.
pub struct Learner<'a> {
    normals: &'a mut Normals,
    recipe: &'a Recipe,
    /// Height and width of the grid of locations.
    grid: (i64, i64),
    progress: &'a mut dyn Progress,
    visits: u64,
    total: u64,
}

impl<'a> Learner<'a> {
    /// A learner that will see so many images.
    pub fn new(
        normals: &'a mut Normals,
        recipe: &'a Recipe,
        grid: (i64, i64),
        images: usize,
        progress: &'a mut dyn Progress,
    ) -> Self {
        Self {
            normals,
            recipe,
            grid,
            progress,
            visits: 0,
            total: VISITS * images as u64,
        }
    }

    /// What each of new groups, given by the numbers of their images, learns; `matches` are those with its lead.
    pub fn learn(
        mut self,
        groups: &[&[usize]],
        matches: &HashMap<usize, u32>,
    ) -> Result<Vec<Learned>> {
        let epsilon = self.epsilon(groups)?;
        let mut learned = Vec::new();
        for members in groups {
            let (reference, left_out) = match self.recipe.nearest {
                Some(rule) => self.bank(None, epsilon, members, rule)?,
                None if self.is_few(members) => self.gaussian_of_few(epsilon, members)?,
                None => self.gaussian(GaussianBuilder::new(epsilon), members)?,
            };
            let (h, w) = self.grid;
            let spread = Spread::new((h as usize, w as usize));
            learned.push(self.score(reference, spread, members, left_out, matches)?);
        }
        report(self.progress, FITTING, self.total, self.total)?;
        Ok(learned)
    }

    /// What a group knows after these images joined it, exactly as if they had been there from the start; and them alone
    /// with their scores.
    pub fn add(
        mut self,
        group: &Group,
        members: &[usize],
        matches: &HashMap<usize, u32>,
    ) -> Result<Learned> {
        self.total = (VISITS - 1) * members.len() as u64;
        let (reference, left_out) = match group.normality.reference() {
            Reference::Nearest(bank) => {
                let rule = self.recipe.nearest.ok_or_else(|| {
                    Error::new(ErrorKind::State, "a bank of a recipe that chooses nothing")
                })?;
                let bank = bank.to_device(Device::Cpu)?;
                self.bank(Some(&bank), bank.epsilon(), members, rule)?
            }
            Reference::Gaussian(gaussian) => {
                let gaussian = gaussian.to_device(Device::Cpu)?;
                if gaussian.count() > group.images.len() as u64 {
                    self.extended_few(gaussian, members)?
                } else {
                    self.gaussian(GaussianBuilder::extending(gaussian), members)?
                }
            }
        };
        let spread = group.normality.spread().clone();
        let learned = self.score(reference, spread, members, left_out, matches)?;
        report(self.progress, FITTING, self.total, self.total)?;
        Ok(learned)
    }

    fn is_few(&self, members: &[usize]) -> bool {
        members.len() < self.recipe.few
    }

    /// An image was visited once more.
    fn visited(&mut self) -> Result<()> {
        self.visits += 1;
        report(
            self.progress,
            FITTING,
            self.visits.min(self.total),
            self.total,
        )
    }

    /// The regularisation of the recipe, for features that vary as those of these groups do.
    fn epsilon(&mut self, groups: &[&[usize]]) -> Result<f64> {
        let share = match self.recipe.epsilon {
            Epsilon::Unit(epsilon) => return Ok(epsilon),
            Epsilon::Variance(share) => share,
        };
        let mut variance = WithinVariance::default();
        for members in groups {
            for image in *members {
                for sample in self.samples(*image, self.is_few(members))? {
                    variance.push(&sample)?;
                }
                self.visited()?;
            }
            variance.end_group()?;
        }
        Ok((share * variance.mean()).max(LEAST_EPSILON))
    }

    /// An image's features, [L, C'] f32, and what it lends to the locations around if they are few.
    fn samples(&mut self, image: usize, few: bool) -> Result<Vec<Tensor>> {
        let features = self.normals.features(image)?;
        if few {
            neighbours(&features, self.grid)
        } else {
            Ok(vec![features])
        }
    }

    /// Makes `members` part of the Gaussian in `builder`.
    fn gaussian(
        &mut self,
        mut builder: GaussianBuilder,
        members: &[usize],
    ) -> Result<(Reference, Vec<LeftOut>)> {
        for image in members {
            self.push(&mut builder, *image, false)?;
        }
        let Fitted {
            gaussian,
            leave_one_out,
        } = self.finish(builder)?;
        // The builder knows the images that it still holds; those that it had to merge come first.
        let merged = members.len() - leave_one_out.size()[0] as usize;
        let mut left_out = Vec::new();
        for (place, image) in members.iter().enumerate() {
            let distances = match place.checked_sub(merged) {
                Some(row) => Some(leave_one_out.f_get(row as i64)?),
                None if gaussian.count() == 1 => None,
                None => Some(gaussian.leave_one_out(&self.normals.features(*image)?)?),
            };
            left_out.push(self.map_of(distances)?);
        }
        Ok((Reference::Gaussian(gaussian), left_out))
    }

    /// The Gaussian of a few images and of what they lend to each other's neighbours; an image is left out with all of it.
    fn gaussian_of_few(
        &mut self,
        epsilon: f64,
        members: &[usize],
    ) -> Result<(Reference, Vec<LeftOut>)> {
        let mut builder = GaussianBuilder::new(epsilon);
        for image in members {
            self.push(&mut builder, *image, true)?;
        }
        let gaussian = self.finish(builder)?.gaussian;
        let mut left_out = Vec::new();
        for image in members {
            let mut others = Vec::new();
            for other in members.iter().filter(|other| *other != image) {
                others.extend(self.samples(*other, true)?);
            }
            let distances = if others.is_empty() {
                None
            } else {
                let features = self.normals.features(*image)?;
                let others = Tensor::f_stack(&others, 0)?;
                Some(dual::distances(&others, &features, epsilon)?)
            };
            left_out.push(self.map_of(distances)?);
        }
        Ok((Reference::Gaussian(gaussian), left_out))
    }

    /// A few images' Gaussian with more of them; each new one is compared with those before.
    fn extended_few(
        &mut self,
        prior: LowRankGaussian,
        members: &[usize],
    ) -> Result<(Reference, Vec<LeftOut>)> {
        let mut left_out = Vec::new();
        for image in members {
            let distances = prior.distances(&self.normals.features(*image)?)?;
            left_out.push(self.map_of(Some(distances))?);
        }
        let mut builder = GaussianBuilder::extending(prior);
        for image in members {
            self.push(&mut builder, *image, true)?;
        }
        let gaussian = self.finish(builder)?.gaussian;
        Ok((Reference::Gaussian(gaussian), left_out))
    }

    /// A bank of `prior`'s images and these.
    fn bank(
        &mut self,
        prior: Option<&Bank>,
        epsilon: f64,
        members: &[usize],
        rule: NearestRule,
    ) -> Result<(Reference, Vec<LeftOut>)> {
        let mut halves = Vec::new();
        for image in members {
            let half = Bank::halved(&self.normals.features(*image)?);
            halves.push(half.map_err(|error| error.at(self.normals.name(*image)))?);
            self.visited()?;
        }
        let halves = Tensor::f_stack(&halves, 0)?;
        let (before, bank) = match prior {
            Some(prior) => (prior.count(), prior.with(&halves)?),
            None => (0, Bank::new(epsilon, halves)?),
        };
        let mut left_out = Vec::new();
        for (place, image) in members.iter().enumerate() {
            let distances = if bank.count() == 1 {
                None
            } else {
                let features = self.normals.features(*image)?;
                Some(leave_one_out(&bank, before + place, &features, rule)?)
            };
            left_out.push(self.map_of(distances)?);
            let (progress, visits) = (&mut *self.progress, self.visits);
            report(progress, FITTING, visits.min(self.total), self.total)?;
        }
        Ok((Reference::Nearest(bank), left_out))
    }

    fn push(&mut self, builder: &mut GaussianBuilder, image: usize, few: bool) -> Result<()> {
        for sample in self.samples(image, few)? {
            let (progress, visits, total) = (&mut *self.progress, self.visits, self.total);
            let pushed = builder.push(&sample, &mut || report(progress, FITTING, visits, total));
            pushed.map_err(|error| error.at(self.normals.name(image)))?;
        }
        self.visited()
    }

    fn finish(&mut self, builder: GaussianBuilder) -> Result<Fitted> {
        let (progress, visits, total) = (&mut *self.progress, self.visits, self.total);
        builder.finish(&mut || report(progress, FITTING, visits, total))
    }

    fn map_of(&self, distances: Option<Tensor>) -> Result<LeftOut> {
        let (h, w) = self.grid;
        let map = distances.map(|distances| grid::to_array(&distances, (h as usize, w as usize)));
        map.transpose()
    }

    /// Each image's score against the others, its locations evened out by what the others show.
    fn score(
        &mut self,
        reference: Reference,
        mut spread: Spread,
        members: &[usize],
        left_out: Vec<LeftOut>,
        matches: &HashMap<usize, u32>,
    ) -> Result<Learned> {
        for distances in left_out.iter().flatten() {
            spread.push(distances)?;
        }
        let even = self.recipe.even;
        let mut images = Vec::with_capacity(members.len());
        for (image, distances) in members.iter().zip(left_out) {
            // Of an only image nothing is known.
            let (score, peak) = match distances {
                Some(own) => {
                    let evened = &own / &spread.divisors(even, Some(&own));
                    self.normals
                        .score(*image, &grid::of_array(&evened)?, self.recipe)?
                }
                None => (0.0, 0.0),
            };
            images.push(NormalImage {
                name: self.normals.name(*image).to_owned(),
                matches: matches.get(image).copied().unwrap_or(0),
                score,
                peak,
                digest: self.normals.digest(*image).to_owned(),
            });
            self.visited()?;
        }
        Ok((Normality::new(reference, spread, even), images))
    }
}
