//! What a model file holds: a safetensors archive, whose metadata entry `model` is the JSON of [`header::Header`].
//!
//! `header` is what it says in words, `check` whether that can be right, `description` what a person wants to know of it;
//! the model itself is read and written here.

mod check;
mod description;
mod header;

use std::collections::HashMap;
use std::sync::Arc;

use check::{Channels, check_mean, of_group};
use header::{GroupHeader, Header};
use image::RgbImage;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use tch::{Device, Kind, Tensor};

pub use description::{Description, GroupDescription, MatcherWeights, describe};

use crate::device;
use crate::error::{Error, ErrorKind, Result};
use crate::features::pretrained::Pretrained;
use crate::matching::{Keypoints, PretrainedMatcher};
use crate::model::{Group, Model, Recipe};
use crate::options::Options;
use crate::statistics::LowRankGaussian;
use crate::torch::entry::{Entry, kind_of};

/// The longer side of a thumbnail at most, in pixels.
const LONGEST_THUMBNAIL_PX: usize = 128;

/// The archive of a model.
pub fn write(model: &Model) -> Result<Vec<u8>> {
    let json = serde_json::to_string(&Header::of(model)?)
        .map_err(|error| Error::new(ErrorKind::Format, error.to_string()))?;
    let mut entries = Vec::new();
    for (number, group) in model.groups.iter().enumerate() {
        add_entries(&mut entries, number, group)?;
    }
    let metadata = HashMap::from([(header::ENTRY.to_owned(), json)]);
    safetensors::serialize(entries, Some(metadata)).map_err(|error| {
        let message = format!("the model cannot be written as safetensors: {error}");
        Error::new(ErrorKind::Format, message)
    })
}

/// The model of an archive; the options of scope `Run` say where it will work, and `backbone` where its network is now.
pub fn read(bytes: &[u8], options: &Options) -> Result<Model> {
    let archive = SafeTensors::deserialize(bytes).map_err(damaged)?;
    let header = Header::read(bytes)?;
    let (mut recipe_options, recipe) = header.recipe()?;
    header.check(&recipe)?;

    let network = network_of(&header, &recipe, options)?;
    let channels = header.check_backbone(&recipe, network.backbone())?;
    let matcher = recipe.matcher.map(|plan| {
        let device = device::open(options)?;
        PretrainedMatcher::open_exactly(plan, &header.matcher, device).map(Arc::new)
    });
    let matcher = matcher.transpose()?;
    recipe_options.set_text("backbone", network.name())?;
    let recipe = Recipe {
        backbone: network.name().to_owned(),
        ..recipe
    };

    let mut groups = Vec::new();
    for (number, group) in header.groups.into_iter().enumerate() {
        let group = group_of(number, group, header.grid, channels, &archive)?;
        groups.push(Arc::new(group));
    }
    Ok(Model {
        options: recipe_options,
        recipe: Arc::new(recipe),
        network: Arc::new(network),
        matcher,
        input_size: header.input_size,
        image_size: header.image_size,
        grid: header.grid,
        groups,
        thresholds: header.thresholds,
        left_out: header.left_out,
    })
}

/// The network that the model names, or the one that the options say it is now; of the model's hash in any case.
fn network_of(header: &Header, recipe: &Recipe, options: &Options) -> Result<Pretrained> {
    let is_set = options.is_set("backbone")?;
    let name = if is_set {
        options.text("backbone")?
    } else {
        recipe.backbone.clone()
    };
    let device = device::open(options)?;
    let network = Pretrained::open_exactly(&name, &header.backbone.sha256, device);
    network.map_err(|error| match error.kind() {
        ErrorKind::InvalidArgument if !is_set => header.of_the_recipe(&error.at("backbone")),
        kind => Error::new(kind, escaped(error.message()))
            .at(error.place())
            .hint(error.what_to_do()),
    })
}

/// The error of a file that is ours and cannot be right.
pub fn damaged(what: impl ToString) -> Error {
    let message = format!("the model file is damaged: {}", escaped(&what.to_string()));
    Error::new(ErrorKind::Format, message).hint("Copy it again, or fit again.")
}

