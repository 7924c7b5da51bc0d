//! `twinspect drift`: whether good parts still score as they did when the model was fitted.

mod scored;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};
use twinspect::files::replace;
use twinspect::model::Model;
use twinspect::model::file::escaped;
use twinspect::verdict::Drift;
use twinspect::{Error, ErrorKind, Result};

use crate::chart::{Axis, Frame, Pen, chart};
use crate::output;
use crate::settings::Settings;
use scored::{Counts, Scored};

/// Exit status if a drift was found.
const FOUND: u8 = 1;

const EXAMPLES: &str = "\
Examples:
  twinspect inspect part.twin today/ --json > today.jsonl
  twinspect drift part.twin yesterday.jsonl today.jsonl
  twinspect drift part.twin today/ --chart drift.svg      inspects the pictures itself, in the order of their names
  tail -n 500 line.jsonl | twinspect drift part.twin - --json | jq .found

Counted are good parts with whose pictures nothing is wrong. Their scores are compared with those that the good parts which the
model has learned from have against each other: by a CUSUM for a rise, and 50 at a time by the Kolmogorov-Smirnov test for any
change. docs/health.md says how often either is wrong. Where a drift is found, look at lamp, lens, fixture and material first;
if parts are as they should be, fit again, or add pictures of today with `twinspect add`.

Exit status: 0 no drift, 1 a drift was found, 2 an error.";

/// Arguments of `twinspect drift`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The model
    model: PathBuf,
    /// What `twinspect inspect --json` has printed, - for standard input; or pictures, or folders of pictures
    #[arg(required = true)]
    scores: Vec<PathBuf>,
    /// Write a chart of the running CUSUM into this file, an SVG
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
    /// Print the result as one line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

/// What was found.
struct Report {
    drift: Drift,
    /// Names of the good parts, in order.
    names: Vec<String>,
    /// The CUSUM after each of them.
    sums: Vec<f64>,
    counts: Counts,
}

/// Compares, and says what was found.
pub fn run(args: &Args) -> Result<ExitCode> {
    let scored = Scored::read(&args.scores, &args.model, &args.settings)?;
    let model = Model::describe(&args.model)?;
    let threshold = scored.threshold.or(model.thresholds.image);
    let drift = Drift::new(&model.left_out_scores(), threshold);
    let report = Report::of(drift.map_err(|error| error.at(&args.model))?, scored);
    if report.names.is_empty() {
        let message = "there is no good part among the pictures";
        return Err(Error::new(ErrorKind::TooFewImages, message).at(&args.scores[0]));
    }
    if let Some(path) = &args.chart {
        replace("the chart", path, report.drawn(&args.model)?.as_bytes())?;
    }
    if args.json {
        output::line(report.as_json());
    } else {
        for line in report.lines() {
            output::line(line);
        }
        if let Some(path) = &args.chart {
            output::line(format_args!("chart: {}", path.display()));
        }
    }
    Ok(match report.drift.is_found() {
        true => ExitCode::from(FOUND),
        false => ExitCode::SUCCESS,
    })
}

impl Report {
    fn of(mut drift: Drift, scored: Scored) -> Self {
        let (mut names, mut sums) = (Vec::new(), Vec::new());
        let mut counts = scored.counts;
        for (name, score) in scored.good {
            let before = drift.parts();
            drift.push(score);
            if drift.parts() == before {
                counts.other += 1;
                continue;
            }
            names.push(name);
            sums.push(drift.cusum());
        }
        Self {
            drift,
            names,
            sums,
            counts,
        }
    }

    /// The name of a part by its number, from 1.
    fn name(&self, number: u64) -> &str {
        let place = (number as usize).checked_sub(1);
        place
            .and_then(|place| self.names.get(place))
            .map_or("", String::as_str)
    }

