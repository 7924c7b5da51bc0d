//! `twinspect demo`: draw parts, learn them, find the defects, and show it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use image::RgbImage;
use serde_json::json;
use twinspect::files::replace;
use twinspect::image::{ImageView, PixelFormat};
use twinspect::map::render;
use twinspect::model::{Fitter, Inspection, Inspector, Model};
use twinspect::progress::Progress;
use twinspect::verdict::Verdict;
use twinspect::{Error, ErrorKind, Result};

use super::sheet::{self, Cell};
use super::{DefectKind, DemoPicture, good_parts, test_parts};
use crate::bar::Bar;
use crate::output;
use crate::page::Encoding;
use crate::settings::Settings;

/// Good parts that are learned.
const GOOD_PARTS: usize = 40;

const EXAMPLES: &str = "\
Examples:
  twinspect demo
  twinspect demo -o plates --seed 7

Afterwards the folder holds everything to go on with:
  twinspect inspect demo/part.twin demo/test --heatmaps out
  twinspect fit demo/good -o part.twin";

/// Arguments of `twinspect demo`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folder for pictures, model and heat maps, which is made
    #[arg(short, long, value_name = "DIR", default_value = "demo")]
    output: PathBuf,
    /// Other pictures of the same part
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print one JSON object a picture
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

/// Draws, fits, inspects, and prints truth and verdict of each test picture.
pub fn run(args: &Args) -> Result<ExitCode> {
    let options = args.settings.options(false)?;
    let mut fitter = Fitter::new(&options)?;
    let mut bar = Bar::new();

    let folder = Folder::make(&args.output)?;
    for (number, part) in good_parts(args.seed, GOOD_PARTS).enumerate() {
        bar.step("learning good parts", number as u64, GOOD_PARTS as u64);
        folder.save(&part.image, "good", &part.name)?;
        fitter.add(&view(&part.image)?, None, &part.name)?;
    }
    let model = Arc::new(fitter.fit(&mut bar)?);
    model.save(&folder.0.join("part.twin"))?;

    let tests = test_parts(args.seed);
    let mut inspector = Inspector::new(Arc::clone(&model), &options)?;
    let mut cells = Vec::new();
    for (number, part) in tests.iter().enumerate() {
        bar.step("inspecting", number as u64, tests.len() as u64);
        let inspection = inspector.inspect(&view(&part.image)?, None)?;
        let cell = cell(part, &inspection, &model)?;
        folder.save(&part.image, "test", &part.name)?;
        folder.save(&cell.heat, "heatmaps", &part.name)?;
        bar.result(&line(part, &inspection, &cell, args.json));
        cells.push(cell);
    }
    drop(bar);

    let right = cells.iter().filter(|cell| cell.is_right).count();
    let title = format!(
        "twinspect demo: {GOOD_PARTS} good parts learned, {} inspected, {right} judged right",
        cells.len()
    );
    let page = folder.0.join("sheet.jpg");
    let bytes = sheet::contact_sheet(&title, &cells).encoded(Encoding::Jpeg)?;
    replace("the sheet", &page, &bytes)?;
    if !args.json {
        output::line(format_args!("{right} of {} judged right", cells.len()));
        output::line(format_args!("look at {}", page.display()));
    }
    Ok(ExitCode::SUCCESS)
}

fn view(picture: &RgbImage) -> Result<ImageView<'_>> {
    ImageView::packed(
        PixelFormat::Rgb8,
        picture.width(),
        picture.height(),
        picture.as_raw(),
    )
}

fn cell(part: &DemoPicture, inspection: &Inspection, model: &Model) -> Result<Cell> {
    let thresholds = model.thresholds();
    let (Some(threshold), Some(pixel)) = (thresholds.image, thresholds.pixel) else {
        return Err(Error::new(
            ErrorKind::State,
            "the demo's model has no threshold",
        ));
    };
    let expected = if part.kind.is_some() {
        Verdict::Defect
    } else {
        Verdict::Good
    };
    Ok(Cell {
        picture: part.image.clone(),
        heat: render::heat_map(&part.image, inspection.map.view(), pixel)?,
        title: part.name.clone(),
        truth: part.kind.map_or("good", DefectKind::label).to_owned(),
        verdict: inspection.verdict.word().to_owned(),
        is_right: inspection.verdict == expected,
        score: inspection.score,
        threshold,
    })
}

fn line(part: &DemoPicture, inspection: &Inspection, cell: &Cell, as_json: bool) -> String {
    let place = part.kind.map(|_| touches_defect(part, inspection));
    if as_json {
        return json!({
            "path": part.name, "truth": cell.truth, "score": cell.score, "verdict": cell.verdict,
            "threshold": cell.threshold, "right": cell.is_right, "region_on_defect": place,
        })
        .to_string();
    }
    let place = match place {
        Some(true) => "region on the defect",
        Some(false) => "no region on the defect",
        None => "",
    };
    let right = if cell.is_right { "right" } else { "WRONG" };
    format!(
        "{:27} truth {:13} score {:6.2} of {:.2}  {:9}  {right}  {place}",
        part.name, cell.truth, cell.score, cell.threshold, cell.verdict
    )
}

/// Whether a defect region covers any pixel that was drawn differently.
fn touches_defect(part: &DemoPicture, inspection: &Inspection) -> bool {
    let runs = inspection.regions.iter().flat_map(|region| &region.runs);
    runs.into_iter().any(|run| {
        let marked = |x: i32| part.mask.get_pixel(x as u32, run.row as u32)[0] > 0;
        (run.column_begin..=run.column_end).any(marked)
    })
}

/// Where the demo puts what it made.
struct Folder(PathBuf);

impl Folder {
    fn make(path: &Path) -> Result<Self> {
        for part in ["good", "test", "heatmaps"] {
            let folder = path.join(part);
            std::fs::create_dir_all(&folder)
                .map_err(|error| Error::io(&error, "make the folder", &folder))?;
        }
        Ok(Self(path.to_owned()))
    }

    fn save(&self, picture: &RgbImage, folder: &str, name: &str) -> Result<()> {
        let path = self.0.join(folder).join(name);
        let cannot = |error| {
            Error::new(ErrorKind::Io, format!("cannot write the picture: {error}")).at(&path)
        };
        picture.save(&path).map_err(cannot)
    }
}
