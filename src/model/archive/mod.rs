//! What a model file holds: a safetensors archive, whose metadata entry `model` is the JSON of [`header::Header`].
//!
//! `header` what it says in words, `check` whether that can be right, `description` what a person wants to know of it,
//! `group` the tensors of a group; the model itself is read and written here.

mod check;
mod description;
mod group;
mod header;

use std::collections::HashMap;
use std::sync::Arc;

use group::{Form, GroupReader, add_entries};
use header::Header;
use safetensors::SafeTensors;

pub use description::{Description, GroupDescription, MatcherWeights, describe};

use crate::device;
use crate::error::{Error, ErrorKind, Result};
use crate::features::pretrained::Pretrained;
use crate::matching::PretrainedMatcher;
use crate::model::extractor::matched_size;
use crate::model::{Model, Recipe};
use crate::options::Options;
use crate::torch::archive;

/// The archive of a model.
pub fn write(model: &Model) -> Result<Vec<u8>> {
    let json = String::from_utf8(archive::json_of(&Header::of(model)?)?)
        .map_err(|error| Error::new(ErrorKind::Format, error.to_string()))?;
    let mut entries = Vec::new();
    for (number, group) in model.groups.iter().enumerate() {
        add_entries(&mut entries, number, group)?;
    }
    let metadata = HashMap::from([(header::ENTRY.to_owned(), json)]);
    archive::of(entries, metadata)
}

/// The model of an archive; the options of scope `Run` say where it will work, and `backbone` where its network is now.
pub fn read(bytes: &[u8], options: &Options) -> Result<Model> {
    header::check_room(bytes)?;
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

    let form = Form {
        recipe: &recipe,
        grid: header.grid,
        input_size: header.input_size,
        channels,
        matched_size: matched_size(&network, matcher.as_ref(), header.input_size),
    };
    let mut groups = Vec::new();
    for (number, group) in header.groups.into_iter().enumerate() {
        let reader = GroupReader {
            number,
            form: &form,
            archive: &archive,
        };
        groups.push(Arc::new(reader.group(group)?));
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
        origin: header.origin,
        left_out: header.left_out,
        pose: header.pose,
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
    let arithmetic = recipe.arithmetic(device::open(options)?);
    let network = Pretrained::open_exactly(&name, &header.backbone.sha256, arithmetic);
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
