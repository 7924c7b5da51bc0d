//! Pictures that a model has not learned from, and what they score.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use twinspect::image::decode_file;
use twinspect::model::file::escaped;
use twinspect::model::{Inspector, Model};
use twinspect::options::Options;
use twinspect::progress::Progress;
use twinspect::verdict::Verdict;
use twinspect::{Error, Result};

use crate::bar::Bar;
use crate::pictures;

/// What pictures say about thresholds.
#[derive(Default)]
pub struct Seen {
    /// The scores of the usable ones.
    pub scores: Vec<f32>,
    /// The highest value of each map.
    pub peaks: Vec<f32>,
}

/// How many pictures say nothing about thresholds.
#[derive(Clone, Copy, Default)]
pub struct LeftOut {
    /// They could not be read or inspected.
    pub unreadable: usize,
    /// The model has learned from them.
    pub learned: usize,
    /// They match no lead image.
    pub undecided: usize,
}

/// Inspects held-out pictures for their scores, and counts those that have none to use.
pub struct HeldOut {
    inspector: Inspector,
    max_pixels: u64,
    bar: Bar,
    /// Those so far.
    pub left_out: LeftOut,
}

impl HeldOut {
    /// Ready for pictures that `model` may not have learned from.
    pub fn new(model: Arc<Model>, options: &Options, max_pixels: u64) -> Result<Self> {
        let mut inspector = Inspector::new(model, options)?;
        // No threshold decides anything here, and no regions are wanted.
        inspector.set_thresholds(Some(f32::MAX), Some(f32::MAX));
        Ok(Self {
            inspector,
            max_pixels,
            bar: Bar::new(),
            left_out: LeftOut::default(),
        })
    }

    /// Inspects these; one that cannot be used is named. Errors: those that would meet every picture.
    pub fn at(&mut self, what: &str, paths: &[PathBuf]) -> Result<Seen> {
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
                    self.left_out.unreadable += 1;
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
                escaped(twin)
            );
            self.left_out.learned += 1;
            self.bar.line(&line);
            return Ok(None);
        }
        let found = self.inspector.inspect(&picture.view(), None);
        let found = found.map_err(of_path)?;
        if found.verdict == Verdict::Undecided {
            self.left_out.undecided += 1;
            return Ok(None);
        }
        let peak = found.map.iter().copied().fold(0.0, f32::max);
        Ok(Some((found.score, peak)))
    }
}
