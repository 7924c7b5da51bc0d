//! `twinspect fit`: a folder of good parts to a model.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;
use twinspect::model::file::{check_target, escaped};
use twinspect::model::{Fitter, LeftOut, Model, Reason};
use twinspect::{Error, ErrorKind, Result};

use crate::bar::Bar;
use crate::settings::{Settings, print_recipes, print_table};
use crate::{ERROR, output, pictures, threshold};

const EXAMPLES: &str = "\
Examples:
  twinspect fit good/ -o part.twin
  twinspect fit good/ -o part.twin --set input.size=448 --set verdict.false_alarm_rate=0.001
  twinspect fit good/ -o part.twin --recipe paper --set matcher=xfeat
  twinspect fit --list-options
  twinspect fit --list-recipes

Exit status: 0, or 2 if a picture or the model could not be read or written.";

/// Arguments of `twinspect fit`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folder of pictures of good parts
    #[arg(required_unless_present_any = ["list_options", "list_recipes"])]
    folder: Option<PathBuf>,
    /// Where the model is written
    #[arg(
        short,
        long,
        value_name = "FILE",
        required_unless_present_any = ["list_options", "list_recipes"]
    )]
    output: Option<PathBuf>,
    /// Print the result as one line of JSON
    #[arg(long)]
    json: bool,
    /// Start from the options of this recipe, for instance paper; what --set says wins
    #[arg(long, value_name = "NAME")]
    recipe: Option<String>,
    /// Print all options with their ranges and defaults
    #[arg(long)]
    list_options: bool,
    /// Print all recipes with what each sets
    #[arg(long)]
    list_recipes: bool,
    #[command(flatten)]
    settings: Settings,
}

/// Fits, saves, and says what was learned.
pub fn run(args: &Args) -> Result<ExitCode> {
    if args.list_options {
        print_table();
    }
    if args.list_recipes {
        print_recipes();
    }
    if args.list_options || args.list_recipes {
        return Ok(ExitCode::SUCCESS);
    }
    let (Some(folder), Some(output)) = (&args.folder, &args.output) else {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            "a folder and -o FILE are needed",
        ));
    };
    let options = args.settings.options_of_recipe(args.recipe.as_deref())?;
    check_target(output)?;
    let mut bar = Bar::new();
    let mut fitter = Fitter::new(&options)?;
    let left_out = pictures::add_folder(
        &mut fitter,
        folder,
        options.int("image.max_pixels")? as u64,
        &mut bar,
    )?;
    let model = fitter.fit(&mut bar).map_err(|error| error.at(folder))?;
    drop(bar);
    model.save(output)?;
    report(&model, output, left_out, args.json);
    Ok(if left_out == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(ERROR)
    })
}

/// Says what a model that was just written has learned; also after `add`.
pub fn report(model: &Model, path: &Path, unreadable: usize, as_json: bool) {
    let (images, groups) = (model.image_count(), model.groups().len());
    let thresholds = model.thresholds();
    if as_json {
        output::line(json!({
            "model": path.display().to_string(), "images": images, "groups": groups, "unreadable": unreadable,
            "left_out": model.left_out(), "warnings": model.warnings(),
            "threshold": thresholds.image, "pixel_threshold": thresholds.pixel, "calibration": model.origin(), "pose": model.pose(),
        }));
        return;
    }
    let count = |count: usize, one: &str, more: &str| {
        format!("{count} {}", if count == 1 { one } else { more })
    };
    let (parts, groups) = (
        count(images, "good part", "good parts"),
        count(groups, "group", "groups"),
    );
    output::line(format_args!(
        "{}: learned from {parts} in {groups}",
        path.display()
    ));
    if let Some(pose) = model.pose() {
        output::line(pose.sentence());
    }
    match &model.origin().image {
        Some(calibrated) => threshold::say(calibrated, ""),
        None => output::line(
            "no threshold: there are too few pictures to find one; inspect with --threshold",
        ),
    }
    for LeftOut { name, reason } in model.left_out() {
        match reason {
            Reason::CopyOf(first) => output::line(format_args!(
                "counted once: {} is a copy of {}",
                escaped(name),
                escaped(first)
            )),
            Reason::Outlier { score } => {
                output::line(format_args!(
                    "left out: {} does not look like the others, score {score:.2}",
                    escaped(name)
                ));
            }
            Reason::Unregistered => output::line(format_args!(
                "left out: {} could not be registered onto its lead image",
                escaped(name)
            )),
            _ => output::line(format_args!("left out: {}", escaped(name))),
        }
    }
    for warning in model.warnings() {
        eprintln!("twinspect: warning: {warning}");
    }
    if unreadable > 0 {
        eprintln!(
            "twinspect: {}, named above",
            count(
                unreadable,
                "picture was not usable",
                "pictures were not usable"
            )
        );
    }
}
