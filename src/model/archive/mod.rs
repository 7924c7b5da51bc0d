//! What a model file holds: a safetensors archive, whose metadata entry `model` is the JSON of [`header::Header`].
//!
//! `header` is what it says in words, `check` whether that can be right, `description` what a person wants to know of it;
//! the model itself is read and written here.

mod check;
mod description;
mod header;

use std::collections::HashMap;
use std::sync::Arc;

use check::{Channels, check_locations, of_group};
use header::{GroupHeader, Header};
use image::RgbImage;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use tch::{Device, Kind, Tensor};

pub use description::{Description, GroupDescription, MatcherWeights, describe};

use crate::device;
use crate::error::{Error, ErrorKind, Result};
use crate::features::pretrained::Pretrained;
use crate::matching::{Keypoints, PretrainedMatcher};
use crate::model::extractor::matched_size;
use crate::model::lead::Lead;
use crate::model::normality::{Normality, Part, Reference};
use crate::model::{Group, Model, Recipe};
use crate::options::Options;
use crate::statistics::{Bank, LowRankGaussian, Spread};
use crate::torch::entry::{Entry, kind_of};
use crate::torch::grid;

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
        let form = Form {
            recipe: &recipe,
            grid: header.grid,
            input_size: header.input_size,
            channels,
            matched_size: matched_size(&network, matcher.as_ref(), header.input_size),
        };
        let group = group_of(number, group, &form, &archive)?;
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
        min_matches: header.min_matches,
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
    for (name, tensor) in tensors_of(group.normality.reference()) {
        add(name, tensor)?;
    }
    if let Some(part) = &group.part {
        for (name, tensor) in tensors_of(part.reference()) {
            add(&format!("part.{name}"), tensor)?;
        }
        add("part.mask", &grid::of_array(part.mask())?)?;
    }
    let spread = group.normality.spread();
    add("distances.sum", &grid::of_array(spread.sum())?)?;
    add("distances.squares", &grid::of_array(spread.squares())?)?;
    let views = group.lead.as_ref().map_or(&[][..], |lead| lead.views());
    for (number, view) in views.iter().enumerate() {
        let (positions, descriptors) = names_of_view(number);
        add(&positions, view.keypoints.positions())?;
        add(&descriptors, view.keypoints.descriptors())?;
    }
    if let Some(gray) = group.lead.as_ref().and_then(Lead::gray) {
        add("lead.gray", gray)?;
    }
    let (width, height) = group.thumbnail.dimensions();
    let shape = [i64::from(height), i64::from(width), 3];
    add(
        "thumbnail",
        &Tensor::f_from_data_size(group.thumbnail.as_raw(), &shape, Kind::Uint8)?,
    )
}

fn tensors_of(reference: &Reference) -> Vec<(&'static str, &Tensor)> {
    match reference {
        Reference::Gaussian(gaussian) => vec![
            ("mean", gaussian.mean()),
            ("directions", gaussian.directions()),
            ("variances", gaussian.variances()),
        ],
        Reference::Nearest(bank) => vec![("bank", bank.features())],
    }
}

/// What the tensors of a model's groups must be like.
struct Form<'a> {
    recipe: &'a Recipe,
    /// Height and width.
    grid: (i64, i64),
    /// Width and height of the backbone's input.
    input_size: (u32, u32),
    channels: Channels,
    /// Width and height of what key points are places in.
    matched_size: (f64, f64),
}

fn group_of(
    number: usize,
    header: GroupHeader,
    form: &Form<'_>,
    archive: &SafeTensors<'_>,
) -> Result<Group> {
    Ok(Group {
        lead: lead_of(number, form, archive)?,
        lead_image: header.lead_image,
        thumbnail: thumbnail_of(number, archive)?,
        normality: normality_of(number, &header, form, archive)?,
        part: part_of(number, &header, form, archive)?,
        images: header.images,
    })
}

fn normality_of(
    number: usize,
    header: &GroupHeader,
    form: &Form<'_>,
    archive: &SafeTensors<'_>,
) -> Result<Normality> {
    // The grid was held against the input, which bounds it.
    let locations = form.grid.0 * form.grid.1;
    let samples = (header.count, header.epsilon);
    let reference = reference_of(number, "", samples, locations, form, archive)?;
    let size = (form.grid.0 as usize, form.grid.1 as usize);
    let foreign = |error| of_group(number, error);
    let sums = |name: &str| {
        let tensor = tensor_of(&view_of(number, name, archive)?);
        grid::to_array::<f64>(&tensor.map_err(foreign)?, size).map_err(foreign_shape(number, name))
    };
    let (sum, squares) = (sums("distances.sum")?, sums("distances.squares")?);
    let spread = Spread::from_parts(header.spread, sum, squares).map_err(foreign)?;
    Ok(Normality::new(reference, spread, form.recipe.even))
}

