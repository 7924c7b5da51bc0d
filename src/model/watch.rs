//! What an inspector remembers from picture to picture, and what that makes of the next one: the last one's fingerprint, and how
//! the scores of good parts go.

use crate::error::Result;
use crate::image::FrameStatistics;
use crate::model::look::Look;
use crate::model::timing::Timing;
use crate::model::{Group, Inspection, Model, NormalImage, Thresholds, given};
use crate::options::Options;
use crate::verdict::{Drift, Health, Limits, Verdict};

/// Watches the pictures that come, beside the inspection of each.
#[derive(Clone, Debug)]
pub struct Watch {
    limits: Option<Limits>,
    /// Equal pictures before one that make it undecided; 0 = never.
    most_repeats: u32,
    /// Whether what is wrong with a picture makes it undecided.
    decides: bool,
    last: Option<u128>,
    repeats: u32,
    /// None if the model has too few scores to compare with.
    pub drift: Option<Drift>,
    /// Of the last picture; none before the first.
    pub timing: Option<Timing>,
}

impl Watch {
    /// Of pictures that are held against this model, and called good below the threshold.
    pub fn new(model: &Model, threshold: Option<f32>, options: &Options) -> Result<Self> {
        let mut watch = Self {
            limits: model.frame_limits(),
            most_repeats: options.int("health.repeats")? as u32,
            decides: options.text("health")? == "decide",
            last: None,
            repeats: 0,
            drift: None,
            timing: None,
        };
        watch.compare_anew(model, threshold);
        Ok(watch)
    }

    /// Begins to compare scores, with those of the normal images below another threshold.
    pub fn compare_anew(&mut self, model: &Model, threshold: Option<f32>) {
        self.drift = Drift::new(&model.left_out_scores(), threshold).ok();
    }

    /// What a look at the next picture comes to.
    pub fn judge(&mut self, look: Look, thresholds: Thresholds) -> Inspection {
        let health = self.health(look.fingerprint, look.frame);
        let is_fine = health.as_ref().is_none_or(Health::is_fine);
        let verdict = if !look.is_recognised || (self.decides && !is_fine) {
            Verdict::Undecided
        } else {
            Verdict::of(look.score, thresholds.image)
        };
        if let (Verdict::Good, true, Some(drift)) = (verdict, is_fine, &mut self.drift) {
            drift.push(look.score);
        }
        self.timing = Some(look.timing);
        Inspection {
            score: look.score,
            verdict,
            health,
            thresholds,
            group: look.group,
            matches: look.matches,
            nearest: look.nearest,
            registration: look.registration,
            map: look.map,
            regions: look.regions,
        }
    }

    /// What is wrong with the next picture; none if its frame was not measured.
    fn health(&mut self, fingerprint: u128, frame: Option<FrameStatistics>) -> Option<Health> {
        self.repeats = match self.last {
            Some(last) if last == fingerprint => self.repeats.saturating_add(1),
            _ => 0,
        };
        self.last = Some(fingerprint);
        frame.map(|frame| Health::new(frame, self.limits, self.repeats, self.most_repeats))
    }
}

impl Model {
    /// What pictures' frames are held against; none if the model is of an old file, which does not know those of its normal
    /// images.
    pub fn frame_limits(&self) -> Option<Limits> {
        let images = self.groups.iter().flat_map(|group| given(&group.images));
        let frames: Vec<FrameStatistics> = images.filter_map(|image| image.frame).collect();
        Limits::of(&frames)
    }

    /// Scores of the normal images, each against all others: those that say how a good part scores.
    pub fn left_out_scores(&self) -> Vec<f32> {
        let groups = self.groups.iter();
        typical(groups.map(AsRef::as_ref))
            .map(|image| image.score)
            .collect()
    }
}

/// The normal images whose scores say how a good part scores.
pub fn typical<'a>(
    groups: impl Iterator<Item = &'a Group>,
) -> impl Iterator<Item = &'a NormalImage> {
    groups.flat_map(|group| {
        let images = group.images.iter().enumerate();
        images
            .filter(|(place, _)| group.is_typical(*place))
            .map(|(_, image)| image)
    })
}
