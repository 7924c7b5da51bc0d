//! `twinspect fit`: a folder of good parts to a model.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;
use twinspect::model::{Fitter, Model};
use twinspect::{Error, ErrorKind, Result};

use crate::bar::Bar;
use crate::settings::{Settings, print_table};
use crate::{ERROR, output, pictures};

const EXAMPLES: &str = "\
Examples:
  twinspect fit good/ -o part.twin
  twinspect fit good/ -o part.twin --set input.size=448 --set verdict.false_alarm_rate=0.001
  twinspect fit --list-options

Exit status: 0, or 2 if a picture or the model could not be read or written.";

/// Arguments of `twinspect fit`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folder of pictures of good parts
    #[arg(required_unless_present = "list_options")]
    folder: Option<PathBuf>,
    /// Where the model is written
    #[arg(short, long, value_name = "FILE", default_value = "part.twin")]
    output: PathBuf,
    /// Print the result as one line of JSON
    #[arg(long)]
    json: bool,
    /// Print all options with their ranges and defaults
    #[arg(long)]
    list_options: bool,
    #[command(flatten)]
    settings: Settings,
}

/// Fits, saves, and says what was learned.
pub fn run(args: &Args) -> Result<ExitCode> {
    if args.list_options {
        print_table();
        return Ok(ExitCode::SUCCESS);
    }
    let folder = args
        .folder
        .as_ref()
        .ok_or_else(|| Error::new(ErrorKind::InvalidArgument, "no folder was given"))?;
    let options = args.settings.options(false)?;
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
    model.save(&args.output)?;
    report(&model, &args.output, left_out, args.json);
    Ok(if left_out == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(ERROR)
    })
}

/// Says what a model that was just written has learned; also after `add`.
pub fn report(model: &Model, path: &std::path::Path, left_out: usize, as_json: bool) {
    let (images, groups, thresholds) = (
        model.image_count(),
        model.groups().len(),
        model.thresholds(),
    );
    if as_json {
        let line = json!({
            "model": path.display().to_string(), "images": images, "left_out": left_out, "groups": groups,
            "threshold": thresholds.image, "pixel_threshold": thresholds.pixel,
        });
        output::line(line);
        return;
    }
    let plural = |count: usize, one: &str, more: &str| {
        format!("{count} {}", if count == 1 { one } else { more })
    };
    output::line(format_args!(
        "{}: learned from {} in {}",
        path.display(),
        plural(images, "good part", "good parts"),
        plural(groups, "group", "groups")
    ));
    match thresholds.image {
        Some(threshold) => output::line(format_args!(
            "threshold {threshold:.2}: about {} in 100 good parts will score higher",
            model.recipe().false_alarm_rate * 100.0
        )),
        None => output::line(format_args!(
            "no threshold: there are too few pictures to find one; inspect with --threshold"
        )),
    }
    if left_out > 0 {
        output::line(format_args!(
            "left out: {}, named above",
            plural(left_out, "picture", "pictures")
        ));
    }
}
