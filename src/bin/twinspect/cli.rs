//! What can be typed.

use clap::{Parser, Subcommand};

use crate::{add, calibrate, demo, drift, evaluate, fit, info, inspect, shadow_report, weights};

/// Finds defects in pictures of manufactured parts without training: some tens of pictures of good parts are enough.
#[derive(Parser)]
#[command(version, about, after_help = EXAMPLES, max_term_width = 110)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  twinspect weights get efficientnet-lite0       fetch the network's weights, once
  twinspect fit good/ -o part.twin               learn what good parts look like
  twinspect inspect part.twin new/*.png          good or defect?
  twinspect inspect part.twin new/ --heatmaps out/ --json

Exit status: 0 all good, 1 a picture is not good or good parts drift, 2 an error.";

#[derive(Subcommand)]
pub enum Command {
    /// Learn from a folder of pictures of good parts
    Fit(fit::Args),
    /// Say of each picture whether the part is good
    Inspect(inspect::Args),
    /// Add more good parts to a model, without fitting again what did not change
    Add(add::Args),
    /// Move the thresholds by pictures that the model has not learned from, good and perhaps defective ones
    Calibrate(calibrate::Args),
    /// Say whether good parts still score as they did: a lamp that ages shows before parts are called defective
    Drift(drift::Args),
    /// Show what a model has learned
    Info(info::Args),
    /// Measure recipes on a data set whose truth is known: table, plots, false alarms and misses
    Evaluate(evaluate::Args),
    /// Say where a variation model's gray values and features disagreed on a line, with the pictures and a threshold
    ShadowReport(shadow_report::Args),
    /// List, fetch, import and verify the weights of pretrained networks
    Weights(weights::WeightsArgs),
    /// Draw parts, learn them, find the defects: the whole program in a minute
    Demo(demo::Args),
}

impl Command {
    /// Whether it runs a network.
    pub fn computes(&self) -> bool {
        matches!(
            self,
            Self::Fit(_)
                | Self::Inspect(_)
                | Self::Add(_)
                | Self::Calibrate(_)
                | Self::Drift(_)
                | Self::Evaluate(_)
                | Self::Demo(_)
        )
    }
}
