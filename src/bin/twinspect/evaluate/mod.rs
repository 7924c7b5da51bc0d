//! `twinspect evaluate`: a data set whose truth is known, to a table.

mod cost;
mod fingerprint;
mod layout;
mod notes;
mod plan;
mod plots;
mod published;
mod record;
mod run;
mod shots;
mod store;
mod sweep;
mod tables;
mod trial;
mod truth;

use std::path::PathBuf;

use clap::builder::RangedU64ValueParser;

pub use run::run;

use crate::settings::Settings;
use shots::Shots;
use sweep::Sweep;

const EXAMPLES: &str = "\
Examples:
  twinspect evaluate mvtec/ --recipe default --recipe paper
  twinspect evaluate mvtec/bottle --shots 1,2,4,8,full --seeds 3
  twinspect evaluate mvtec/ --categories bottle,screw --recipe paper --sweep adaptor.patch=1,3,5,7
  twinspect evaluate mine/ --json | jq .image.auroc

A folder is read as MVTec AD lays it out (train/good, test/KIND, ground_truth/KIND), VisA (split_csv/1cls.csv, or folders),
BTAD (train/ok, test/ko), or as two folders good and bad with masks if there are any: then half of the good parts is fitted
and the other half tested. It may be one category or a folder of them.

The report has the table (index.html, results.md, results.csv, results.json) and plots as SVG. A trial that is finished is kept in
trials/ and is not run again, unless the program, an option or a file has changed. With --json each trial is an object on a
line of its own, as soon as it is finished.

Exit status: 0, or 2 for an error (the other trials are run all the same).";

/// Arguments of `twinspect evaluate`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folder of the data set, or of one category
    root: PathBuf,
    /// Try the options of this recipe; may be repeated
    #[arg(long = "recipe", value_name = "NAME", default_value = "default")]
    recipes: Vec<String>,
    /// Only these categories, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    categories: Vec<String>,
    /// How many good parts to learn from, separated by commas: numbers, or full
    #[arg(
        long,
        value_name = "COUNTS",
        value_delimiter = ',',
        default_value = "full"
    )]
    shots: Vec<Shots>,
    /// Try an option at several values, for instance --sweep adaptor.patch=1,3,5; may be repeated, one option varies at a time
    #[arg(long = "sweep", value_name = "KEY=V1,V2")]
    sweeps: Vec<Sweep>,
    /// Draw the good parts so many times, for --shots
    #[arg(long, value_name = "N", default_value = "1", value_parser = RangedU64ValueParser::<u64>::new().range(1..=1000))]
    seeds: u64,
    /// Folder of the report, which is made
    #[arg(short, long, value_name = "DIR", default_value = "report")]
    output: PathBuf,
    /// Print one JSON object a trial in place of the table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}
