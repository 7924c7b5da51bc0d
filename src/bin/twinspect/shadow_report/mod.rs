//! `twinspect shadow-report`: what two engines said of the same pictures, where they differ, and which threshold would do.

mod page;
mod suggestion;
mod tally;

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};
use twinspect::files::replace;
use twinspect::legacy::shadow::{self, Row};
use twinspect::model::file::escaped;
use twinspect::{Error, ErrorKind, Result};

use crate::{output, threshold};
use suggestion::Suggestion;
use tally::{COLUMNS, ROWS, Tally};

const EXAMPLES: &str = "\
Examples:
  twinspect shadow-report shadow/
  twinspect shadow-report shadow/ --rate 0.001 -o report.html
  twinspect shadow-report shadow/ --json | jq .suggested.abs_threshold

The folder is the one that the option shadow.folder names while a variation model compares both gray values and features
(variation.engine=both); a line may go on writing to it. The page shows the pictures that they disagree about: look whether the
pixels missed a defect, or the features called a good part defective. The suggested threshold is the abs_threshold for
tsp_variation_prepare once variation.engine is features, with the same var_threshold.";

/// Arguments of `twinspect shadow-report`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The folder
    folder: PathBuf,
    /// Share of good parts that may be called defective by the suggested threshold
    #[arg(long, value_name = "X", default_value = "0.01", value_parser = rate)]
    rate: f64,
    /// Where to write the page; report.html in the folder without it
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print the result as one line of JSON
    #[arg(long)]
    json: bool,
}

fn rate(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (1e-6..=0.5).contains(&value) => Ok(value),
        _ => Err("a rate is a number from 0.000001 to 0.5".to_owned()),
    }
}

/// What the page and the terminal say.
struct Report {
    rows: Vec<Row>,
    tally: Tally,
    suggestion: Option<Suggestion>,
}

/// Counts, suggests, and writes the page.
pub fn run(args: &Args) -> Result<ExitCode> {
    let rows = shadow::read(&args.folder)?;
    if rows.is_empty() {
        let message = "no picture was compared yet";
        return Err(Error::new(ErrorKind::TooFewImages, message).at(&args.folder));
    }
    let report = Report {
        tally: Tally::of(&rows),
        suggestion: Suggestion::of(&rows, args.rate)?,
        rows,
    };
    let default = args.folder.join("report.html");
    let path = args.output.as_ref().unwrap_or(&default);
    let page = page::page(&report, &args.folder, path);
    replace("the page", path, page.as_bytes())?;
    if args.json {
        output::line(report.as_json());
    } else {
        for line in report.lines() {
            output::line(line);
        }
        output::line(format_args!("page: {}", path.display()));
    }
    Ok(ExitCode::SUCCESS)
}

impl Report {
    fn as_json(&self) -> Value {
        let Tally {
            counts,
            agreeing,
            of,
        } = &self.tally;
        let row = |place: usize| {
            let cells = COLUMNS.iter().zip(counts[place]);
            cells
                .map(|(name, count)| ((*name).to_owned(), json!(count)))
                .collect::<serde_json::Map<_, _>>()
        };
        json!({
            "pictures": of, "agreeing": agreeing,
            "first": self.rows[0].time, "last": self.rows[self.rows.len() - 1].time,
            "pixels_good": row(0), "pixels_defect": row(1),
            "kept": self.kept().count(),
            "suggested": self.suggestion.as_ref().map(|found| json!({
                "abs_threshold": found.calibrated.threshold, "calibration": found.calibrated, "set_aside": found.set_aside,
                "good_called_defective": found.false_alarms, "defective_called_good": found.misses,
            })),
        })
    }

    /// Pictures that the engines disagree about and that were kept.
    fn kept(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.picture.is_some())
    }

    fn lines(&self) -> Vec<String> {
        let Tally {
            counts,
            agreeing,
            of,
        } = &self.tally;
        let (first, last) = (
            escaped(&self.rows[0].time),
            escaped(&self.rows[self.rows.len() - 1].time),
        );
        let mut lines = vec![
            format!("{of} pictures, {first} to {last}"),
            format!(
                "{:<22}{}",
                "",
                COLUMNS.map(|name| format!("{name:>18}")).concat()
            ),
        ];
        for (name, counts) in ROWS.iter().zip(counts) {
            let cells = counts.map(|count| format!("{count:>18}")).concat();
            lines.push(format!("{name:<22}{cells}"));
        }
        let share = threshold::percent(*agreeing as f64 / *of as f64);
        let kept = self.kept().count();
        lines.push(format!(
            "both say the same of {agreeing} ({share}); {kept} of the others were kept as pictures"
        ));
        lines.extend(self.advice());
        lines
    }

    /// What to do with the threshold, in words.
    fn advice(&self) -> Vec<String> {
        let Some(found) = &self.suggestion else {
            let few = "no threshold can be suggested: too few pictures that the pixels call good were compared".to_owned();
            return vec![few];
        };
        let calibrated = &found.calibrated;
        let (low, high) = calibrated.interval;
        let mut lines = vec![
            format!(
                "suggested abs_threshold for features: {:.3}, with the same var_threshold",
                calibrated.threshold
            ),
            format!(
                "  set for {} of good parts to be called defective, by {} pictures that the pixels call good; the true rate lies \
                 between {} and {} (90 %)",
                threshold::percent(calibrated.false_alarm_rate),
                calibrated.scores,
                threshold::percent(low),
                threshold::percent(high)
            ),
            format!(
                "  beyond it lie {} of {} that the pixels call good, and {} of {} that they call defective",
                found.false_alarms,
                found.good,
                found.bad - found.misses,
                found.bad
            ),
        ];
        if found.set_aside > 0 {
            lines.push(format!(
                "  {} that the pixels call good stand apart from the others and took no part: look whether they are",
                found.set_aside
            ));
        }
        lines
    }
}
