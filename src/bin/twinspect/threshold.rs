//! What a threshold can be relied on for, in words.

use twinspect::model::Moved;
use twinspect::verdict::{Calibrated, Method};

use crate::output;

/// The threshold, or that there is none.
pub fn text(threshold: Option<f32>) -> String {
    threshold.map_or("none".to_owned(), |value| format!("{value:.2}"))
}

/// Prints what share of good parts a threshold will call defective, and how many pictures it takes to know better.
pub fn say(calibrated: &Calibrated, indent: &str) {
    let (low, high) = calibrated.interval;
    let how = match calibrated.method {
        Method::Counted => "counted off",
        Method::Tail => "extrapolated from",
        _ => "guessed from",
    };
    output::line(format_args!(
        "{indent}threshold {:.2}: {} of good parts will be called defective, {how} {} good parts; the true rate lies between {} \
         and {} (90 %)",
        calibrated.threshold,
        percent(calibrated.false_alarm_rate),
        calibrated.scores,
        percent(low),
        percent(high)
    ));
    if calibrated.method != Method::Counted {
        output::line(format_args!(
            "{indent}to count a rate of {} off the pictures takes {}; below {} it is a guess",
            percent(calibrated.false_alarm_rate),
            calibrated.images_needed,
            calibrated.images_for_more_than_a_guess()
        ));
    }
}

/// By what thresholds were moved.
pub fn pictures(moved: &Moved) -> String {
    let good = match moved.good {
        0 if moved.bad == 0 => return "hand".to_owned(),
        1 => "1 good".to_owned(),
        count => format!("{count} good"),
    };
    match moved.bad {
        0 => format!("{good} and no defective pictures"),
        count => format!("{good} and {count} defective pictures"),
    }
}

/// A share in per cent, to two digits, or all those before the point.
pub fn percent(share: f64) -> String {
    let share = 100.0 * share;
    let digits = match share {
        _ if share >= 10.0 || share == 0.0 => 0,
        _ if share >= 1.0 => 1,
        _ => (1.0 - share.log10().floor()) as usize,
    };
    let text = format!("{share:.digits$}");
    match text.contains('.') {
        true => format!("{} %", text.trim_end_matches('0').trim_end_matches('.')),
        false => format!("{text} %"),
    }
}

#[cfg(test)]
mod tests {
    use twinspect::model::Moved;

    use super::{percent, pictures};

    #[test]
    fn thresholds_were_moved_by_pictures_or_by_hand() {
        for (good, bad, expected) in [
            (0, 0, "hand"),
            (1, 0, "1 good and no defective pictures"),
            (30, 2, "30 good and 2 defective pictures"),
        ] {
            assert_eq!(pictures(&Moved::today(good, bad)), expected);
        }
    }

    #[test]
    fn shares_have_two_digits() {
        for (share, expected) in [
            (0.0, "0 %"),
            (1e-6, "0.0001 %"),
            (0.00123, "0.12 %"),
            (0.001, "0.1 %"),
            (0.02, "2 %"),
            (0.0414, "4.1 %"),
            (0.123, "12 %"),
            (0.1, "10 %"),
            (1.0, "100 %"),
        ] {
            assert_eq!(percent(share), expected);
        }
    }
}
