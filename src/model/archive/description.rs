//! What a model file says of itself, without its tensors and its network.

use image::RgbImage;
use safetensors::SafeTensors;
use serde::Serialize;

use super::damaged;
use super::group::thumbnail_of;
use super::header::Header;
use crate::error::Result;
use crate::model::warnings::warnings;
use crate::model::{LeftOut, Model, NormalImage, Origin, Pose, Thresholds, given, is_typical};
use crate::torch::archive::copied;

/// A model as a person would have it described.
///
/// Names are as they stand in the file, which anybody may have written: print them [`escaped`](super::escaped).
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Description {
    /// Version of the library that wrote the file.
    pub library: String,
    /// The network's name, or the path of a TorchScript file.
    pub backbone: String,
    /// SHA-256 of the network's weights, in hexadecimal.
    pub sha256: String,
    /// Weights of the matcher; none if it has no network of its own.
    pub matcher: Vec<MatcherWeights>,
    /// Width and height of the first normal image, in pixels.
    pub image_size: (u32, u32),
    /// Width and height of the network's input, in pixels.
    pub input_size: (u32, u32),
    /// Width and height of the grid of locations.
    pub grid_size: (u32, u32),
    /// The thresholds.
    pub thresholds: Thresholds,
    /// How they were found.
    pub origin: Origin,
    /// Options of the recipe: key and text.
    pub recipe: Vec<(String, String)>,
    /// How the first normal images lie, if the recipe was chosen by it.
    pub pose: Option<Pose>,
    /// Groups of normal images.
    pub groups: Vec<GroupDescription>,
    /// Normal images that were given and left out, and why.
    pub left_out: Vec<LeftOut>,
    /// What a person should know before relying on the model, whole sentences.
    pub warnings: Vec<String>,
}

/// A weight file of the matcher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MatcherWeights {
    /// Its name, as `twinspect weights list` prints it.
    pub name: String,
    /// SHA-256 of the file that the model was fitted with, in hexadecimal.
    pub sha256: String,
}

/// Normal images in one pose.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct GroupDescription {
    /// Place of the lead image in `images`.
    pub lead_image: usize,
    /// The normal images, and flipped and turned copies of them.
    pub images: Vec<NormalImage>,
    /// Whether the others are moved onto the lead image.
    #[serde(skip)]
    pub is_moved: bool,
    /// The lead image, 128 pixels long at most.
    #[serde(skip)]
    pub thumbnail: RgbImage,
}

impl Description {
    /// How many normal images the model has learned from; flipped and turned copies do not count.
    pub fn image_count(&self) -> usize {
        self.groups.iter().map(GroupDescription::image_count).sum()
    }

    /// Scores of the normal images, each against all others: those that say how a good part scores.
    pub fn left_out_scores(&self) -> Vec<f32> {
        let groups = self.groups.iter();
        let scores = groups.flat_map(|group| {
            let images = group.images.iter().enumerate();
            let lead = group.is_moved.then_some(group.lead_image);
            let typical = images.filter(move |(place, _)| is_typical(&group.images, *place, lead));
            typical.map(|(_, image)| image.score)
        });
        scores.collect()
    }
}

impl GroupDescription {
    /// How many of its images were given; the others are flipped and turned copies.
    pub fn image_count(&self) -> usize {
        given(&self.images).count()
    }

    /// The image that a picture is matched against.
    pub fn lead(&self) -> &NormalImage {
        &self.images[self.lead_image]
    }

    /// The fewest matches of any of its images with the lead.
    pub fn fewest_matches(&self) -> u32 {
        let matches = self.images.iter().map(|image| image.matches);
        matches.min().unwrap_or(0)
    }

    /// The median of its images' matches with the lead, the lower one of two; the lead, which matches itself best, counts
    /// only if it is alone.
    pub fn median_matches(&self) -> u32 {
        let images = self.images.iter().enumerate();
        let mut matches: Vec<u32> = images
            .filter(|(place, _)| *place != self.lead_image)
            .map(|(_, image)| image.matches)
            .collect();
        matches.sort_unstable();
        match matches.len() {
            0 => self.lead().matches,
            count => matches[(count - 1) / 2],
        }
    }
}

/// Reads the header and the thumbnails of an archive. Errors: `Format`.
pub fn describe(bytes: &[u8]) -> Result<Description> {
    let archive = SafeTensors::deserialize(bytes).map_err(damaged)?;
    let header = Header::read(bytes)?;
    let thumbnails = (0..header.groups.len()).map(|number| thumbnail_of(number, &archive));
    let thumbnails = thumbnails.collect::<Result<Vec<_>>>()?;
    Description::of(header, thumbnails)
}

impl Model {
    /// What the model's file would say of it, without its tensors being touched.
    pub fn description(&self) -> Result<Description> {
        let thumbnails = self.groups.iter().map(|group| {
            let (width, height) = group.thumbnail.dimensions();
            let pixels = copied(group.thumbnail.as_raw())?;
            RgbImage::from_raw(width, height, pixels)
                .ok_or_else(|| damaged("a thumbnail is incomplete"))
        });
        let thumbnails = thumbnails.collect::<Result<_>>()?;
        Description::of(Header::of(self)?, thumbnails)
    }
}

impl Description {
    /// Of a header and a thumbnail for each of its groups. Errors: `Format`.
    fn of(header: Header, thumbnails: Vec<RgbImage>) -> Result<Self> {
        let (options, recipe) = header.recipe()?;
        header.check(&recipe)?;
        let epsilons = header.groups.iter().map(|group| group.epsilon);
        let images = header.image_count();
        let warnings = warnings(epsilons, images, header.thresholds, recipe.false_alarm_rate);
        let groups = header.groups.into_iter().zip(thumbnails);
        let groups = groups.map(|(group, thumbnail)| GroupDescription {
            lead_image: group.lead_image,
            is_moved: group.part.is_some(),
            images: group.images,
            thumbnail,
        });
        // As many hashes as weights, as was checked.
        let weights = recipe.matcher.map_or(&[][..], |plan| plan.weights());
        let matcher = weights
            .iter()
            .zip(header.matcher)
            .map(|(name, sha256)| MatcherWeights {
                name: (*name).to_owned(),
                sha256,
            });
        // The grid is no larger than the input, as was checked.
        let grid_size = (header.grid.1 as u32, header.grid.0 as u32);
        Ok(Self {
            library: header.library,
            backbone: recipe.backbone,
            sha256: header.backbone.sha256,
            matcher: matcher.collect(),
            image_size: header.image_size,
            input_size: header.input_size,
            grid_size,
            thresholds: header.thresholds,
            origin: header.origin,
            recipe: options
                .recipe()?
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
            pose: header.pose,
            groups: groups.collect(),
            left_out: header.left_out,
            warnings,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(lead_image: usize, matches: &[u32]) -> GroupDescription {
        let image = |matches: &u32| NormalImage {
            name: String::new(),
            matches: *matches,
            score: 1.0,
            peak: 1.0,
            digest: String::new(),
            copy: None,
            frame: None,
        };
        GroupDescription {
            lead_image,
            is_moved: false,
            images: matches.iter().map(image).collect(),
            thumbnail: RgbImage::new(1, 1),
        }
    }

    #[test]
    fn median_is_of_the_images_beside_the_lead() {
        for (lead, matches, expected) in [
            (1, &[30, 900, 10, 20][..], 20),
            (0, &[900, 10, 20], 10),
            (0, &[900, 7], 7),
            (0, &[900], 900),
        ] {
            assert_eq!(
                group(lead, matches).median_matches(),
                expected,
                "{matches:?}"
            );
        }
    }
}
