//! `twinspect calibrate`: thresholds of a model moved by pictures that it has not learned from.

mod held_out;
mod report;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use twinspect::image::list_pictures;
use twinspect::model::file::check_target;
use twinspect::model::{Model, Moved, Origin, Thresholds};
use twinspect::verdict::Separation;
use twinspect::{Error, ErrorKind, Result};

use crate::settings::Settings;
use crate::{ERROR, output};

use held_out::{HeldOut, Seen};
use report::Report;

const EXAMPLES: &str = "\
Examples:
  twinspect calibrate part.twin --good good_of_today/
  twinspect calibrate part.twin --good good_of_today/ --rate 0.01
  twinspect calibrate part.twin --good good_of_today/ --bad defects/ -o strict.twin

The rule, with good pictures alone: the threshold that a share of --rate of good parts will reach,
as fit finds it, but from the scores of these pictures and of no others. They are held out, and
show light and camera as they are now.

The rule, with defective pictures too: if all of them score higher than all good ones, the
geometric middle between the highest good and the lowest defective score; otherwise the threshold
with the least share of false alarms + cost * share of misses, in the geometric middle of its gap
between two scores. The threshold of the map, which marks regions, moves by the same rule on the
highest values of the maps.

Only thresholds move: what was learned, and with it every score, stays as it is. Pictures that the
model has learned from, and those that are undecided because no lead image matches, take no part;
that is said. The file is replaced in one step, or left as it is. twinspect add finds thresholds
anew and does not keep moved ones.

Exit status: 0, or 2 if a picture or the model could not be read or written.";

/// Arguments of `twinspect calibrate`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The model
    model: PathBuf,
    /// Folder of pictures of good parts that the model has not learned from
    #[arg(long, value_name = "DIR")]
    good: PathBuf,
    /// Folder of pictures of defective parts
    #[arg(long, value_name = "DIR")]
    bad: Option<PathBuf>,
    /// Where the new model is written, in place of the old one
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Share of good parts that may be called defective, in place of the model's own
    #[arg(long, value_name = "X", value_parser = rate, conflicts_with = "bad")]
    rate: Option<f64>,
    /// What a missed defect costs, in false alarms; 1 without it
    #[arg(long, value_name = "X", value_parser = cost, requires = "bad")]
    cost: Option<f64>,
    /// Print the result as one line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

fn rate(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (1e-6..=0.5).contains(&value) => Ok(value),
        _ => Err("a rate is a number from 0.000001 to 0.5".to_owned()),
    }
}

fn cost(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value > 0.0 => Ok(value),
        _ => Err("a cost is a number above 0".to_owned()),
    }
}

/// Moves the thresholds, saves, and says what that changes.
pub fn run(args: &Args) -> Result<ExitCode> {
    let options = args.settings.options(true)?;
    let target = args.output.as_ref().unwrap_or(&args.model);
    check_target(target)?;
    // Before the model is loaded: an empty folder needs no waiting.
    let good = list_pictures(&args.good)?.pictures;
    let bad = args.bad.as_deref().map(list_pictures).transpose()?;
    let bad = bad.map_or_else(Vec::new, |listing| listing.pictures);
    let model = Arc::new(Model::load(&args.model, &options)?);
    let max_pixels = options.int("image.max_pixels")? as u64;
    let mut held_out = HeldOut::new(Arc::clone(&model), &options, max_pixels)?;
    let good = held_out.at("good parts", &good)?;
    let bad_given = !bad.is_empty();
    let bad = held_out.at("defective parts", &bad)?;
    let usable = |seen: &Seen, folder: &Path| match seen.scores.len() {
        0 => Err(Error::new(
            ErrorKind::TooFewImages,
            "none of its pictures says anything about the thresholds",
        )
        .at(folder)
        .hint("They could not be read, were learned from before, or match no lead image.")),
        _ => Ok(()),
    };
    let left_out = held_out.left_out;
    // Its bar must not stand in what is printed.
    drop(held_out);
    usable(&good, &args.good)?;
    if let (true, Some(folder)) = (bad_given, &args.bad) {
        usable(&bad, folder)?;
    }

    let (thresholds, origin) = if bad_given {
        between(&good, &bad, args.cost.unwrap_or(1.0))?
    } else {
        let rate = args.rate.unwrap_or(model.recipe().false_alarm_rate);
        let origin = Origin::of_scores(&good.scores, &good.peaks, rate)?;
        (origin.thresholds(), origin)
    };
    if thresholds.image.is_none() || thresholds.pixel.is_none() {
        let message = format!(
            "{} good pictures are too few for a threshold at this rate",
            good.scores.len()
        );
        return Err(Error::new(ErrorKind::TooFewImages, message)
            .at(&args.good)
            .hint("Give more good parts, or allow a higher --rate."));
    }
    let origin = Origin {
        moved: Some(Moved::today(good.scores.len(), bad.scores.len())),
        ..origin
    };
    let moved = model.with_thresholds(thresholds, origin)?;
    moved.save(target)?;
    let scores = Separation {
        good: &good.scores,
        bad: &bad.scores,
        cost: 1.0,
    };
    let report = Report {
        before: model.thresholds(),
        moved: &moved,
        scores,
        left_out,
    };
    if args.json {
        output::line(report.as_json(target));
    } else {
        report.print(target);
    }
    Ok(if left_out.unreadable == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(ERROR)
    })
}

/// The thresholds between good and defective parts.
fn between(good: &Seen, bad: &Seen, cost: f64) -> Result<(Thresholds, Origin)> {
    let threshold = |good, bad| Separation { good, bad, cost }.threshold();
    let thresholds = Thresholds {
        image: Some(threshold(&good.scores, &bad.scores)?),
        pixel: Some(threshold(&good.peaks, &bad.peaks)?),
    };
    Ok((thresholds, Origin::default()))
}
