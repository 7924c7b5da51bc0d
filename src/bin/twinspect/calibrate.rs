//! `twinspect calibrate`: thresholds of a model moved by pictures that it has not learned from.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Value, json};
use twinspect::image::{decode_file, list_pictures};
use twinspect::metrics::clopper_pearson;
use twinspect::model::file::check_target;
use twinspect::model::{Inspector, Model, Moved, Origin, Thresholds};
use twinspect::progress::Progress;
use twinspect::verdict::{Mistakes, Separation, Verdict};
use twinspect::{Error, ErrorKind, Result};

use crate::bar::Bar;
use crate::settings::Settings;
use crate::{ERROR, output, pictures, threshold};

const EXAMPLES: &str = "\
Examples:
  twinspect calibrate part.twin --good good_of_today/
  twinspect calibrate part.twin --good good_of_today/ --rate 0.01
  twinspect calibrate part.twin --good good_of_today/ --bad defects/ -o strict.twin

The rule. With good pictures alone: the threshold that a share of --rate of good parts will reach, as fit finds it, but from
the scores of these pictures and of no others; they are new, and show light and camera as they are now. With defective
pictures too: if all of them score higher than all good ones, the geometric middle between the highest good and the lowest
defective score; otherwise the threshold with the least share of false alarms + cost * share of misses, in the geometric middle
of its gap between two scores. The threshold of the map, which marks regions, moves by the same rule on the maps' highest values.

Only thresholds move: what was learned, and with it every score, stays as it is. Pictures that the model has learned from, and
those that are undecided because no lead image matches, are named or counted and take no part. The file is replaced in one
step, or left as it is. twinspect add finds thresholds anew and does not keep moved ones.

Exit status: 0, or 2 if a picture or the model could not be read or written.";

