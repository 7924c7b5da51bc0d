//! What pictures are compared with, and by which rule it is formed.

use tch::{Device, Tensor};

use crate::error::Result;
use crate::statistics::{Bank, Coreset, Likeness, LowRankGaussian, Subspace, Vicinity};

/// What pictures of a group are compared with.
#[derive(Debug)]
pub enum Reference {
    /// The Gaussian of all its images at every location, formed when it was fitted.
    Gaussian(LowRankGaussian),
    /// All its images, of which the Gaussian of the most similar ones is formed for each picture.
    Nearest(Bank),
    /// All its images, whose features are compared one by one: those at the locations near it, or all.
    Neighbours(Bank, Option<Vicinity>),
    /// Some features of all its images, wherever they were found; so many of them weigh a distance.
    Coreset(Coreset, usize),
    /// The subspace that the features of all its images lie in.
    Subspace(Subspace),
}

/// Which kind of reference a recipe asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// [`Reference::Gaussian`], or [`Reference::Nearest`] where each picture chooses its own images.
    Gaussian,
    /// [`Reference::Neighbours`], or [`Reference::Coreset`] where not all features are kept.
    Neighbour(NeighbourRule),
    /// [`Reference::Subspace`] with this share of the variance.
    Subspace(f64),
}

/// Which features a feature is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NeighbourRule {
    /// Rows and columns that one may lie away; none: it may lie anywhere.
    pub reach: Option<i64>,
    /// How features are thinned out; none if all are kept.
    pub coreset: Option<CoresetRule>,
}

/// How features are thinned out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CoresetRule {
    /// Share of them that is kept, above 0 and below 1.
    pub share: f64,
    /// Channels that they are projected to while they are chosen; 0: not at all.
    pub projection: i64,
    /// Kept features around the nearest one that weigh a distance; below 2: it is not weighed.
    pub support: usize,
}

/// How many images a picture is compared with, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NearestRule {
    /// How many.
    pub count: usize,
    /// By what they are chosen.
    pub by: By,
}

/// What makes a normal image one to compare a picture with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Its features are like the picture's.
    Likeness(Likeness),
    /// Its key points match the picture's, among the images of the most like features.
    Matches,
}

impl NeighbourRule {
    /// Which of these locations, on a grid of width `w`, are near which; none if one may lie anywhere.
    pub fn near(&self, locations: &[i64], w: i64) -> Result<Option<Vicinity>> {
        let near = self.reach.map(|reach| Vicinity::new(locations, w, reach));
        near.transpose()
    }
}

impl Reference {
    /// How many samples it was formed from.
    pub fn count(&self) -> u64 {
        match self {
            Self::Gaussian(gaussian) => gaussian.count(),
            Self::Nearest(bank) | Self::Neighbours(bank, _) => bank.count() as u64,
            Self::Coreset(coreset, _) => coreset.images(),
            Self::Subspace(subspace) => subspace.images(),
        }
    }

    /// The regularisation; 1 where there is nothing to regularise.
    pub fn epsilon(&self) -> f64 {
        match self {
            Self::Gaussian(gaussian) => gaussian.epsilon(),
            Self::Nearest(bank) | Self::Neighbours(bank, _) => bank.epsilon(),
            Self::Coreset(..) | Self::Subspace(_) => 1.0,
        }
    }

    /// The images that a picture chooses from; none if it does not.
    pub fn bank(&self) -> Option<&Bank> {
        match self {
            Self::Nearest(bank) | Self::Neighbours(bank, _) => Some(bank),
            _ => None,
        }
    }

    /// Distance of every location, `[L]` f32: of Gaussians in standard deviations, otherwise in units of the features.
    ///
    /// `features` [L, C'] f32; `chosen` are the numbers of the images of a bank that count, none given: all of them.
    pub fn distances(&self, features: &Tensor, chosen: &[usize]) -> Result<Tensor> {
        let all: Vec<usize>;
        let chosen = match self.bank() {
            Some(bank) if chosen.is_empty() => {
                all = (0..bank.count()).collect();
                &all
            }
            _ => chosen,
        };
        match self {
            Self::Gaussian(gaussian) => gaussian.distances(features),
            Self::Nearest(bank) => bank.distances(features, chosen),
            Self::Neighbours(bank, near) => bank.nearest(features, chosen, near.as_ref()),
            Self::Coreset(coreset, support) => coreset.distances(features, *support),
            Self::Subspace(subspace) => subspace.distances(features),
        }
    }

    /// Where it computes.
    pub fn device(&self) -> Device {
        match self {
            Self::Gaussian(gaussian) => gaussian.mean().device(),
            Self::Nearest(bank) | Self::Neighbours(bank, _) => bank.features().device(),
            Self::Coreset(coreset, _) => coreset.members().device(),
            Self::Subspace(subspace) => subspace.moments().sums().0.device(),
        }
    }

    /// The same on another device.
    pub fn to_device(&self, device: Device) -> Result<Self> {
        Ok(match self {
            Self::Gaussian(gaussian) => Self::Gaussian(gaussian.to_device(device)?),
            Self::Nearest(bank) => Self::Nearest(bank.to_device(device)?),
            Self::Neighbours(bank, near) => {
                let near = near.as_ref().map(|near| near.to_device(device));
                Self::Neighbours(bank.to_device(device)?, near.transpose()?)
            }
            Self::Coreset(coreset, support) => Self::Coreset(coreset.to_device(device)?, *support),
            Self::Subspace(subspace) => Self::Subspace(subspace.to_device(device)?),
        })
    }
}
