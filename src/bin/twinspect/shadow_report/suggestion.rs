//! The absolute threshold that features would need on this line.

use twinspect::legacy::shadow::Row;
use twinspect::verdict::{Calibrated, Calibration, LogScores, Verdict};
use twinspect::{ErrorKind, Result};

/// A threshold, and what it would have done.
pub struct Suggestion {
    /// How it was found.
    pub calibrated: Calibrated,
    /// Pictures that the pixels call good and that stand apart, so that they may be missed defects.
    pub set_aside: usize,
    /// Pictures that the pixels call good.
    pub good: usize,
    /// Those of them that reach the threshold.
    pub false_alarms: usize,
    /// Pictures that the pixels call defective.
    pub bad: usize,
    /// Those of them that do not reach it.
    pub misses: usize,
}

impl Suggestion {
    /// Of what the maps of pictures that the pixels call good rise to; none if there are too few.
    pub fn of(rows: &[Row], false_alarm_rate: f64) -> Result<Option<Self>> {
        let rises = |verdict: Verdict| -> Vec<f32> {
            let rows = rows.iter().filter(|row| row.pixels_verdict == verdict);
            rows.filter_map(|row| row.features_rise).collect()
        };
        let (good, bad) = (rises(Verdict::Good), rises(Verdict::Defect));
        let apart = LogScores::of(&good).too_high();
        let scores: Vec<f32> = good
            .iter()
            .enumerate()
            .filter(|(place, _)| apart.binary_search(place).is_err())
            .map(|(_, rise)| *rise)
            .collect();
        let calibration = Calibration {
            scores: &scores,
            false_alarm_rate,
        };
        let calibrated = match calibration.calibrated() {
            Err(error) if error.kind() == ErrorKind::TooFewImages => return Ok(None),
            found => found?,
        };
        let reach = |rises: &[f32]| {
            rises
                .iter()
                .filter(|rise| **rise >= calibrated.threshold)
                .count()
        };
        Ok(Some(Self {
            calibrated,
            set_aside: apart.len(),
            good: good.len(),
            false_alarms: reach(&good),
            bad: bad.len(),
            misses: bad.len() - reach(&bad),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(verdict: Verdict, rise: f32) -> Row {
        Row {
            time: String::new(),
            pixels_verdict: verdict,
            pixels_score: 0.0,
            pixels_area: 0,
            features_verdict: Some(Verdict::Good),
            features_score: Some(0.0),
            features_area: Some(0),
            features_rise: Some(rise),
            error: None,
            picture: None,
        }
    }

    #[test]
    fn defects_that_the_pixels_missed_do_not_raise_the_threshold() {
        let good = (0..200).map(|i| row(Verdict::Good, 2.0 + (i % 20) as f32 / 20.0));
        let missed = (0..3).map(|_| row(Verdict::Good, 60.0));
        let bad = [row(Verdict::Defect, 40.0), row(Verdict::Defect, 1.0)];
        let rows: Vec<Row> = good.chain(missed).chain(bad).collect();
        let found = Suggestion::of(&rows, 0.01).unwrap().unwrap();
        let threshold = found.calibrated.threshold;
        assert!((2.9..5.0).contains(&threshold), "{threshold}");
        assert_eq!(
            (found.set_aside, found.good, found.false_alarms),
            (3, 203, 3)
        );
        assert_eq!((found.bad, found.misses), (2, 1));
        assert!(Suggestion::of(&rows[..1], 0.01).unwrap().is_none());
    }
}
