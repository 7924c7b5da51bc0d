//! What an inspector remembers from picture to picture: the last one's fingerprint, and how the scores of good parts go.

use crate::error::Result;
use crate::image::{FrameStatistics, ImageView, fingerprint};
use crate::model::{Group, Model, NormalImage, given};
use crate::options::Options;
use crate::verdict::{Drift, Health, Limits};

/// Watches the pictures that come, beside the inspection of each.
#[derive(Clone, Debug)]
pub struct Watch {
    limits: Option<Limits>,
    /// Equal pictures before one that make it undecided; 0 = never.
    most_repeats: u32,
    /// Whether what is wrong with a picture makes it undecided.
    pub decides: bool,
    last: Option<u128>,
    repeats: u32,
    /// None if the model has too few scores to compare with.
    pub drift: Option<Drift>,
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
        };
        watch.compare_anew(model, threshold);
        Ok(watch)
    }

    /// Begins to compare scores, with those of the normal images below another threshold.
    pub fn compare_anew(&mut self, model: &Model, threshold: Option<f32>) {
        self.drift = Drift::new(&model.left_out_scores(), threshold).ok();
    }

    /// What is wrong with the next picture; none if its frame was not measured.
    pub fn health(
        &mut self,
        view: &ImageView<'_>,
        frame: Option<FrameStatistics>,
    ) -> Option<Health> {
        let fingerprint = fingerprint(view);
        self.repeats = match self.last {
            Some(last) if last == fingerprint => self.repeats.saturating_add(1),
            _ => 0,
        };
        self.last = Some(fingerprint);
        let health = |frame| Health::new(frame, self.limits, self.repeats, self.most_repeats);
        frame.map(health)
    }

    /// A part is good, and nothing is wrong with its picture.
    pub fn add_good(&mut self, score: f32) {
        if let Some(drift) = &mut self.drift {
            drift.push(score);
        }
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
