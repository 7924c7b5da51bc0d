//! The options of a recipe in their own types, checked against each other.

mod reading;
mod tiling;

use tch::Device;

use crate::error::{Error, ErrorKind, Result};
use crate::features::adaptor::{Adaptor, Pooling};
use crate::features::arithmetic::{Arithmetic, Precision};
use crate::features::backbone::StageInfo;
use crate::features::embedding::EmbeddingPlan;
use crate::features::smooth;
use crate::features::tiles::TilePlan;
use crate::image::{Aspect, Multiples, input_size};
use crate::matching::MatcherPlan;
use crate::matching::group::GroupRule;
use crate::model::copies::Copies;
use crate::model::reference::{NearestRule, Statistic};
use crate::registration::Motion;
use crate::statistics::Factors;
use crate::verdict::ScoreRule;

/// How the regularisation `eps` of every covariance follows from the option's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Epsilon {
    /// `eps` itself, as PaDiM's 0.01 (arXiv 2011.08785, eq. 1).
    Unit(f64),
    /// A multiple of the mean variance of the features within the groups, so that it does not depend on their scale.
    Variance(f64),
}

/// Everything that decides what a model computes; stored in the model as its options' text.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Longer side of the network's input; 0 is the picture's own.
    pub input_size_px: u32,
    /// Whether the input keeps the picture's aspect ratio.
    pub aspect: Aspect,
    /// How a large input is cut; none if it is seen at once.
    pub tiles: Option<TilePlan>,
    /// Name of a network, or path of a TorchScript file.
    pub backbone: String,
    /// In which numbers it computes.
    pub precision: Precision,
    /// In which numbers Gaussians are kept.
    pub factors: Factors,
    /// Stages that are joined, ascending.
    pub stages: Vec<usize>,
    /// Stage whose grid they are brought to.
    pub grid_stage: usize,
    /// What becomes of a neighbourhood.
    pub adaptor: Adaptor,
    /// Smoothing of the features, in locations.
    pub feature_sigma: f64,
    /// How channels become fewer; none if all are kept.
    pub embedding: Option<EmbeddingPlan>,
    /// How pictures are matched; `None` puts all normal images into one group and matches nothing.
    pub matcher: Option<MatcherPlan>,
    /// Views of lead images that a picture is matched with at most.
    pub shortlist: usize,
    /// How pictures are moved onto their lead; none if they are compared as they lie.
    pub registration: Option<RegistrationPlan>,
    /// How groups are made.
    pub groups: GroupRule,
    /// Which normal images each picture is compared with, if not those of its group.
    pub nearest: Option<NearestRule>,
    /// Whether normal images that do not look like the others are left out.
    pub drop_outliers: bool,
    /// Flipped and turned copies of normal images that are learned from too.
    pub copies: Copies,
    /// A picture with fewer matches than this share of the fewest of its group's images matches no lead.
    pub least_matches: f64,
    /// What pictures are compared with.
    pub statistic: Statistic,
    /// Regularisation of Gaussians.
    pub epsilon: Epsilon,
    /// How much of the differences between locations is evened out, 0 to 1.
    pub even: f64,
    /// Whether the ground's distances are brought to the scale of the part's.
    pub level_ground: bool,
    /// Groups of fewer images borrow from neighbouring locations.
    pub few: usize,
    /// Smoothing of the distances, in locations.
    pub map_sigma: f64,
    /// How a map becomes a score.
    pub score: ScoreRule,
    /// Rate that thresholds are calibrated at.
    pub false_alarm_rate: f64,
}

/// How pictures are moved onto their lead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RegistrationPlan {
    /// What the part may do.
    pub motion: Motion,
    /// Views of a lead: itself, and copies turned further each time by an equal angle.
    pub turns: usize,
    /// Times that a moved picture is matched again.
    pub refinements: usize,
    /// Fewer matches that agree are none.
    pub least_inliers: usize,
    /// Lengths may change by one over this to this.
    pub scale_limit: f64,
    /// Share of the distances at the lead, 0 to 1; 0 leaves it to the number of images.
    pub weight: f64,
}

impl Recipe {
    /// Where and how its backbone computes on this device.
    pub fn arithmetic(&self, device: Device) -> Arithmetic {
        Arithmetic {
            device,
            precision: self.precision,
        }
    }

    /// Width and height of the network's input, for a first picture of this width and height.
    pub fn input_size(&self, image: (u32, u32), multiples: Multiples) -> (u32, u32) {
        input_size(image, self.input_size_px, self.aspect, multiples)
    }

    /// Whether the backbone has the stages that the recipe asks for; `stages` are those of the backbone.
    ///
    /// Errors: `InvalidArgument` with the key of the option that asks for another one.
    pub fn check_stages(&self, stages: &[StageInfo]) -> Result<()> {
        let joined = self.stages.iter().map(|stage| ("features.stages", *stage));
        let grid = [("features.grid", self.grid_stage)];
        let matched = self
            .matcher
            .iter()
            .filter_map(|matcher| Some(("matcher.stage", matcher.stage()?)));
        for (key, stage) in joined.chain(grid).chain(matched) {
            if stages.iter().all(|info| info.stage != stage) {
                let known: Vec<String> = stages.iter().map(|info| info.stage.to_string()).collect();
                let message = format!(
                    "the backbone has no stage {stage}, it has {}",
                    known.join(", ")
                );
                return Err(Error::new(ErrorKind::InvalidArgument, message).at(key));
            }
        }
        if let Some(plan) = self.tiles {
            plan.check(&self.strides(stages), self.reach_px(stages))?;
        }
        match self.embedding {
            Some(plan) => plan.check(self.adapted_channels(stages)),
            None => Ok(()),
        }
    }

    /// Strides in pixels of the stages that features are made of; `stages` are those of the backbone.
    pub fn strides(&self, stages: &[StageInfo]) -> Vec<u32> {
        let is_used = |stage| self.stages.contains(&stage) || self.grid_stage == stage;
        let used = stages.iter().filter(|info| is_used(info.stage));
        used.map(|info| info.stride).collect()
    }

    /// How far neighbourhoods, interpolation and smoothing reach from a location, in pixels.
    fn reach_px(&self, stages: &[StageInfo]) -> u32 {
        let strides = self.strides(stages);
        let coarsest = strides.iter().max().copied().unwrap_or(1);
        let locations = self.adaptor.patch / 2 + 1 + smooth::radius(self.feature_sigma);
        coarsest * locations as u32
    }

    /// Channels of the features, C'; `stages` are those of the backbone.
    pub fn channels(&self, stages: &[StageInfo]) -> i64 {
        match self.embedding {
            Some(plan) => plan.channels,
            None => self.adapted_channels(stages),
        }
    }

    /// Channels after the adaptor.
    fn adapted_channels(&self, stages: &[StageInfo]) -> i64 {
        match self.adaptor.pooling {
            Pooling::Mean => {
                let joined = stages
                    .iter()
                    .filter(|info| self.stages.contains(&info.stage));
                joined.map(|info| info.channels).sum()
            }
            Pooling::Adaptive(channels) => channels,
        }
    }
}
