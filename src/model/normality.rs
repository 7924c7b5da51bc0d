//! What a group knows of good parts, and how far a picture is from it.

use ndarray::Array2;
use tch::{Device, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::statistics::{Bank, Likeness, LowRankGaussian, Spread};
use crate::torch::grid;

/// What pictures of a group are compared with.
#[derive(Debug)]
pub enum Reference {
    /// The Gaussian of all its images, formed when it was fitted.
    Gaussian(LowRankGaussian),
    /// All its images, of which the Gaussian of the most similar ones is formed for each picture.
    Nearest(Bank),
}

/// How many images a picture is compared with, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NearestRule {
    /// How many.
    pub count: usize,
    /// By what they are chosen.
    pub by: Likeness,
}

/// A group's reference, and how far its own images lie from it.
#[derive(Debug)]
pub struct Normality {
    reference: Reference,
    spread: Spread,
    /// What distances are divided by, [h, w].
    divisors: Array2<f32>,
}

/// A picture's distances.
#[derive(Debug)]
pub struct Distances {
    /// [h, w] f32 in host memory, in standard deviations.
    pub map: Tensor,
    /// Numbers of the group's images that it was compared with, the most similar first; none if it was all of them.
    pub nearest: Vec<usize>,
}

impl Normality {
    /// A reference; `strength` says how much of the spread's differences is evened out, 0 to 1.
    pub fn new(reference: Reference, spread: Spread, strength: f64) -> Self {
        let divisors = spread.divisors(strength, None);
        Self {
            reference,
            spread,
            divisors,
        }
    }

    /// What pictures are compared with.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// How far its own images lie from it.
    pub fn spread(&self) -> &Spread {
        &self.spread
    }

    /// Distance of every location of a picture, `features` [L, C'] f32; without a rule it is compared with all images.
    pub fn distances(&self, features: &Tensor, rule: Option<NearestRule>) -> Result<Distances> {
        let (raw, nearest) = match &self.reference {
            Reference::Gaussian(gaussian) => (gaussian.distances(features)?, Vec::new()),
            Reference::Nearest(bank) => {
                let nearest = match rule {
                    Some(rule) => nearest(bank, features, rule, None)?,
                    None => (0..bank.count()).collect(),
                };
                (bank.distances(features, &nearest)?, nearest)
            }
        };
        let map = grid::to_array::<f32>(&raw, self.divisors.dim())? / &self.divisors;
        Ok(Distances {
            map: grid::of_array(&map)?,
            nearest,
        })
    }

    /// The same on another device.
    pub fn to_device(&self, device: Device) -> Result<Self> {
        Ok(Self {
            reference: match &self.reference {
                Reference::Gaussian(gaussian) => Reference::Gaussian(gaussian.to_device(device)?),
                Reference::Nearest(bank) => Reference::Nearest(bank.to_device(device)?),
            },
            spread: self.spread.clone(),
            divisors: self.divisors.clone(),
        })
    }
}

impl Reference {
    /// How many images it was formed from.
    pub fn count(&self) -> u64 {
        match self {
            Self::Gaussian(gaussian) => gaussian.count(),
            Self::Nearest(bank) => bank.count() as u64,
        }
    }

    /// The regularisation.
    pub fn epsilon(&self) -> f64 {
        match self {
            Self::Gaussian(gaussian) => gaussian.epsilon(),
            Self::Nearest(bank) => bank.epsilon(),
        }
    }
}

/// Distances of an image of the bank to the Gaussian of the images most like it among the others, [L] f32.
pub fn leave_one_out(
    bank: &Bank,
    image: usize,
    features: &Tensor,
    rule: NearestRule,
) -> Result<Tensor> {
    bank.distances(features, &nearest(bank, features, rule, Some(image))?)
}

/// Numbers of the images most like a picture, the first of equals; `without` is not chosen.
fn nearest(
    bank: &Bank,
    features: &Tensor,
    rule: NearestRule,
    without: Option<usize>,
) -> Result<Vec<usize>> {
    let likeness = bank.likeness(features, rule.by)?;
    if likeness.iter().any(|likeness| likeness.is_nan()) {
        return Err(Error::new(ErrorKind::Numeric, "a feature is not finite"));
    }
    let mut order: Vec<usize> = (0..bank.count())
        .filter(|image| Some(*image) != without)
        .collect();
    order.sort_by(|a, b| likeness[*b].total_cmp(&likeness[*a]));
    order.truncate(rule.count);
    Ok(order)
}