/// How sure the intervals of counted rates are.
const CONFIDENCE: f64 = 0.95;

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
    let mut looking = Looking {
        inspector: Inspector::new(Arc::clone(&model), &options)?,
        max_pixels: options.int("image.max_pixels")? as u64,
        bar: Bar::new(),
        unreadable: 0,
        learned: 0,
        undecided: 0,
    };
    // No threshold decides anything here, and no regions are wanted.
    looking
        .inspector
        .set_thresholds(Some(f32::MAX), Some(f32::MAX));
    let good = looking.at("good parts", &good)?;
    let bad_given = !bad.is_empty();
    let bad = looking.at("defective parts", &bad)?;
    let usable = |seen: &Seen, folder: &Path| match seen.scores.len() {
        0 => Err(Error::new(
            ErrorKind::TooFewImages,
            "none of its pictures says anything about the thresholds",
        )
        .at(folder)
        .hint("They could not be read, were learned from before, or match no lead image.")),
        _ => Ok(()),
    };
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
            "{} good parts are too few for a threshold at this rate",
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
    let Looking {
        unreadable,
        learned,
        undecided,
        ..
    } = looking;
    let report = Report {
        before: model.thresholds(),
        moved: &moved,
        scores,
        learned,
        undecided,
        unreadable,
    };
    if args.json {
        output::line(report.as_json(target));
    } else {
        report.print(target);
    }
    Ok(if unreadable == 0 {
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

/// What pictures say about thresholds.
#[derive(Default)]
struct Seen {
    scores: Vec<f32>,
    /// The highest value of each map.
    peaks: Vec<f32>,
}

/// Inspects pictures for their scores, and counts those that have none to use.
struct Looking {
    inspector: Inspector,
    max_pixels: u64,
    bar: Bar,
    unreadable: usize,
    learned: usize,
    undecided: usize,
}

impl Looking {
    fn at(&mut self, what: &str, paths: &[PathBuf]) -> Result<Seen> {
        let mut seen = Seen::default();
        for (number, path) in paths.iter().enumerate() {
            let stage = format!("inspecting {what}");
            self.bar.step(&stage, number as u64, paths.len() as u64);
            match self.one(path) {
                Ok(Some((score, peak))) => {
                    seen.scores.push(score);
                    seen.peaks.push(peak);
                }
                Ok(None) => {}
                Err(error) if pictures::is_of_the_picture(&error, path) => {
                    self.unreadable += 1;
                    self.bar.line(&format!("twinspect: left out: {error}"));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(seen)
    }

    /// Score and peak; none if the picture says nothing about thresholds.
    fn one(&mut self, path: &Path) -> Result<Option<(f32, f32)>> {
        let picture = decode_file(path, self.max_pixels)?;
        let of_path = |error: Error| error.at(path);
        if let Some(twin) = self.inspector.learned(&picture.view()).map_err(of_path)? {
            let line = format!(
                "twinspect: left out: {}: the model has learned from it, as '{}'",
                path.display(),
                twinspect::model::file::escaped(twin)
            );
            self.learned += 1;
            self.bar.line(&line);
            return Ok(None);
        }
        let found = self.inspector.inspect(&picture.view(), None);
        let found = found.map_err(of_path)?;
        if found.verdict == Verdict::Undecided {
            self.undecided += 1;
            return Ok(None);
        }
        let peak = found.map.iter().copied().fold(0.0, f32::max);
        Ok(Some((found.score, peak)))
    }
}

/// What was changed, and what that does to the pictures that it was changed by.
struct Report<'a> {
    before: Thresholds,
    moved: &'a Model,
    scores: Separation<'a>,
    learned: usize,
    undecided: usize,
    unreadable: usize,
}

impl Report<'_> {
    fn mistakes(&self) -> [Mistakes; 2] {
        let after = self.moved.thresholds();
        [self.before, after].map(|thresholds| self.scores.mistakes(thresholds.image))
    }

    fn as_json(&self, path: &Path) -> Value {
        let after = self.moved.thresholds();
        let (good, bad) = (self.scores.good.len(), self.scores.bad.len());
        let [was, is] = self.mistakes();
        let rate = |count: usize, of: usize| {
            let interval = clopper_pearson(count as u64, of as u64, CONFIDENCE);
            json!({ "count": count, "of": of, "interval": interval.map(|rate| [rate.low, rate.high]) })
        };
        json!({
            "model": path.display().to_string(), "good": good, "bad": bad,
            "learned": self.learned, "undecided": self.undecided, "unreadable": self.unreadable,
            "threshold": { "before": self.before.image, "after": after.image },
            "pixel_threshold": { "before": self.before.pixel, "after": after.pixel },
            "false_alarms": { "before": rate(was.false_alarms, good), "after": rate(is.false_alarms, good) },
            "misses": { "before": rate(was.misses, bad), "after": rate(is.misses, bad) },
            "calibration": self.moved.origin(),
        })
    }

    fn print(&self, path: &Path) {
        let after = self.moved.thresholds();
        let (good, bad) = (self.scores.good.len(), self.scores.bad.len());
        let [was, is] = self.mistakes();
        if let Some(moved) = &self.moved.origin().moved {
            let pictures = threshold::pictures(moved);
            output::line(format_args!(
                "{}: thresholds moved by {pictures}",
                path.display()
            ));
        }
        let row = |what: &str, before: &str, after: &str| {
            output::line(format_args!("{what:14} {before:30} {after}"));
        };
        row("", "before", "after");
        let text = threshold::text;
        row("score", &text(self.before.image), &text(after.image));
        row("map", &text(self.before.pixel), &text(after.pixel));
        let (a, b) = (
            counted(was.false_alarms, good),
            counted(is.false_alarms, good),
        );
        row("false alarms", &a, &b);
        if bad > 0 {
            let (a, b) = (counted(was.misses, bad), counted(is.misses, bad));
            row("misses", &a, &b);
            output::line(if self.scores.is_clean() {
                "every defective part scores higher than every good one: the threshold is the middle between them"
            } else {
                "good and defective scores overlap: the threshold is that with the fewest mistakes"
            });
        }
        if let Some(calibrated) = &self.moved.origin().image {
            threshold::say(calibrated, "");
        }
        for (count, why) in [
            (self.learned, "learned from before, left out"),
            (
                self.undecided,
                "undecided, as no lead image matches, left out",
            ),
            (self.unreadable, "not usable, named above"),
        ] {
            if count > 0 {
                eprintln!("twinspect: pictures {why}: {count}");
            }
        }
    }
}

/// A count of mistakes with the interval in which their true rate lies.
fn counted(count: usize, of: usize) -> String {
    let interval = clopper_pearson(count as u64, of as u64, CONFIDENCE);
    let interval = interval.map_or(String::new(), |rate| {
        let (low, high) = (threshold::percent(rate.low), threshold::percent(rate.high));
        format!(" ({low} to {high})")
    });
    format!("{count} of {of}{interval}")
}
