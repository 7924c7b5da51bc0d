//! The header of a model file: everything that is not a tensor, as JSON.

use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};

use super::damaged;
use crate::error::{Error, ErrorKind, Result};
use crate::model::blend::Blend;
use crate::model::ground::{Ground, Scale};
use crate::model::{Group, LeftOut, Model, NormalImage, Origin, Pose, Recipe, Thresholds, given};
use crate::options::{Options, Scope, TABLE};
use crate::torch::archive;

/// The metadata entry that holds it.
pub const ENTRY: &str = "model";

/// What a model file says in words and numbers.
#[derive(Serialize, Deserialize)]
pub struct Header {
    /// Version of the library that wrote it.
    pub library: String,
    /// The options of scope `Fit`, as text; `backbone` is the network's own name, or its absolute path.
    pub recipe: Vec<(String, String)>,
    /// Which weights.
    pub backbone: BackboneHash,
    /// SHA-256 of each weight file of the matcher.
    #[serde(default)]
    pub matcher: Vec<String>,
    /// Width and height of the network's input.
    pub input_size: (u32, u32),
    /// Width and height of the first normal image.
    pub image_size: (u32, u32),
    /// Height and width of the grid of locations.
    pub grid: (i64, i64),
    /// The thresholds.
    pub thresholds: Thresholds,
    /// How they were found; files of before that was kept do not say.
    #[serde(default)]
    pub origin: Origin,
    /// Normal images that were left out.
    pub left_out: Vec<LeftOut>,
    /// Matches with a lead that make an image join its group.
    #[serde(default)]
    pub min_matches: u32,
    /// How the first normal images lie, if the recipe was chosen by it.
    #[serde(default)]
    pub pose: Option<Pose>,
    /// The groups.
    pub groups: Vec<GroupHeader>,
}

/// Which weights the model was fitted with.
#[derive(Serialize, Deserialize)]
pub struct BackboneHash {
    /// SHA-256 of their file, in hexadecimal.
    pub sha256: String,
}

/// What is not a tensor in a group.
#[derive(Serialize, Deserialize)]
pub struct GroupHeader {
    /// Samples that the Gaussian was formed from; images of a bank.
    pub count: u64,
    /// Its regularisation.
    pub epsilon: f64,
    /// Place of the lead image in `images`.
    pub lead_image: usize,
    /// Images whose distances to the others are known.
    #[serde(default)]
    pub spread: u64,
    /// What is known of the part in the lead image.
    #[serde(default)]
    pub part: Option<PartHeader>,
    /// How the ground's distances are brought to the scale of the part's.
    #[serde(default)]
    pub ground: Option<Scale>,
    /// The normal images.
    pub images: Vec<NormalImage>,
}

/// What is not a tensor in what a group knows of the part.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct PartHeader {
    /// Samples that the Gaussian was formed from; images of a bank.
    pub count: u64,
    /// Its regularisation.
    pub epsilon: f64,
    /// How maps are blended.
    pub blend: Blend,
}

/// Whether there is memory to read the header of an archive. Errors: `Memory`.
pub fn check_room(bytes: &[u8]) -> Result<()> {
    let length = bytes
        .first_chunk()
        .map_or(0, |length| u64::from_le_bytes(*length));
    // One that is longer than the archive is refused by whoever reads it.
    let length = usize::try_from(length)
        .unwrap_or(usize::MAX)
        .min(bytes.len());
    archive::check_room(length)
}

impl Header {
    /// The header of a model.
    pub fn of(model: &Model) -> Result<Self> {
        let name_of = |key: &str, value: String| match key {
            "backbone" => model.network.name().to_owned(),
            _ => value,
        };
        let recipe = model.options.recipe()?.into_iter();
        Ok(Self {
            library: env!("CARGO_PKG_VERSION").to_owned(),
            recipe: recipe
                .map(|(key, value)| (key.to_owned(), name_of(key, value)))
                .collect(),
            backbone: BackboneHash {
                sha256: model.network.sha256().to_owned(),
            },
            matcher: model
                .matcher
                .as_ref()
                .map_or_else(Vec::new, |matcher| matcher.sha256().to_vec()),
            input_size: model.input_size,
            image_size: model.image_size,
            grid: model.grid,
            thresholds: model.thresholds,
            origin: model.origin.clone(),
            left_out: model.left_out.clone(),
            min_matches: model.min_matches,
            pose: model.pose,
            groups: model.groups.iter().map(|group| header_of(group)).collect(),
        })
    }

    /// Reads it off the bytes of an archive. Errors: `Format`.
    pub fn read(archive: &[u8]) -> Result<Self> {
        check_room(archive)?;
        let (_, metadata) = SafeTensors::read_metadata(archive).map_err(damaged)?;
        let entries = metadata.metadata().as_ref();
        let json = entries
            .and_then(|entries| entries.get(ENTRY))
            .ok_or_else(|| damaged("it has no header"))?;
        serde_json::from_str(json).map_err(damaged)
    }

    /// How many normal images it names; flipped and turned copies do not count.
    pub fn image_count(&self) -> usize {
        let groups = self.groups.iter();
        groups.map(|group| given(&group.images).count()).sum()
    }

    /// The recipe, and the options that it was read from. Errors: `Format`, naming the option.
    pub fn recipe(&self) -> Result<(Options, Recipe)> {
        let mut options = Options::default();
        for (key, value) in &self.recipe {
            if TABLE
                .iter()
                .any(|spec| spec.key == key && spec.scope == Scope::Run)
            {
                return Err(damaged(format!("'{key}' is no option of a recipe")));
            }
            options
                .set_text(key, value)
                .map_err(|error| self.of_the_recipe(&error))?;
        }
        let recipe = Recipe::from_options(&options).map_err(|error| self.of_the_recipe(&error))?;
        Ok((options, recipe))
    }

    /// The error of an option that nobody set but the model.
    pub fn of_the_recipe(&self, error: &Error) -> Error {
        let message = format!(
            "the model's recipe cannot be honoured: {}: {}",
            error.place(),
            error.message()
        );
        Error::new(ErrorKind::Format, super::escaped(&message)).hint(format!(
            "It was written by twinspect {}, this is {}.",
            super::escaped(&self.library),
            env!("CARGO_PKG_VERSION")
        ))
    }
}

fn header_of(group: &Group) -> GroupHeader {
    GroupHeader {
        count: group.normality.reference().count(),
        epsilon: group.normality.reference().epsilon(),
        lead_image: group.lead_image,
        spread: group.normality.spread().count(),
        ground: group.normality.ground().map(Ground::scale),
        part: group.part.as_ref().map(|part| PartHeader {
            count: part.reference().count(),
            epsilon: part.reference().epsilon(),
            blend: part.blend,
        }),
        images: group.images.clone(),
    }
}
