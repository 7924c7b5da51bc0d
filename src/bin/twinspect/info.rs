//! `twinspect info`: what a model has learned.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use twinspect::Result;
use twinspect::model::file::{Description, GroupDescription, escaped};
use twinspect::model::{LeftOut, Model, Reason};
use twinspect::options::Options;

use crate::{leads, output, threshold};

const EXAMPLES: &str = "\
Examples:
  twinspect info part.twin
  twinspect info part.twin --json | jq .threshold
  twinspect info part.twin --groups              every image, its matches with its lead image, its score
  twinspect info part.twin --sheet leads.png     all lead images in one picture
  twinspect info part.twin --leads leads/        write a thumbnail of each lead image

It needs no weights, and runs nothing that the model names.";

/// Arguments of `twinspect info`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The model
    model: PathBuf,
    /// Print it as one JSON object
    #[arg(long)]
    json: bool,
    /// Print of each group every image with its matches with the lead image, the best first; --json always does
    #[arg(long)]
    groups: bool,
    /// Write one picture of all lead images with their captions, a PNG or JPEG
    #[arg(long, value_name = "FILE")]
    sheet: Option<PathBuf>,
    /// Write a thumbnail of each group's lead image into this folder, which is made
    #[arg(long, value_name = "DIR")]
    leads: Option<PathBuf>,
}

/// Prints the model.
pub fn run(args: &Args) -> Result<ExitCode> {
    if let Some(sheet) = &args.sheet {
        leads::encoding_of(sheet)?;
    }
    let model = Model::describe(&args.model)?;
    let bytes = std::fs::metadata(&args.model).map_or(0, |file| file.len());
    if let Some(folder) = &args.leads {
        leads::write_each(&model, folder)?;
    }
    if let Some(sheet) = &args.sheet {
        let name = args.model.file_name().unwrap_or(args.model.as_os_str());
        leads::write_sheet(&model, &name.to_string_lossy(), sheet)?;
    }
    if args.json {
        let mut object = model.to_json();
        object["bytes"] = bytes.into();
        output::line(object);
    } else {
        print(&model, &args.model, bytes)?;
        if args.groups {
            print_groups(&model);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print(model: &Description, path: &Path, bytes: u64) -> Result<()> {
    let size = |(width, height): (u32, u32)| format!("{width} x {height}");
    output::line(format_args!(
        "{}  ({:.1} MB)",
        path.display(),
        bytes as f64 / 1e6
    ));
    output::line(format_args!(
        "good parts     {}, of {} pixels",
        model.image_count(),
        size(model.image_size)
    ));
    output::line(format_args!(
        "network        {}, sees {} pixels, {} locations",
        escaped(&model.backbone),
        size(model.input_size),
        size(model.grid_size)
    ));
    let weights = |sha256: &str, name: &str| {
        let (sha256, name) = (escaped(sha256), escaped(name));
        output::line(format_args!("SHA-256        {sha256}  {name}"));
    };
    weights(&model.sha256, &model.backbone);
    for file in &model.matcher {
        weights(&file.sha256, &file.name);
    }
    output::line(format_args!(
        "thresholds     score {}, map {}",
        threshold::text(model.thresholds.image),
        threshold::text(model.thresholds.pixel)
    ));
    const INDENT: &str = "               ";
    if let Some(calibrated) = &model.origin.image {
        threshold::say(calibrated, INDENT);
    }
    if let Some(moved) = &model.origin.moved {
        let (pictures, day) = (threshold::pictures(moved), escaped(&moved.day));
        output::line(format_args!("{INDENT}moved on {day} by {pictures}"));
    }
    output::line(format_args!("recipe         {}", changed(model)?));
    if let Some(pose) = &model.pose {
        output::line(format_args!("{INDENT}{}", pose.sentence()));
    }
    output::line(format_args!(
        "\ngroup  images  fewest matches  scores              lead image"
    ));
    for (number, group) in model.groups.iter().enumerate() {
        output::line(format_args!(
            "{number:5}  {:6}  {:14}  {:18}  {}",
            group.image_count(),
            group.fewest_matches(),
            scores(group),
            escaped(&group.lead().name)
        ));
    }
    if !model.left_out.is_empty() {
        output::line("");
    }
    for image in &model.left_out {
        output::line(format_args!("left out       {}", why(image)));
    }
    for warning in &model.warnings {
        eprintln!("twinspect: warning: {warning}");
    }
    Ok(())
}

/// The images of each group, those most like its lead image first.
fn print_groups(model: &Description) {
    for (number, group) in model.groups.iter().enumerate() {
        let lead = escaped(&group.lead().name);
        output::line(format_args!("\ngroup {number}, lead image {lead}"));
        output::line("matches   score  image");
        let mut images: Vec<_> = group.images.iter().enumerate().collect();
        images.sort_by_key(|(place, image)| (Reverse(image.matches), *place != group.lead_image));
        for (place, image) in images {
            let lead = if place == group.lead_image {
                " (lead)"
            } else {
                ""
            };
            let copy = image.copy.map_or(String::new(), |orientation| {
                format!(", {}", orientation.words())
            });
            output::line(format_args!(
                "{:7}  {:6.2}  {}{copy}{lead}",
                image.matches,
                image.score,
                escaped(&image.name)
            ));
        }
    }
}

fn why(image: &LeftOut) -> String {
    let name = escaped(&image.name);
    match &image.reason {
        Reason::CopyOf(first) => format!("{name}, a copy of {}", escaped(first)),
        Reason::Outlier { score } => format!("{name}, unlike the others, score {score:.2}"),
        Reason::Unregistered => {
            format!("{name}, which could not be registered onto its lead image")
        }
        _ => name,
    }
}

/// Options that differ from their defaults.
fn changed(model: &Description) -> Result<String> {
    let defaults = Options::default();
    let mut changed = Vec::new();
    for (key, value) in &model.recipe {
        if defaults.text(key)? != *value {
            changed.push(escaped(&format!("{key}={value}")));
        }
    }
    Ok(if changed.is_empty() {
        "default".to_owned()
    } else {
        changed.join(" ")
    })
}

fn scores(group: &GroupDescription) -> String {
    let given = || group.images.iter().filter(|image| image.copy.is_none());
    let scores = || given().map(|image| image.score);
    match (scores().reduce(f32::min), scores().reduce(f32::max)) {
        (Some(lowest), Some(highest)) => format!("{lowest:.2} to {highest:.2}"),
        _ => "none".to_owned(),
    }
}
