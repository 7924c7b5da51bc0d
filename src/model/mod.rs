//! Where the rooms meet: normal images become a [`Model`], a model and a picture become an [`Inspection`].
//!
//! In: pictures and options. Out: models, inspections, model files. Nothing before this room knows of more than its
//! neighbours, so what a recipe does is read here.

mod appraise;
mod archive;
pub mod blend;
mod choice;
mod concealed;
pub mod copies;
mod extractor;
pub mod file;
pub mod fit;
pub mod ground;
mod groups;
pub mod inspect;
mod json;
pub mod lead;
mod learn;
mod left_out;
mod look;
mod nearest;
pub mod normality;
mod normals;
mod origin;
mod placing;
pub mod recipe;
pub mod recognise;
pub mod reference;
mod references;
mod size;
mod store;
mod survey;
pub mod timing;
mod warm_up;
mod warnings;
mod watch;

use std::sync::Arc;

use image::RgbImage;
use serde::{Deserialize, Serialize};
use tch::Device;

pub use fit::Fitter;
pub use inspect::{Inspection, Inspector};
pub use origin::{Moved, Origin};
pub use recipe::Recipe;
pub use survey::Pose;

use crate::error::{Error, ErrorKind, Result};
use crate::features::pretrained::Pretrained;
use crate::image::FrameStatistics;
use crate::matching::PretrainedMatcher;
use crate::model::copies::Orientation;
use crate::model::lead::Lead;
use crate::model::nearest::KeptKeypoints;
use crate::model::normality::{Normality, Part};
use crate::options::Options;

/// Regularisation of images that are all the same: identical images have no variance, and distances must be finite.
pub(crate) const LEAST_EPSILON: f64 = 1e-9;

/// What was learned from normal images. Immutable and shared by any number of threads; a change makes a new one.
#[derive(Clone, Debug)]
pub struct Model {
    /// Options of the recipe at their effective values.
    pub(crate) options: Options,
    pub(crate) recipe: Arc<Recipe>,
    pub(crate) network: Arc<Pretrained>,
    /// None if the recipe matches nothing.
    pub(crate) matcher: Option<Arc<PretrainedMatcher>>,
    /// Width and height of the network's input.
    pub(crate) input_size: (u32, u32),
    /// Width and height of the first normal image.
    pub(crate) image_size: (u32, u32),
    /// Height and width of the grid of locations.
    pub(crate) grid: (i64, i64),
    pub(crate) groups: Vec<Arc<Group>>,
    /// Matches with a lead that make an image join its group.
    pub(crate) min_matches: u32,
    pub(crate) thresholds: Thresholds,
    pub(crate) origin: Origin,
    pub(crate) left_out: Vec<LeftOut>,
    /// How the first images lie, if the recipe was chosen by it.
    pub(crate) pose: Option<Pose>,
}

/// Normal images in one pose.
#[derive(Debug)]
pub struct Group {
    /// The lead image as pictures are matched with it; none if the recipe matches nothing.
    pub(crate) lead: Option<Lead>,
    /// Place of the lead image in `images`.
    pub(crate) lead_image: usize,
    pub(crate) thumbnail: RgbImage,
    pub(crate) normality: Normality,
    /// What is known of the part in the lead image; none if pictures are compared as they lie.
    pub(crate) part: Option<Part>,
    pub(crate) images: Vec<NormalImage>,
    /// Key points of each image, if pictures choose theirs by matches.
    pub(crate) keypoints: Vec<Arc<KeptKeypoints>>,
}

/// What a model remembers of a normal image.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NormalImage {
    /// Its file name, or the name that the caller gave.
    pub name: String,
    /// Matches with the lead image of its group, where pictures are registered those that agree on how it lies; 0 if the
    /// recipe matches nothing.
    pub matches: u32,
    /// Anomaly score against the other images of its group; 0 if it is the only one, or a flipped or turned copy.
    pub score: f32,
    /// Highest value of that anomaly map.
    pub peak: f32,
    /// SHA-256 of what the network saw of the picture as it was given, in hexadecimal: by it a picture that is given twice
    /// is known.
    #[serde(default)]
    pub digest: String,
    /// How it lies, if it is a copy of the picture of this name that was flipped or turned; none of the picture itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<Orientation>,
    /// What its frame is like: later ones are held against it. None of a copy, and of an image in an old file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame: Option<FrameStatistics>,
}

/// A normal image that the statistics were formed without.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Its file name, or the name that the caller gave.
    pub name: String,
    /// Why.
    pub reason: Reason,
}

/// Why a normal image was left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// The network sees the same as in this earlier image; copies count once.
    CopyOf(String),
    /// It does not look like the others: its score against them.
    Outlier {
        /// The anomaly score.
        score: f32,
    },
    /// Too few matches agree on how it lies on its lead image.
    Unregistered,
}

/// Where good ends; none if there were too few normal images to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    /// Of the anomaly score.
    pub image: Option<f32>,
    /// Of the anomaly map: pixels from here on form defect regions.
    pub pixel: Option<f32>,
}

