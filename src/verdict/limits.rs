//! Between which values the frames of normal images lie, and what of a frame lies outside.

use crate::image::FrameStatistics;
use crate::verdict::finding::Finding;

/// Spreads of the normal images, from their median, that lie within the limits at least. Their spread is that of a normal
/// distribution with this median absolute deviation.
const SPREADS: f64 = 4.0;

/// Standard deviations of a normal distribution in its median absolute deviation.
const NORMAL_OF_MAD: f64 = 1.4826;

/// One in so many normal images, at either end, may itself be a bad frame.
const ONE_IN: usize = 20;

/// A single normal image says nothing of the next one: with n of them margins are `1 + FEW / n` times as wide.
const FEW: f64 = 2.0;

/// Between which values a picture is like the normal images.
///
/// For each value, of the normal images: the lowest and the highest without one in twenty at either end, or four spreads
/// from the median where that is further; and beyond it a margin. The margin is what a camera may differ from one day to
/// the next while parts still look the same:
///
/// | value | below | above | margin |
/// | --- | --- | --- | --- |
/// | brightness | yes | yes | a factor of 1.4, half a stop |
/// | contrast | yes | - | a factor of 2; a defect may raise it |
/// | sharpness | yes | - | a factor of 2; a defect may raise it |
/// | share of black, and of saturated pixels | - | yes | 0.1 of the picture |
/// | proportions | yes | yes | 3 % |
///
/// Brightness, contrast and sharpness are compared as ratios, each with some gray levels added so that dark pictures do not
/// differ by their noise. With n normal images those margins, but not that of the proportions, are `1 + 2 / n` times as wide.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// What lies below is outside; 0 = no limit.
    pub low: FrameStatistics,
    /// What lies above is outside; infinite = no limit.
    pub high: FrameStatistics,
    /// How many normal images they are from.
    pub images: usize,
}

/// How a value is held against limits.
pub(super) struct Rule {
    pub name: &'static str,
    pub value: fn(&FrameStatistics) -> f32,
    place: fn(&mut FrameStatistics) -> &mut f32,
    scale: Scale,
    /// On that scale.
    margin: f64,
    widens: bool,
    below: Option<Finding>,
    above: Option<Finding>,
}

/// Where values are compared.
#[derive(Clone, Copy)]
enum Scale {
    /// The logarithm of the value and this much.
    Ratio(f64),
    /// As they are.
    Share,
}

impl Scale {
    fn of(self, value: f32) -> f64 {
        match self {
            Self::Ratio(offset) => (f64::from(value) + offset).ln(),
            Self::Share => f64::from(value),
        }
    }

    fn value(self, place: f64) -> f32 {
        match self {
            Self::Ratio(offset) => (place.exp() - offset) as f32,
            Self::Share => place as f32,
        }
    }
}

const RULES: [Rule; 6] = [
    Rule {
        name: "brightness",
        value: |frame| frame.brightness,
        place: |frame| &mut frame.brightness,
        // 5 of 255.
        scale: Scale::Ratio(0.02),
        margin: 0.5 * std::f64::consts::LN_2,
        widens: true,
        below: Some(Finding::TooDark),
        above: Some(Finding::TooBright),
    },
    Rule {
        name: "contrast",
        value: |frame| frame.contrast,
        place: |frame| &mut frame.contrast,
        // 1 of 255.
        scale: Scale::Ratio(0.004),
        margin: std::f64::consts::LN_2,
        widens: true,
        below: Some(Finding::Flat),
        above: None,
    },
    Rule {
        name: "sharpness",
        value: |frame| frame.sharpness,
        place: |frame| &mut frame.sharpness,
        // What is left of a picture in focus that is resized to an input is 0.01 and more.
        scale: Scale::Ratio(0.000_5),
        margin: std::f64::consts::LN_2,
        widens: true,
        below: Some(Finding::Blurred),
        above: None,
    },
    Rule {
        name: "black",
        value: |frame| frame.black,
        place: |frame| &mut frame.black,
        scale: Scale::Share,
        margin: 0.1,
        widens: true,
        below: None,
        above: Some(Finding::Black),
    },
    Rule {
        name: "saturated",
        value: |frame| frame.saturated,
        place: |frame| &mut frame.saturated,
        scale: Scale::Share,
        margin: 0.1,
        widens: true,
        below: None,
        above: Some(Finding::Saturated),
    },
    Rule {
        name: "proportions",
        value: |frame| frame.proportions,
        place: |frame| &mut frame.proportions,
        scale: Scale::Ratio(0.0),
        // Of the logarithm, so 3 %.
        margin: 0.03,
        widens: false,
        below: Some(Finding::Proportions),
        above: Some(Finding::Proportions),
    },
];

impl Limits {
    /// Of the frames of normal images; none if there is none.
    pub fn of(frames: &[FrameStatistics]) -> Option<Self> {
        let mut limits = Self {
            low: *frames.first()?,
            high: frames[0],
            images: frames.len(),
        };
        for rule in &RULES {
            let places = frames
                .iter()
                .map(|frame| rule.scale.of((rule.value)(frame)));
            let (low, high) = spanned(places.collect());
            let margin = match rule.widens {
                true => rule.margin * (1.0 + FEW / frames.len() as f64),
                false => rule.margin,
            };
            *(rule.place)(&mut limits.low) = match rule.below {
                Some(_) => rule.scale.value(low - margin).max(0.0),
                None => 0.0,
            };
            *(rule.place)(&mut limits.high) = match rule.above {
                Some(_) => rule.scale.value(high + margin),
                None => f32::INFINITY,
            };
        }
        Some(limits)
    }

    /// What of a frame lies outside. A value that is not a number does.
    pub(super) fn findings<'a>(
        &'a self,
        frame: &'a FrameStatistics,
    ) -> impl Iterator<Item = (Finding, &'static Rule)> + 'a {
        RULES.iter().filter_map(move |rule| {
            let value = (rule.value)(frame);
            let is_low = value.is_nan() || value < (rule.value)(&self.low);
            let is_high = value.is_nan() || value > (rule.value)(&self.high);
            let below = rule.below.filter(|_| is_low);
            let found = below.or(rule.above.filter(|_| is_high))?;
            Some((found, rule))
        })
    }
}

/// Between which most of the values lie, of which there is one at least.
fn spanned(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    let middle = median(&values);
    let mut off: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    off.sort_by(f64::total_cmp);
    let reach = SPREADS * NORMAL_OF_MAD * median(&off);
    let left_out = values.len() / ONE_IN;
    (
        values[left_out].min(middle - reach),
        values[values.len() - 1 - left_out].max(middle + reach),
    )
}

/// Of sorted values.
fn median(values: &[f64]) -> f64 {
    f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2])
}
