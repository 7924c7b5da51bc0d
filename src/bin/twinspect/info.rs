//! `twinspect info`: what a model has learned.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};
use twinspect::model::{Group, Model};
use twinspect::{Error, ErrorKind, Result};

use crate::output;
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  twinspect info part.twin
  twinspect info part.twin --json | jq .threshold
  twinspect info part.twin --leads leads/        write a thumbnail of each lead image";

/// Arguments of `twinspect info`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The model
    model: PathBuf,
    /// Print it as one JSON object
    #[arg(long)]
    json: bool,
    /// Write a thumbnail of each group's lead image into this folder, which is made
    #[arg(long, value_name = "DIR")]
    leads: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

/// Prints the model.
pub fn run(args: &Args) -> Result<ExitCode> {
    let model = Model::load(&args.model, &args.settings.options(true)?)?;
    let bytes = std::fs::metadata(&args.model).map_or(0, |file| file.len());
    if let Some(folder) = &args.leads {
        std::fs::create_dir_all(folder)
            .map_err(|error| Error::io(&error, "make the folder of lead images", folder))?;
        for (number, group) in model.groups().iter().enumerate() {
            let target = folder.join(format!("group_{number:02}.png"));
            let cannot = |error| {
                Error::new(
                    ErrorKind::Io,
                    format!("cannot write the thumbnail: {error}"),
                )
                .at(&target)
            };
            group.thumbnail().save(&target).map_err(cannot)?;
        }
    }
    if args.json {
        output::line(as_json(&model, bytes)?);
    } else {
        print(&model, &args.model, bytes)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn as_json(model: &Model, bytes: u64) -> Result<Value> {
    let recipe: serde_json::Map<String, Value> = model
        .options()
        .recipe()?
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.into()))
        .collect();
    let groups: Vec<Value> = model
        .groups()
        .iter()
        .map(|group| json!({ "lead": group.lead().name, "images": group.images(), "fewest_matches": group.fewest_matches() }))
        .collect();
    Ok(json!({
        "backbone": { "name": model.network().name(), "sha256": model.network().sha256() },
        "image_size": model.image_size(), "input_size": model.input_size(), "grid_size": model.grid_size(),
        "images": model.image_count(), "bytes": bytes,
        "threshold": model.thresholds().image, "pixel_threshold": model.thresholds().pixel,
        "recipe": recipe, "groups": groups,
    }))
}

fn print(model: &Model, path: &std::path::Path, bytes: u64) -> Result<()> {
    let size = |(width, height): (u32, u32)| format!("{width} x {height}");
    let threshold =
        |value: Option<f32>| value.map_or("none".to_owned(), |value| format!("{value:.2}"));
    output::line(format_args!(
        "{}  ({:.1} MB)",
        path.display(),
        bytes as f64 / 1e6
    ));
    output::line(format_args!(
        "good parts     {}, of {} pixels",
        model.image_count(),
        size(model.image_size())
    ));
    output::line(format_args!(
        "network        {}, sees {} pixels, {} locations",
        model.network().name(),
        size(model.input_size()),
        size(model.grid_size())
    ));
    let thresholds = model.thresholds();
    output::line(format_args!(
        "thresholds     score {}, map {}",
        threshold(thresholds.image),
        threshold(thresholds.pixel)
    ));
    output::line(format_args!("recipe         {}", changed(model)?));
    output::line(format_args!(
        "\ngroup  images  fewest matches  scores              lead image"
    ));
    for (number, group) in model.groups().iter().enumerate() {
        output::line(format_args!(
            "{number:5}  {:6}  {:14}  {:18}  {}",
            group.images().len(),
            group.fewest_matches(),
            scores(group),
            group.lead().name
        ));
    }
    Ok(())
}

/// Options that differ from their defaults.
fn changed(model: &Model) -> Result<String> {
    let defaults = twinspect::options::Options::default();
    let mut changed = Vec::new();
    for (key, value) in model.options().recipe()? {
        if defaults.text(key)? != value {
            changed.push(format!("{key}={value}"));
        }
    }
    Ok(if changed.is_empty() {
        "default".to_owned()
    } else {
        changed.join(" ")
    })
}

fn scores(group: &Group) -> String {
    let scores = || group.images().iter().map(|image| image.score);
    match (scores().reduce(f32::min), scores().reduce(f32::max)) {
        (Some(lowest), Some(highest)) => format!("{lowest:.2} to {highest:.2}"),
        _ => "none".to_owned(),
    }
}