impl Thresholds {
    /// What the colours of a heat map are tied to. Errors: `State` if there is no threshold.
    pub fn of_heat_map(&self) -> Result<f32> {
        self.pixel.or(self.image).ok_or_else(|| {
            let message = "a heat map's colours follow from the threshold, and the model has none";
            Error::new(ErrorKind::State, message).hint("Give a threshold to the inspection.")
        })
    }
}

impl Model {
    /// Options of the recipe that the model was fitted with.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The recipe.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The network.
    pub fn network(&self) -> &Pretrained {
        &self.network
    }

    /// The matcher on a device, if the recipe matches anything.
    pub(crate) fn matcher_on(&self, device: Device) -> Result<Option<Arc<PretrainedMatcher>>> {
        let matcher = self.matcher.as_ref();
        matcher.map(|matcher| matcher.on(device)).transpose()
    }

    /// Width and height of the first normal image, in pixels.
    pub fn image_size(&self) -> (u32, u32) {
        self.image_size
    }

    /// Width and height of the network's input, in pixels.
    pub fn input_size(&self) -> (u32, u32) {
        self.input_size
    }

    /// Width and height of the grid of locations.
    pub fn grid_size(&self) -> (u32, u32) {
        (self.grid.1 as u32, self.grid.0 as u32)
    }

    /// Groups of normal images.
    pub fn groups(&self) -> &[Arc<Group>] {
        &self.groups
    }

    /// How the first normal images lie, if it was left to the fit whether pictures are moved onto their lead.
    pub fn pose(&self) -> Option<Pose> {
        self.pose
    }

    /// Normal images that were given and left out, and why.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// What a person should know before relying on the model, whole sentences.
    pub fn warnings(&self) -> Vec<String> {
        let epsilons = self
            .groups
            .iter()
            .map(|group| group.normality.reference().epsilon());
        warnings::warnings(
            epsilons,
            self.image_count(),
            self.thresholds,
            self.recipe.false_alarm_rate,
        )
    }

    /// How many normal images the model has learned from; flipped and turned copies do not count.
    pub fn image_count(&self) -> usize {
        let groups = self.groups.iter();
        groups.map(|group| given(&group.images).count()).sum()
    }

    /// The thresholds.
    pub fn thresholds(&self) -> Thresholds {
        self.thresholds
    }
}

impl Group {
    /// The normal images of the group, and flipped and turned copies of them.
    pub fn images(&self) -> &[NormalImage] {
        &self.images
    }

    /// The image that a picture is matched against.
    pub fn lead(&self) -> &NormalImage {
        &self.images[self.lead_image]
    }

    /// A thumbnail of the lead image, as the network saw it.
    pub fn thumbnail(&self) -> &RgbImage {
        &self.thumbnail
    }

    /// What pictures are compared with where they lie on the lead image; none if the recipe moves nothing.
    pub fn part(&self) -> Option<&Part> {
        self.part.as_ref()
    }

    /// What pictures are compared with as they lie.
    pub fn normality(&self) -> &Normality {
        &self.normality
    }

    /// The same group on another device; `matched_size` is that of what the lead's key points are places in.
    pub(crate) fn to_device(&self, device: Device, matched_size: (f64, f64)) -> Result<Self> {
        let lead = self.lead.as_ref();
        Ok(Self {
            lead: lead
                .map(|lead| lead.to_device(device, matched_size))
                .transpose()?,
            lead_image: self.lead_image,
            thumbnail: self.thumbnail.clone(),
            normality: self.normality.to_device(device)?,
            part: self
                .part
                .as_ref()
                .map(|part| part.to_device(device))
                .transpose()?,
            images: self.images.clone(),
            keypoints: self.keypoints.clone(),
        })
    }

    /// Whether the score of the image at this place in the group says how a good part scores.
    ///
    /// That of an image that is alone says nothing, a flipped or turned copy has none. A lead onto which the others are moved is
    /// the only one that is not resampled: its finer detail stands out among them, and no picture under inspection has it.
    pub(crate) fn is_typical(&self, place: usize) -> bool {
        let lead = self.part.is_some().then_some(self.lead_image);
        is_typical(&self.images, place, lead)
    }

    /// The fewest matches of any of its images with the lead.
    pub fn fewest_matches(&self) -> u32 {
        let matches = given(&self.images).map(|image| image.matches);
        matches.min().unwrap_or(0)
    }
}

/// See [`Group::is_typical`]; `lead` is the place of the one that others are moved onto, if they are.
pub(crate) fn is_typical(images: &[NormalImage], place: usize, lead: Option<usize>) -> bool {
    let is_given = images.get(place).is_some_and(|image| image.copy.is_none());
    lead != Some(place) && is_given && given(images).nth(1).is_some()
}

/// Those of a group's images that are no flipped or turned copies.
pub(crate) fn given(images: &[NormalImage]) -> impl Iterator<Item = &NormalImage> {
    images.iter().filter(|image| image.copy.is_none())
}
