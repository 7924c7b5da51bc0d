//! Where thresholds come from: the scores of normal images, or pictures by which they were moved.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
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
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            day: day(since.map_or(0, |since| since.as_secs() / 86_400)),
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
            let groups = groups.iter();
            let images = groups.flat_map(|group| {
                let images = group.images.iter().enumerate();
                images.filter(|(place, _)| group.is_typical(*place))
            });
            images.map(|(_, image)| value(image)).collect()
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

/// The day of the proleptic Gregorian calendar, by the days since 1970-01-01.
fn day(since_1970: u64) -> String {
    // Years begin in March here, so that a leap day is the last day of one. From 0000-03-01 on; an era has 400 years.
    let days = since_1970 + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let is_next_year = month >= 10;
    let year = era * 400 + year + u64::from(is_next_year);
    let month = if is_next_year { month - 9 } else { month + 3 };
    format!("{year:04}-{month:02}-{of_month:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (since, expected) in [
            (0, "1970-01-01"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (20_782, "2026-11-25"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
        ] {
            assert_eq!(day(since), expected);
        }
    }

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
