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
    if images == 1 {
        let text = "All that was learned is one picture: a part that lies or shines otherwise looks like a defect.";
        warnings.push(text.to_owned());
    } else if epsilons.into_iter().all(|epsilon| epsilon <= LEAST_EPSILON) {
        let text =
            "The good parts are all the same picture: whatever differs from it will be a defect.";
        warnings.push(text.to_owned());
    }
    if thresholds.image.is_none() {
        let parts = good_parts(images);
        warnings.push(format!(
            "There is no threshold: {parts} too few for a false-alarm rate of {false_alarm_rate}."
        ));
    }
    if images < FEW_IMAGES {
        let parts = good_parts(images);
        warnings.push(format!("{parts} few: give some 25 or more."));
    }
    warnings
}

fn good_parts(count: usize) -> String {
    match count {
        1 => "1 good part is".to_owned(),
        count => format!("{count} good parts are"),
    }
}