fn part_of(
    number: usize,
    header: &GroupHeader,
    form: &Form<'_>,
    archive: &SafeTensors<'_>,
) -> Result<Option<Part>> {
    let Some(part) = &header.part else {
        return Ok(None);
    };
    let size = (form.grid.0 as usize, form.grid.1 as usize);
    let foreign = |error| of_group(number, error);
    let mask = tensor_of(&view_of(number, "part.mask", archive)?).map_err(foreign)?;
    let mask = grid::to_array::<bool>(&mask, size).map_err(foreign_shape(number, "part.mask"))?;
    let locations = mask.iter().filter(|is_part| **is_part).count() as i64;
    if locations == 0 {
        return Err(damaged(format!("the part of group {number} is nowhere")));
    }
    let samples = (part.count, part.epsilon);
    let reference = reference_of(number, "part.", samples, locations, form, archive)?;
    Part::new(reference, mask, part.blend).map(Some)
}

/// The error of a tensor that is no map of the model's grid.
fn foreign_shape(number: usize, name: &str) -> impl Fn(Error) -> Error {
    move |error| damaged(format!("group {number}: {name}: {}", error.message()))
}

/// What was formed of so many samples with this epsilon, at so many locations; its tensors have names with a prefix.
fn reference_of(
    number: usize,
    prefix: &str,
    (count, epsilon): (u64, f64),
    locations: i64,
    form: &Form<'_>,
    archive: &SafeTensors<'_>,
) -> Result<Reference> {
    let foreign = |error| of_group(number, error);
    let read = |name: &str| {
        let view = view_of(number, &format!("{prefix}{name}"), archive)?;
        tensor_of(&view).map_err(foreign)
    };
    let check = |shape: &[i64]| check_locations(number, shape, locations, form.channels.features);
    if form.recipe.nearest.is_some() {
        let features = read("bank")?;
        check(features.size().get(1..).unwrap_or_default())?;
        let bank = Bank::new(epsilon, features).map_err(foreign)?;
        if bank.count() as u64 != count {
            let found = bank.count();
            return Err(damaged(format!(
                "the bank of group {number} has {found} images, not {count}"
            )));
        }
        return Ok(Reference::Nearest(bank));
    }
    let mean = read("mean")?;
    check(&mean.size())?;
    let (directions, variances) = (read("directions")?, read("variances")?);
    let gaussian = LowRankGaussian::from_parts(count, epsilon, mean, directions, variances);
    Ok(Reference::Gaussian(gaussian.map_err(foreign)?))
}

fn lead_of(number: usize, form: &Form<'_>, archive: &SafeTensors<'_>) -> Result<Option<Lead>> {
    let Some(width) = form.channels.descriptors else {
        return Ok(None);
    };
    let foreign = |error| of_group(number, error);
    let mut views = Vec::new();
    let turns = form.recipe.registration.map_or(1, |plan| plan.turns);
    for view in 0..turns {
        let (positions, descriptors) = names_of_view(view);
        let read = |name: &str| tensor_of(&view_of(number, name, archive)?).map_err(foreign);
        let (positions, descriptors) = (read(&positions)?, read(&descriptors)?);
        let keypoints = Keypoints::from_parts(positions, descriptors, width);
        views.push(keypoints.map_err(foreign)?);
    }
    let lead = Lead::new(views, form.matched_size).map_err(|_| {
        let message = format!("the lead image of group {number} has no key points");
        damaged(message)
    })?;
    let Some(plan) = form.recipe.registration else {
        return Ok(Some(lead));
    };
    let gray = tensor_of(&view_of(number, "lead.gray", archive)?).map_err(foreign)?;
    let (width, height) = form.input_size;
    let right = [1, 1, i64::from(height), i64::from(width)];
    let is_finite = gray.f_isfinite()?.f_all()?.f_int64_value(&[])? != 0;
    if gray.size() != right || gray.f_kind()? != Kind::Float || !is_finite {
        let size = gray.size();
        return Err(damaged(format!(
            "the lead picture of group {number} is {size:?}, or not finite; expected {right:?}"
        )));
    }
    lead.with_picture(gray, plan.motion).map(Some)
}

/// Names of the positions and the descriptors of a lead's view: the first one is the picture as it is.
fn names_of_view(view: usize) -> (String, String) {
    let prefix = match view {
        0 => "lead".to_owned(),
        view => format!("lead.turn.{view}"),
    };
    (
        format!("{prefix}.positions"),
        format!("{prefix}.descriptors"),
    )
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
