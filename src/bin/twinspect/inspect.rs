//! `twinspect inspect`: pictures to verdicts.

use std::collections::HashSet;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use image::ImageFormat;
use serde_json::{Value, json};
use twinspect::files::{remove_abandoned, replace_unsynced};
use twinspect::image::Picture;
use twinspect::map::render;
use twinspect::model::{Inspection, Inspector, Model};
use twinspect::progress::Progress;
use twinspect::verdict::{Drift, Health, Verdict};
use twinspect::{Error, ErrorKind, Result};

use crate::bar::Bar;
use crate::settings::Settings;
use crate::{ERROR, ahead, pictures};

/// Exit status if a picture is not good.
const NOT_GOOD: u8 = 1;

const EXAMPLES: &str = "\
Examples:
  twinspect inspect part.twin new/*.png
  twinspect inspect part.twin new/ --heatmaps out/
  twinspect inspect part.twin new/ --json | jq -r 'select(.verdict != \"good\") | .path'

With --json each line is an object with path, score, verdict (good, defect or undecided), threshold and regions; a picture
that could not be read has path and error. Where the model registers pictures, registration says how the part lies (to_lead,
a matrix in pixels; turned_degrees, scale), and is null if that was not found; where each picture chooses its good parts,
nearest names them. health says what the frame is like beside those of the good parts, what is wrong with it (findings) and what
to look at (advice); a picture with which something is wrong is undecided, but for --set health=report.

Exit status: 0 all good, 1 a picture is not good, 2 an error (the other pictures are inspected all the same).";

/// Arguments of `twinspect inspect`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The model
    model: PathBuf,
    /// Pictures, or folders of pictures
    #[arg(required = true)]
    pictures: Vec<PathBuf>,
    /// Write a heat map of each picture into this folder, which is made
    #[arg(long, value_name = "DIR")]
    heatmaps: Option<PathBuf>,
    /// Print one JSON object a picture
    #[arg(long)]
    json: bool,
    /// Use this threshold in place of the model's, for score and regions
    #[arg(long, value_name = "X", value_parser = threshold, allow_negative_numbers = true)]
    threshold: Option<f32>,
    #[command(flatten)]
    settings: Settings,
}

fn threshold(text: &str) -> std::result::Result<f32, String> {
    match text.parse::<f32>() {
        Ok(value) if value.is_finite() && value > 0.0 => Ok(value),
        _ => Err("a threshold is a number above 0".to_owned()),
    }
}

/// Inspects each picture and prints its verdict.
pub fn run(args: &Args) -> Result<ExitCode> {
    let paths = pictures::expand(&args.pictures)?;
    let options = args.settings.options(true)?;
    let max_pixels = options.int("image.max_pixels")? as u64;
    let model = Arc::new(Model::load(&args.model, &options)?);
    let mut inspector = Inspector::new(Arc::clone(&model), &options)?;
    inspector.set_thresholds(args.threshold, args.threshold);
    let heat_maps = args
        .heatmaps
        .as_deref()
        .map(|folder| HeatMaps::plan(folder, &paths))
        .transpose()?;

    let mut bar = Bar::new();
    let (mut not_good, mut errors) = (0usize, 0usize);
    let total = paths.len() as u64;
    let inspected = |(number, path): (usize, &Path), found: Result<(Picture, Inspection)>| {
        match found.map_err(|error| error.at(path)) {
            Ok((picture, inspection)) => {
                not_good += usize::from(inspection.verdict != Verdict::Good);
                let heat_map = heat_maps
                    .as_ref()
                    .map(|maps| maps.write(number, &picture, &inspection))
                    .transpose()?;
                let line = if args.json {
                    as_json(path, &inspection, &model, heat_map)?.to_string()
                } else {
                    as_text(path, &inspection, &model)
                };
                bar.result(&line);
            }
            Err(error) if pictures::is_of_the_picture(&error, path) => {
                errors += 1;
                if args.json {
                    bar.result(
                        &json!({ "path": path.display().to_string(), "error": error.to_string() })
                            .to_string(),
                    );
                }
                bar.line(&format!("twinspect: {error}"));
            }
            Err(error) => return Err(error),
        }
        if total > 1 {
            bar.step("inspecting", number as u64 + 1, total);
        }
        Ok(())
    };
    let decoded = ahead::decoded(&paths, max_pixels).enumerate();
    let decoded = decoded.map(|(number, (path, picture))| ((number, path), picture));
    inspector.inspect_each(decoded, inspected)?;
    drop(bar);
    if inspector.drift().is_some_and(Drift::is_found) {
        eprintln!(
            "twinspect: good parts no longer score as they did when the model was fitted: see `twinspect drift --help`"
        );
    }
    if !args.json && paths.len() > 1 {
        eprintln!(
            "{} pictures: {} good, {not_good} not good, {errors} not inspected",
            paths.len(),
            paths.len() - not_good - errors
        );
    }
    Ok(match (errors, not_good) {
        (0, 0) => ExitCode::SUCCESS,
        (0, _) => ExitCode::from(NOT_GOOD),
        _ => ExitCode::from(ERROR),
    })
}

fn as_text(path: &Path, inspection: &Inspection, model: &Model) -> String {
    let threshold = inspection
        .thresholds
        .image
        .map_or("none".to_owned(), |threshold| format!("{threshold:.2}"));
    let regions = match inspection.regions.len() {
        _ if inspection.verdict == Verdict::Good => String::new(),
        0 => String::new(),
        1 => "  1 region".to_owned(),
        count => format!("  {count} regions"),
    };
    let lost = if model.recipe().registration.is_some() && inspection.registration.is_none() {
        "  not registered"
    } else {
        ""
    };
    let health = inspection.health.as_ref();
    let wrong: String = health
        .map_or_else(Vec::new, Health::sentences)
        .iter()
        .map(|sentence| format!("\n           {sentence}"))
        .collect();
    format!(
        "{:9}  score {:7.2}  threshold {threshold}  {}{regions}{lost}{wrong}",
        inspection.verdict.word(),
        inspection.score,
        path.display()
    )
}

fn as_json(
    path: &Path,
    inspection: &Inspection,
    model: &Model,
    heat_map: Option<&Path>,
) -> Result<Value> {
    let mut line = inspection.to_json(model)?;
    line["path"] = path.display().to_string().into();
    if let Some(heat_map) = heat_map {
        line["heatmap"] = heat_map.display().to_string().into();
    }
    Ok(line)
}

/// Where each picture's heat map goes, decided before any work.
struct HeatMaps {
    targets: Vec<PathBuf>,
}

impl HeatMaps {
    /// `STEM.png` in `folder`, which is made; pictures of one name from several folders get a number each.
    ///
    /// Errors: `InvalidArgument` if a heat map would replace a picture that is inspected, `Io`.
    fn plan(folder: &Path, pictures: &[PathBuf]) -> Result<Self> {
        fs::create_dir_all(folder)
            .map_err(|error| Error::io(&error, "make the folder of heat maps", folder))?;
        remove_abandoned(folder);
        let inspected: HashSet<PathBuf> = pictures
            .iter()
            .filter_map(|path| fs::canonicalize(path).ok())
            .collect();
        let mut taken = HashSet::new();
        let mut targets = Vec::with_capacity(pictures.len());
        for picture in pictures {
            let stem = picture
                .file_stem()
                .unwrap_or(picture.as_os_str())
                .to_string_lossy()
                .into_owned();
            let mut target = folder.join(format!("{stem}.png"));
            for number in 2.. {
                if taken.insert(target.clone()) {
                    break;
                }
                target = folder.join(format!("{stem}_{number}.png"));
            }
            if fs::canonicalize(&target).is_ok_and(|path| inspected.contains(&path)) {
                let message = "the heat map would replace a picture that is inspected";
                return Err(Error::new(ErrorKind::InvalidArgument, message)
                    .at(target)
                    .hint("Name another folder with --heatmaps."));
            }
            targets.push(target);
        }
        Ok(Self { targets })
    }

    fn write(&self, number: usize, picture: &Picture, inspection: &Inspection) -> Result<&Path> {
        let threshold = inspection.thresholds.of_heat_map()?;
        let mut drawn = picture.view().to_rgb8()?;
        render::draw_heat(&mut drawn, inspection.map.view(), threshold)?;
        let target = &self.targets[number];
        let mut png = Cursor::new(Vec::new());
        drawn
            .write_to(&mut png, ImageFormat::Png)
            .map_err(|error| {
                let message = format!("cannot write the heat map: {error}");
                Error::new(ErrorKind::Io, message).at(target)
            })?;
        replace_unsynced("the heat map", target, png.get_ref())?;
        Ok(target)
    }
}