    fn lines(&self) -> Vec<String> {
        let drift = &self.drift;
        let part = |number: u64| format!("part {number} ({})", escaped(self.name(number)));
        let Counts {
            defect,
            undecided,
            unhealthy,
            errors,
            other,
        } = self.counts;
        let mut lines = vec![
            format!(
                "{} good parts, beside {} that were learned from; not counted: {defect} defective, {undecided} undecided, \
                 {unhealthy} with something wrong with the picture, {errors} not inspected, {other} above the threshold",
                drift.parts(),
                drift.references()
            ),
            format!(
                "CUSUM {:.2}, a rise is found at {}{}",
                drift.cusum(),
                drift.limit(),
                drift.rising_since().map_or(String::new(), |since| format!(
                    "; above 0 since {}",
                    part(since)
                ))
            ),
            match drift.comparison() {
                Some(found) => format!(
                    "Kolmogorov-Smirnov, last {} full: distance {:.3}, p {:.1e}; a change is found below {}",
                    drift.window(),
                    found.distance,
                    found.p,
                    drift.least_p()
                ),
                None => format!("Kolmogorov-Smirnov: no {} good parts yet", drift.window()),
            },
        ];
        match drift.found_at() {
            None => lines.push("no drift".to_owned()),
            Some(_) => {
                if let Some(at) = drift.rise_at() {
                    lines.push(format!("drift: a rise, found at {}", part(at)));
                }
                if let Some(at) = drift.change_at() {
                    lines.push(format!("drift: a change, found at {}", part(at)));
                }
                lines.push(
                    "look at lamp, lens, fixture and material; if parts are as they should be, fit again or add pictures of today"
                        .to_owned(),
                );
            }
        }
        lines
    }

    fn as_json(&self) -> Value {
        let drift = &self.drift;
        let part = |number: Option<u64>| {
            number.map(|number| json!({ "part": number, "path": self.name(number) }))
        };
        let Counts {
            defect,
            undecided,
            unhealthy,
            errors,
            other,
        } = self.counts;
        json!({
            "found": drift.is_found(), "parts": drift.parts(), "references": drift.references(),
            "cusum": {
                "value": drift.cusum(), "limit": drift.limit(), "allowance": drift.allowance(),
                "rising_since": part(drift.rising_since()), "found_at": part(drift.rise_at()),
            },
            "kolmogorov_smirnov": {
                "window": drift.window(), "least_p": drift.least_p(),
                "distance": drift.comparison().map(|found| found.distance), "p": drift.comparison().map(|found| found.p),
                "found_at": part(drift.change_at()),
            },
            "not_counted": {
                "defect": defect, "undecided": undecided, "unhealthy": unhealthy, "errors": errors, "above_threshold": other,
            },
        })
    }

    /// The running CUSUM. Errors: those of the chart.
    fn drawn(&self, model: &Path) -> Result<String> {
        let limit = self.drift.limit();
        let highest = self.sums.iter().copied().fold(limit, f64::max);
        let parts = self.sums.len() as f64;
        let title = format!(
            "{}: {} good parts beside {} that were learned from",
            model.file_name().unwrap_or_default().to_string_lossy(),
            self.sums.len(),
            self.drift.references()
        );
        let whole = |value: &f64| match value.fract() == 0.0 {
            true => format!("{value:.0}"),
            false => String::new(),
        };
        let frame = Frame {
            title: &title,
            legend: vec![
                (Pen::of(0), "CUSUM of the logarithms of scores".to_owned()),
                (Pen::mark(), format!("a rise is found at {limit}")),
            ],
            x: Axis {
                label: "good part",
                range: (0.0, parts),
                ticks: 9,
                text: &whole,
            },
            y: Axis {
                label: "CUSUM (standard deviations)",
                range: (0.0, 1.08 * highest),
                ticks: 8,
                text: &|value| format!("{}", (value * 100.0).round() / 100.0),
            },
        };
        let sums = self.sums.iter().enumerate();
        let line: Vec<(f64, f64)> = std::iter::once((0.0, 0.0))
            .chain(sums.map(|(place, sum)| (place as f64 + 1.0, *sum)))
            .collect();
        chart(&frame, |canvas| {
            canvas.line(Pen::of(0), &line)?;
            canvas.line(Pen::mark(), &[(0.0, limit), (parts, limit)])
        })
    }
}
