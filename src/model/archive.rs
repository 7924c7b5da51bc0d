//! What a model file holds: a safetensors archive, whose metadata entry `model` is the JSON of [`Header`].

use std::collections::HashMap;
use std::sync::Arc;

use image::RgbImage;
use safetensors::{SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

use crate::device;
use crate::error::{Error, ErrorKind, Result};
use crate::features::pretrained::Pretrained;
use crate::matching::Keypoints;
use crate::model::{Group, LeftOut, Model, NormalImage, Recipe, Thresholds};
use crate::options::Options;
use crate::statistics::LowRankGaussian;
use crate::torch::entry::{Entry, kind_of};

/// The longest side of a network's input that a recipe allows, in pixels.
const LARGEST_INPUT_PX: u32 = 4096;

#[derive(Serialize, Deserialize)]
struct Header {
    library: String,
    recipe: Vec<(String, String)>,
    backbone: Backbone,
    input_size: (u32, u32),
    image_size: (u32, u32),
    grid: (i64, i64),
    thresholds: Thresholds,
    left_out: Vec<LeftOut>,
    groups: Vec<GroupHeader>,
}

#[derive(Serialize, Deserialize)]
struct Backbone {
    name: String,
    sha256: String,
}

#[derive(Serialize, Deserialize)]
struct GroupHeader {
    count: u64,
    epsilon: f64,
    lead_image: usize,
    images: Vec<NormalImage>,
}

/// The archive of a model.
pub fn write(model: &Model) -> Result<Vec<u8>> {
    let recipe = model.options.recipe()?;
    let header = Header {
        library: env!("CARGO_PKG_VERSION").to_owned(),
        recipe: recipe
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
        backbone: Backbone {
            name: model.network.name().to_owned(),
            sha256: model.network.sha256().to_owned(),
        },
        input_size: model.input_size,
        image_size: model.image_size,
        grid: model.grid,
        thresholds: model.thresholds,
        left_out: model.left_out.clone(),
        groups: model.groups.iter().map(|group| header_of(group)).collect(),
    };
    let json = serde_json::to_string(&header)
        .map_err(|error| Error::new(ErrorKind::Format, error.to_string()))?;
    let mut entries = Vec::new();
    for (number, group) in model.groups.iter().enumerate() {
        add_entries(&mut entries, number, group)?;
    }
    safetensors::serialize(entries, Some(HashMap::from([("model".to_owned(), json)]))).map_err(
        |error| {
            Error::new(
                ErrorKind::Format,
                format!("the model cannot be written as safetensors: {error}"),
            )
        },
    )
}

/// The model of an archive; the options of scope `Run` say where it will work.
pub fn read(bytes: &[u8], options: &Options) -> Result<Model> {
    let archive = SafeTensors::deserialize(bytes).map_err(damaged)?;
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    let json = metadata
        .metadata()
        .as_ref()
        .and_then(|entries| entries.get("model"));
    let header: Header =
        serde_json::from_str(json.ok_or_else(|| damaged("it has no header"))?).map_err(damaged)?;

    let mut recipe_options = Options::default();
    for (key, value) in &header.recipe {
        recipe_options.set_text(key, value).map_err(|error| {
            let message = format!("the model's recipe cannot be honoured: {error}");
            Error::new(ErrorKind::Version, message)
                .hint(format!("It was written by twinspect {}.", header.library))
        })?;
    }
    let recipe = Recipe::from_options(&recipe_options)?;
    let (width, height) = header.input_size;
    if !(1..=LARGEST_INPUT_PX).contains(&width) || !(1..=LARGEST_INPUT_PX).contains(&height) {
        return Err(damaged(format!("its input is {width} x {height} pixels")));
    }
    let name = if options.is_set("backbone")? {
        options.text("backbone")?
    } else {
        header.backbone.name
    };
    let network = Pretrained::open_exactly(&name, &header.backbone.sha256, device::open(options)?)?;

    let mut groups = Vec::new();
    for (number, group) in header.groups.into_iter().enumerate() {
        groups.push(Arc::new(group_of(
            number,
            group,
            header.grid,
            recipe.matcher.is_some(),
            &archive,
        )?));
    }
    if groups.is_empty() {
        return Err(damaged("it has no group"));
    }
    Ok(Model {
        options: recipe_options,
        recipe: Arc::new(recipe),
        network: Arc::new(network),
        input_size: header.input_size,
        image_size: header.image_size,
        grid: header.grid,
        groups,
        thresholds: header.thresholds,
        left_out: header.left_out,
    })
}

/// The error of a file that is ours and cannot be right.
pub fn damaged(what: impl ToString) -> Error {
    let message = format!("the model file is damaged: {}", what.to_string());
    Error::new(ErrorKind::Format, message).hint("Copy it again, or fit again.")
}

fn header_of(group: &Group) -> GroupHeader {
    GroupHeader {
        count: group.gaussian.count(),
        epsilon: group.gaussian.epsilon(),
        lead_image: group.lead_image,
        images: group.images.clone(),
    }
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
    matches: bool,
    archive: &SafeTensors<'_>,
) -> Result<Group> {
    let view = |name: &str| {
        archive
            .tensor(&format!("group.{number}.{name}"))
            .map_err(damaged)
    };
    let read = |name: &str| view(name).and_then(|view| tensor_of(&view));
    let (mean, directions, variances) = (read("mean")?, read("directions")?, read("variances")?);
    let gaussian =
        LowRankGaussian::from_parts(header.count, header.epsilon, mean, directions, variances)?;
    let locations = gaussian.mean().size()[0];
    if grid.0.checked_mul(grid.1) != Some(locations) {
        return Err(damaged(format!(
            "group {number} has {locations} locations, the grid {} x {}",
            grid.1, grid.0
        )));
    }
    let lead = if matches {
        Some(Keypoints::new(
            read("lead.positions")?,
            read("lead.descriptors")?,
        )?)
    } else {
        None
    };
    if header.lead_image >= header.images.len() {
        let (lead, count) = (header.lead_image, header.images.len());
        return Err(damaged(format!(
            "image {lead} leads group {number}, which has {count}"
        )));
    }
    Ok(Group {
        lead,
        lead_image: header.lead_image,
        thumbnail: picture_of(&view("thumbnail")?)
            .ok_or_else(|| damaged(format!("the thumbnail of group {number} is no picture")))?,
        gaussian,
        images: header.images,
    })
}

fn tensor_of(view: &TensorView<'_>) -> Result<Tensor> {
    let kind = kind_of(view.dtype())?;
    let shape: Vec<i64> = view.shape().iter().map(|side| *side as i64).collect();
    if view.data().is_empty() {
        return Ok(Tensor::f_zeros(&shape, (kind, Device::Cpu))?);
    }
    Ok(Tensor::f_from_data_size(view.data(), &shape, kind)?)
}

fn picture_of(view: &TensorView<'_>) -> Option<RgbImage> {
    match *view.shape() {
        [height, width, 3] => RgbImage::from_raw(
            u32::try_from(width).ok()?,
            u32::try_from(height).ok()?,
            view.data().to_vec(),
        ),
        _ => None,
    }
}
