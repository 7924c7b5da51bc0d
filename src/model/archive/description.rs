//! What a model file says of itself, without its tensors and its network.

use image::RgbImage;
use safetensors::SafeTensors;
use serde::Serialize;

use super::header::Header;
use super::{damaged, thumbnail_of};
use crate::error::Result;
use crate::model::warnings::warnings;
use crate::model::{LeftOut, NormalImage, Thresholds};

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
    /// Width and height of the first normal image, in pixels.
    pub image_size: (u32, u32),
    /// Width and height of the network's input, in pixels.
    pub input_size: (u32, u32),
    /// Width and height of the grid of locations.
    pub grid_size: (u32, u32),
    /// The thresholds.
    pub thresholds: Thresholds,
    /// Options of the recipe: key and text.
    pub recipe: Vec<(String, String)>,
    /// Groups of normal images.
    pub groups: Vec<GroupDescription>,
    /// Normal images that were given and left out, and why.
    pub left_out: Vec<LeftOut>,
    /// What a person should know before relying on the model, whole sentences.
    pub warnings: Vec<String>,
}

/// Normal images in one pose.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct GroupDescription {
    /// Place of the lead image in `images`.
    pub lead_image: usize,
    /// The normal images.
    pub images: Vec<NormalImage>,
    /// The lead image, 128 pixels long at most.
    #[serde(skip)]
    pub thumbnail: RgbImage,
}

impl Description {
    /// How many normal images the model has learned from.
    pub fn image_count(&self) -> usize {
        self.groups.iter().map(|group| group.images.len()).sum()
    }
}

impl GroupDescription {
    /// The image that a picture is matched against.
    pub fn lead(&self) -> &NormalImage {
        &self.images[self.lead_image]
    }

    /// The fewest matches of any of its images with the lead.
    pub fn fewest_matches(&self) -> u32 {
        let matches = self.images.iter().map(|image| image.matches);
        matches.min().unwrap_or(0)
    }
}

/// Reads the header and the thumbnails of an archive. Errors: `Format`.
pub fn describe(bytes: &[u8]) -> Result<Description> {
    let archive = SafeTensors::deserialize(bytes).map_err(damaged)?;
    let header = Header::read(bytes)?;
    let (options, recipe) = header.recipe()?;
    header.check(&recipe)?;
    let epsilons = header.groups.iter().map(|group| group.epsilon);
    let images = header.groups.iter().map(|group| group.images.len()).sum();
    let warnings = warnings(epsilons, images, header.thresholds, recipe.false_alarm_rate);
    let mut groups = Vec::new();
    for (number, group) in header.groups.into_iter().enumerate() {
        groups.push(GroupDescription {
            lead_image: group.lead_image,
            images: group.images,
            thumbnail: thumbnail_of(number, &archive)?,
        });
    }
    // The grid is no larger than the input, as was checked.
    let grid_size = (header.grid.1 as u32, header.grid.0 as u32);
    Ok(Description {
        library: header.library,
        backbone: recipe.backbone,
        sha256: header.backbone.sha256,
        image_size: header.image_size,
        input_size: header.input_size,
        grid_size,
        thresholds: header.thresholds,
        recipe: options
            .recipe()?
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
        groups,
        left_out: header.left_out,
        warnings,
    })
}
