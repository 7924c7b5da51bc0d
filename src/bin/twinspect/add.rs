//! `twinspect add`: more good parts into a model.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use twinspect::Result;
use twinspect::model::file::check_target;
use twinspect::model::{Fitter, Model};

use crate::bar::Bar;
use crate::settings::Settings;
use crate::{ERROR, fit, pictures, threshold};

const EXAMPLES: &str = "\
Examples:
  twinspect add part.twin good_of_today/
  twinspect add part.twin good_of_today/ -o part-new.twin

The file is replaced in one step, or left as it is. Thresholds are found anew from all good parts; those that twinspect
calibrate had moved are not kept.";

/// Arguments of `twinspect add`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The model
    model: PathBuf,
    /// Folder of more pictures of good parts
    folder: PathBuf,
    /// Where the new model is written, in place of the old one
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print the result as one line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

/// Adds, saves, and says what was learned.
pub fn run(args: &Args) -> Result<ExitCode> {
    let options = args.settings.options(true)?;
    let output = args.output.as_ref().unwrap_or(&args.model);
    check_target(output)?;
    let model = Arc::new(Model::load(&args.model, &options)?);
    let mut bar = Bar::new();
    let moved = model.origin().moved.clone();
    let mut fitter = Fitter::extending(model, &options)?;
    let left_out = pictures::add_folder(
        &mut fitter,
        &args.folder,
        options.int("image.max_pixels")? as u64,
        &mut bar,
    )?;
    let extended = fitter
        .fit(&mut bar)
        .map_err(|error| error.at(&args.folder))?;
    drop(bar);
    extended.save(output)?;
    fit::report(&extended, output, left_out, args.json);
    if let Some(moved) = moved {
        eprintln!(
            "twinspect: the thresholds had been moved by {}; now they are those of all good parts that were learned from. \
             Run twinspect calibrate again.",
            threshold::pictures(&moved)
        );
    }
    Ok(if left_out == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(ERROR)
    })
}
