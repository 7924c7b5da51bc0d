//! What a person should know before relying on a model.

use crate::model::{LEAST_EPSILON, Thresholds};

/// With fewer normal images than this, a threshold says little.
const FEW_IMAGES: usize = 10;

/// Whole sentences about a model of so many normal images, whose groups have these epsilons.
pub fn warnings(
    epsilons: impl IntoIterator<Item = f64>,
    images: usize,
    thresholds: Thresholds,
    false_alarm_rate: f64,
) -> Vec<String> {
    let mut warnings = Vec::new();
    if epsilons.into_iter().all(|epsilon| epsilon <= LEAST_EPSILON) {
        let text =
            "The good parts are all the same picture: whatever differs from it will be a defect.";
        warnings.push(text.to_owned());
    }
    if thresholds.image.is_none() {
        warnings.push(format!(
            "There is no threshold: {images} good parts are too few for a false-alarm rate of {false_alarm_rate}."
        ));
    }
    if images < FEW_IMAGES {
        warnings.push(format!(
            "{images} good parts are few: give some 25 or more."
        ));
    }
    warnings
}
