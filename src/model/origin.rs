//! Where thresholds come from: the scores of normal images, or pictures by which they were moved.

use std::sync::Arc;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::model::watch::typical;
use crate::model::{Group, Model, NormalImage, Thresholds};
use crate::verdict::{Calibrated, Calibration};

/// How the thresholds of a model were found; nothing is known of those of old files, and of thresholds between good and
/// defective parts only that they were moved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Origin {
    /// Of the threshold of the anomaly score.
    pub image: Option<Calibrated>,
    /// Of the threshold of the anomaly map.
    pub pixel: Option<Calibrated>,
    /// By which pictures the thresholds were moved since the model was fitted.
    pub moved: Option<Moved>,
}

/// By what thresholds were moved: pictures that the model has not learned from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The day, in UTC: `2026-11-25`.
    pub day: String,
    /// Pictures of good parts; 0 of thresholds that somebody has chosen.
    pub good: u64,
    /// Pictures of defective parts.
    pub bad: u64,
}

impl Moved {
    /// Today, by so many pictures.
    pub fn today(good: usize, bad: usize) -> Self {
        // `2026-11-25T17:10:27Z`.
        let mut day = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        day.truncate("2026-11-25".len());
        Self {
            day,
            good: good as u64,
            bad: bad as u64,
        }
    }
}

impl Origin {
    /// Thresholds from held-out or left-out scores and map peaks; each is missing if there are too few to say.
    ///
    /// Errors: `Numeric` for a score that is negative or not finite.
    pub fn of_scores(scores: &[f32], peaks: &[f32], false_alarm_rate: f64) -> Result<Self> {
        let calibrated = |scores| {
            let calibration = Calibration {
                scores,
                false_alarm_rate,
            };
            match calibration.calibrated() {
                Err(error) if error.kind() == ErrorKind::TooFewImages => Ok(None),
                found => found.map(Some),
            }
        };
        Ok(Self {
            image: calibrated(scores)?,
            pixel: calibrated(peaks)?,
            moved: None,
        })
    }

    /// The thresholds that were calibrated.
    pub fn thresholds(&self) -> Thresholds {
        let threshold = |of: Option<Calibrated>| of.map(|calibrated| calibrated.threshold);
        Thresholds {
            image: threshold(self.image),
            pixel: threshold(self.pixel),
        }
    }

    /// Of the left-out scores of a model's normal images.
    pub(crate) fn of_groups(groups: &[Arc<Group>], false_alarm_rate: f64) -> Result<Self> {
        let values = |value: fn(&NormalImage) -> f32| -> Vec<f32> {
            let images = typical(groups.iter().map(AsRef::as_ref));
            images.map(value).collect()
        };
        let (scores, peaks) = (values(|image| image.score), values(|image| image.peak));
        Self::of_scores(&scores, &peaks, false_alarm_rate)
    }

    /// Whether it can be that of these thresholds; else what is wrong.
    pub(crate) fn check(&self, thresholds: Thresholds) -> std::result::Result<(), String> {
        let pairs = [
            (self.image, thresholds.image),
            (self.pixel, thresholds.pixel),
        ];
        for (calibrated, threshold) in pairs {
            let Some(calibrated) = calibrated else {
                continue;
            };
            let is_share = |share: f64| (0.0..=1.0).contains(&share);
            let (low, high) = calibrated.interval;
            if Some(calibrated.threshold) != threshold {
                return Err(format!(
                    "a threshold is {threshold:?}, and was calibrated as {}",
                    calibrated.threshold
                ));
            }
            let rate = calibrated.false_alarm_rate;
            if !(rate > 0.0 && is_share(rate) && is_share(low) && is_share(high) && low <= high) {
                return Err(format!(
                    "a rate of false alarms is {rate}, between {low} and {high}"
                ));
            }
        }
        Ok(())
    }
}

impl Model {
    /// How the thresholds were found.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The same model with other thresholds. Statistics are shared, not copied, and scores stay as they are; a model that is
    /// extended finds its thresholds anew from all its normal images.
    ///
    /// Errors: `InvalidArgument` for a threshold that is not above 0 or not finite, or for an `origin` of other thresholds.
    pub fn with_thresholds(&self, thresholds: Thresholds, origin: Origin) -> Result<Self> {
        let is_wrong = |threshold: &f32| !threshold.is_finite() || *threshold <= 0.0;
        let mut given = [thresholds.image, thresholds.pixel].into_iter().flatten();
        if let Some(wrong) = given.find(is_wrong) {
            let message = format!("a threshold is {wrong}; it must be finite and above 0");
            return Err(Error::new(ErrorKind::InvalidArgument, message).at("thresholds"));
        }
        origin
            .check(thresholds)
            .map_err(|message| Error::new(ErrorKind::InvalidArgument, message).at("origin"))?;
        Ok(Self {
            thresholds,
            origin,
            ..self.clone()
        })
    }
}

impl Model {
    /// The same model with thresholds that somebody has chosen; `None` keeps its own. What was known of a threshold that
    /// changes is forgotten, and the day is kept, with no pictures.
    ///
    /// Errors: as [`Model::with_thresholds`].
    pub fn with_chosen_thresholds(&self, image: Option<f32>, pixel: Option<f32>) -> Result<Self> {
        let own = self.thresholds;
        let thresholds = Thresholds {
            image: image.or(own.image),
            pixel: pixel.or(own.pixel),
        };
        if thresholds == own {
            return Ok(self.clone());
        }
        let known = |of: Option<Calibrated>, threshold: Option<f32>| {
            of.filter(|calibrated| Some(calibrated.threshold) == threshold)
        };
        let origin = Origin {
            image: known(self.origin.image, thresholds.image),
            pixel: known(self.origin.pixel, thresholds.pixel),
            moved: Some(Moved::today(0, 0)),
        };
        self.with_thresholds(thresholds, origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origin_of_other_thresholds_is_refused() {
        let scores: Vec<f32> = (20..60).map(|score| score as f32).collect();
        let origin = Origin::of_scores(&scores, &scores, 0.02).unwrap();
        assert_eq!(origin.check(origin.thresholds()), Ok(()));
        let other = Thresholds {
            image: Some(1.0),
            ..origin.thresholds()
        };
        assert!(origin.check(other).is_err());
        assert!(origin.check(Thresholds::default()).is_err());
        assert_eq!(Origin::default().check(other), Ok(()));
        let mut impossible = origin.clone();
        if let Some(image) = &mut impossible.image {
            image.interval = (0.5, 0.1);
        }
        assert!(impossible.check(origin.thresholds()).is_err());
    }
}