/// A text from a file, fit for a terminal: control characters, and those that turn the direction of writing, are escaped.
///
/// # Example
/// ```
/// use twinspect::model::file::escaped;
/// assert_eq!(escaped("Größe 零件\u{1b}[31m"), "Größe 零件\\u{1b}[31m");
/// ```
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        let turns = matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        );
        if character.is_control() || turns {
            escaped.extend(character.escape_debug());
        } else {
            escaped.push(character);
        }
    }
    escaped
}

fn add_entries(entries: &mut Vec<(String, Entry)>, number: usize, group: &Group) -> Result<()> {
    let mut add = |name: &str, tensor: &Tensor| {
        entries.push((format!("group.{number}.{name}"), Entry::of(tensor)?));
        Ok::<_, Error>(())
    };
    add("mean", group.gaussian.mean())?;
    add("directions", group.gaussian.directions())?;
    add("variances", group.gaussian.variances())?;
    if let Some(lead) = &group.lead {
        add("lead.positions", lead.positions())?;
        add("lead.descriptors", lead.descriptors())?;
    }
    let (width, height) = group.thumbnail.dimensions();
    let shape = [i64::from(height), i64::from(width), 3];
    add(
        "thumbnail",
        &Tensor::f_from_data_size(group.thumbnail.as_raw(), &shape, Kind::Uint8)?,
    )
}

fn group_of(
    number: usize,
    header: GroupHeader,
    grid: (i64, i64),
    channels: Channels,
    archive: &SafeTensors<'_>,
) -> Result<Group> {
    let foreign = |error| of_group(number, error);
    let read = |name: &str| {
        let view = view_of(number, name, archive)?;
        tensor_of(&view).map_err(foreign)
    };
    let mean = read("mean")?;
    check_mean(number, &mean.size(), grid, channels.features)?;
    let (directions, variances) = (read("directions")?, read("variances")?);
    let gaussian =
        LowRankGaussian::from_parts(header.count, header.epsilon, mean, directions, variances)
            .map_err(foreign)?;
    let lead = match channels.descriptors {
        Some(width) => {
            let (positions, descriptors) = (read("lead.positions")?, read("lead.descriptors")?);
            Some(Keypoints::from_parts(positions, descriptors, width).map_err(foreign)?)
        }
        None => None,
    };
    Ok(Group {
        lead,
        lead_image: header.lead_image,
        thumbnail: thumbnail_of(number, archive)?,
        gaussian,
        images: header.images,
    })
}

fn view_of<'a>(number: usize, name: &str, archive: &SafeTensors<'a>) -> Result<TensorView<'a>> {
    archive
        .tensor(&format!("group.{number}.{name}"))
        .map_err(damaged)
}

fn tensor_of(view: &TensorView<'_>) -> Result<Tensor> {
    let kind = kind_of(view.dtype())?;
    let shape: Vec<i64> = view.shape().iter().map(|side| *side as i64).collect();
    if view.data().is_empty() {
        return Ok(Tensor::f_zeros(&shape, (kind, Device::Cpu))?);
    }
    Ok(Tensor::f_from_data_size(view.data(), &shape, kind)?)
}

/// The thumbnail of a group's lead image. Errors: `Format`.
fn thumbnail_of(number: usize, archive: &SafeTensors<'_>) -> Result<RgbImage> {
    let view = view_of(number, "thumbnail", archive)?;
    let sides = 1..=LONGEST_THUMBNAIL_PX;
    let picture = match *view.shape() {
        [height, width, 3]
            if view.dtype() == Dtype::U8 && sides.contains(&height) && sides.contains(&width) =>
        {
            RgbImage::from_raw(width as u32, height as u32, view.data().to_vec())
        }
        _ => None,
    };
    picture.ok_or_else(|| {
        let (dtype, shape) = (view.dtype(), view.shape());
        damaged(format!(
            "the thumbnail of group {number} is {dtype:?} of shape {shape:?}"
        ))
    })
}
