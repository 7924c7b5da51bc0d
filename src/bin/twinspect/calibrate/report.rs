//! What moving thresholds changed.

use std::path::Path;

use serde_json::{Value, json};
use twinspect::metrics::clopper_pearson;
use twinspect::model::{Model, Thresholds};
use twinspect::verdict::{Mistakes, Separation};

use super::held_out::LeftOut;
use crate::{output, threshold};

/// How sure the intervals of counted rates are.
const CONFIDENCE: f64 = 0.95;

/// What was changed, and what that does to the pictures that it was changed by.
pub struct Report<'a> {
    /// The thresholds that were.
    pub before: Thresholds,
    /// The model with those that are.
    pub moved: &'a Model,
    /// Of the pictures that moved them.
    pub scores: Separation<'a>,
    /// Pictures that took no part.
    pub left_out: LeftOut,
}

impl Report<'_> {
    fn mistakes(&self) -> [Mistakes; 2] {
        let after = self.moved.thresholds();
        [self.before, after].map(|thresholds| self.scores.mistakes(thresholds.image))
    }

    /// As one object; `path` is where the model was written.
    pub fn as_json(&self, path: &Path) -> Value {
        let after = self.moved.thresholds();
        let (good, bad) = (self.scores.good.len(), self.scores.bad.len());
        let [was, is] = self.mistakes();
        let rate = |count: usize, of: usize| {
            let interval = clopper_pearson(count as u64, of as u64, CONFIDENCE);
            json!({ "count": count, "of": of, "interval": interval.map(|rate| [rate.low, rate.high]) })
        };
        json!({
            "model": path.display().to_string(), "good": good, "bad": bad,
            "learned": self.left_out.learned, "undecided": self.left_out.undecided, "unreadable": self.left_out.unreadable,
            "threshold": { "before": self.before.image, "after": after.image },
            "pixel_threshold": { "before": self.before.pixel, "after": after.pixel },
            "false_alarms": { "before": rate(was.false_alarms, good), "after": rate(is.false_alarms, good) },
            "misses": { "before": rate(was.misses, bad), "after": rate(is.misses, bad) },
            "calibration": self.moved.origin(),
        })
    }

    /// In words.
    pub fn print(&self, path: &Path) {
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
            (self.left_out.learned, "learned from before, left out"),
            (
                self.left_out.undecided,
                "undecided, as no lead image matches, left out",
            ),
            (self.left_out.unreadable, "not usable, named above"),
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
